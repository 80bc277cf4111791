"""A question put by a human or the clock is answered by tap, number, label or word, whoever has the talk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from bot import asks, cases
from bot.messages import ChannelName
from bot.scene import Scene
from bot.store import Store
from tests.people import human, only_contact, texts, turns, write

OPTIONS = [("test:KEY:1", "dinsdag 14:00"), ("test:KEY:2", "woensdag 9:30"), ("test:KEY:no", "@no")]


@pytest.fixture
def heard() -> Iterator[list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []

    def hears(scene: Scene, key: str, answer: str) -> None:
        found.append((key, answer))
        asks.tell(scene.connection, scene.vault, scene.contact, "all_right")

    asks.HANDLERS["test"] = hears
    yield found
    del asks.HANDLERS["test"]


def put(store: Store, channel: ChannelName = "whatsapp") -> str:
    """A person who wrote, whom a human has taken, and who is asked something."""
    write(store, channel=channel)
    run(store)
    contact = only_contact(store)
    user = human(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=None, wording=[])
        cases.take(connection, case, user)
        asks.ask(connection, store.vault, contact, "all_right", {}, OPTIONS)
    return contact


def run(store: Store) -> None:
    worker = turns(store)
    while asyncio.run(worker.run_one()):
        pass


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("1", "1"),
        ("٢", "2"),
        ("twee", "2"),
        ("woensdag 9:30", "2"),
        ("nee", "no"),
        ("Dinsdag 14:00.", "1"),
        ("wat is dit", None),
        ("7", None),
    ],
)
def test_an_answer_is_heard_while_a_human_has_the_talk(store: Store, heard: list[tuple[str, str]], said: str, answer: str | None) -> None:
    put(store)
    write(store, said)
    run(store)
    assert heard == ([("KEY", answer)] if answer else [])


def test_a_tap_counts_and_is_answered_as_a_notice(lite: Store, heard: list[tuple[str, str]]) -> None:
    put(lite, "telegram")
    write(lite, "", channel="telegram", picked="test:KEY:2")
    run(lite)
    assert heard == [("KEY", "2")]
    assert texts(lite)[-1][0] == "notice"


def test_an_answered_question_is_not_answered_twice_by_a_number(lite: Store, heard: list[tuple[str, str]]) -> None:
    put(lite)
    for said in ("1", "1"):
        write(lite, said)
        run(lite)
    assert heard == [("KEY", "1")]


def test_who_said_stop_is_not_heard_as_answering(lite: Store, heard: list[tuple[str, str]]) -> None:
    put(lite)
    for said in ("stop", "1"):
        write(lite, said)
        run(lite)
    assert heard == []
