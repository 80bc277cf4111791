"""The look at typed Dutch in the console: whose it is, what it says, and that nothing of it stays."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select

from bot.console.app import create_app
from bot.tables import metadata
from bot.wake import Topic, Wake
from tests.console.conftest import Browser, House

HARD = "Indien u komt, dient u uw naturalisatie mee te nemen"
CHECKS = [
    ({"text": HARD, "language": "nl"}, ["Indien", "dient u", "naturalisatie"]),
    ({"text": HARD, "language": "ar"}, ["Indien", "dient u", "naturalisatie"]),  # Dutch, whoever reads it
    ({"text": "Could you come in tomorrow morning", "language": "ar"}, []),
    ({"text": "indien", "language": "ar"}, []),
    ({"text": "indien", "language": "nl"}, ["indien"]),
    ({"text": "", "language": "nl"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("fields", "found"), CHECKS)
def test_hard_words_are_named(house: House, fields: dict[str, str], found: list[str]) -> None:
    answer = house.browser().form("/check", **fields)
    assert answer.status_code == 200
    assert [one["found"] for one in answer.json()["findings"]] == found


def test_it_is_only_for_who_is_signed_in_and_for_our_own_pages(house: House) -> None:
    stranger, sara = Browser(house.app, follow_redirects=False), house.browser()
    assert stranger.post("/check", data={"text": HARD}).headers["location"] == "/sign-in"
    assert sara.post("/check", data={"text": HARD}).status_code == 403
    assert sara.post("/check", data={"text": HARD, "mark": sara.mark}, headers={"origin": "https://evil.example"}).status_code == 403
    assert sara.get("/check").status_code == 405


def test_nothing_of_it_is_stored_logged_or_told_to_others(house: House, caplog: pytest.LogCaptureFixture) -> None:
    woken: list[Topic] = []

    class Bell(Wake):
        async def call(self, *topics: Topic) -> None:
            woken.extend(topics)

    caplog.set_level(logging.DEBUG)
    house.app = create_app(house.store, house.settings, Bell())
    sara = house.browser()
    sara.get("/account")  # her presence is noted
    assert woken  # by signing in
    woken.clear()
    before = rows(house)
    assert sara.form("/check", text=HARD).json()["findings"]
    assert rows(house) == before
    assert "naturalisatie" not in caplog.text
    assert woken == []


def rows(house: House) -> dict[str, list[str]]:
    with house.store.begin() as connection:
        return {table.name: [str(row) for row in connection.execute(select(table))] for table in metadata.sorted_tables}
