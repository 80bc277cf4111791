"""The pictures in docs/: every page of the console has one, and the script that takes them works on the pages there are."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from bot import facts, users
from bot.settings import ROOT
from scripts.screens import NOT_SHOWN, SHOTS, STAFF, Screens
from tests.console.conftest import House
from tests.console.test_browser import address, chromium  # noqa: F401 (fixtures)
from tests.console.test_looks import paths

NO_PAGES = ("/live", "/media/", ".ics", ".js")
SMALLEST = 10_000  # bytes: less is an empty screen


def test_every_page_has_its_picture() -> None:
    pictured = {shot.path.replace("{theirs}", "{case}") for shot in SHOTS}
    pages = {path for path in paths() if path != "/" and not any(part in path for part in NO_PAGES)}
    assert sorted(pages - pictured - set(NOT_SHOWN)) == []
    assert sorted(pictured - pages) == []


@pytest.mark.browser
def test_the_pictures_are_taken_from_a_console(house: House, chromium: Browser, address: str, tmp_path: Path) -> None:  # noqa: F811
    with house.store.begin() as connection:
        facts.seed(connection, ROOT / "data" / "directory.yml")
        for name, who in STAFF.items():
            users.add_user(connection, name, **who)
    house.case("Hallo, ik zoek werk")
    house.case("مرحبا، أريد أن أساعد أولادي", channel="telegram", address="+31600000002", language="ar", to="ambassador")
    house.case("Hello, I do not understand my letters", channel="sms", address="+31600000003", language="en")

    def link(name: str) -> str:
        with house.store.begin() as connection:
            return f"{address}/sign-in/{users.sign_in_link(connection, name)}"

    Screens(chromium, address, link, tmp_path).take()
    taken = {path.stem: path.stat().st_size for path in tmp_path.glob("*.png")}
    wanted = (
        {shot.name for shot in SHOTS}
        | {f"{shot.name}-390" for shot in SHOTS if shot.narrow}
        | {f"{shot.name}-dark" for shot in SHOTS if shot.dark}
    )
    assert set(taken) == wanted | {"recovery", "sign-in-code"}
    assert [name for name, size in taken.items() if size < SMALLEST] == []
