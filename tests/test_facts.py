"""When a human reads: by the deployment's hours, holidays and time zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot import facts
from bot.settings import ROOT
from bot.store import Store

FACTS: dict[str, Any] = {
    "time_zone": "Europe/Amsterdam",
    "hours": {"monday": ["09:00-12:00", "13:00-17:00"], "tuesday": ["09:00-17:00"], "friday": ["09:00-16:00"]},
    "holidays": ["2026-12-25"],
}


@pytest.mark.parametrize(
    ("at", "is_open", "when", "time"),
    [
        ("2026-11-23 10:00", True, "today", "9:00"),
        ("2026-11-23 08:00", False, "today", "9:00"),
        ("2026-11-23 12:30", False, "today", "13:00"),
        ("2026-11-23 17:30", False, "tomorrow", "9:00"),
        ("2026-11-24 18:00", False, "friday", "9:00"),
        ("2026-11-27 17:00", False, "monday", "9:00"),
        ("2026-12-24 10:00", False, "monday", "9:00"),  # the 25th is a holiday
        ("2026-12-25 10:00", False, "monday", "9:00"),
    ],
)
def test_when_somebody_reads(at: str, is_open: bool, when: str, time: str) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Europe/Amsterdam"))
    assert facts.opening(FACTS, local) == {"open": is_open, "when": when, "time": time}


@pytest.mark.parametrize(
    ("at", "minutes", "then"),
    [
        ("2026-11-23 10:00", 30, "2026-11-23 10:30"),  # open
        ("2026-11-23 11:45", 30, "2026-11-23 13:15"),  # over lunch
        ("2026-11-23 12:30", 0, "2026-11-23 13:00"),  # closed: the first open moment
        ("2026-11-23 10:00", 0, "2026-11-23 10:00"),
        ("2026-11-23 11:00", 60, "2026-11-23 12:00"),  # the last minute counts
        ("2026-11-24 16:00", 120, "2026-11-27 10:00"),  # closed on Wednesday and Thursday
        ("2026-11-27 15:00", 120, "2026-11-30 10:00"),  # across a weekend
        ("2026-12-22 16:30", 60, "2026-12-28 09:30"),  # the 25th is a holiday, then a weekend
        ("2026-10-23 15:30", 60, "2026-10-26 09:30"),  # the clock goes back in between
        ("2027-03-26 15:30", 60, "2027-03-29 09:30"),  # and forward
    ],
)
def test_working_time_counts_only_opening_hours(at: str, minutes: int, then: str) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    local = datetime.fromisoformat(at).replace(tzinfo=zone)
    assert facts.after(FACTS, local, minutes).astimezone(zone).replace(tzinfo=None) == datetime.fromisoformat(then)


def test_an_hour_of_work_in_the_night_of_another_clock_is_an_hour() -> None:
    nights = {"hours": {day: ["00:00-06:00"] for day in facts.DAYS}}
    begins = datetime(2026, 10, 24, 22, tzinfo=ZoneInfo("UTC"))  # midnight in Amsterdam; the hour after 2:00 comes twice
    assert facts.after(nights, begins, 300) - begins.astimezone(ZoneInfo("UTC")) == timedelta(hours=5)


def test_without_any_hours_working_time_is_the_clock() -> None:
    at = datetime(2026, 11, 21, 3, tzinfo=ZoneInfo("UTC"))
    assert facts.after({}, at, 30) == at + timedelta(minutes=30)


def test_no_hours_at_all_promises_no_day() -> None:
    assert facts.opening({}, datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("UTC")))["when"] == "later"


def test_the_file_seeds_and_the_console_owns_afterwards(lite: Store) -> None:
    path = ROOT / "data" / "directory.yml"
    with lite.begin() as connection:
        facts.seed(connection, path)
        facts.write(connection, "public_name", "Ons loket")
        facts.seed(connection, path)
        assert facts.read(connection)["public_name"] == "Ons loket"


BROKEN = [None, "a: [", "- a list", "time_zone: Mars/Olympus", "hours: always", "hours: {monday: ['9-5']}", "hours: {maandag: []}"]
BROKEN += ["holidays: [soon]", "numbers: [112]", "numbers: {emergency: {name: '112', number: 112}}", "places: {here: there}"]


@pytest.mark.parametrize("content", BROKEN)
def test_a_file_that_would_stop_the_talk_is_refused_on_one_line_by_name(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "directory.yml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"^the directory directory\.yml [^\n]+$"):
        facts.read_file(path)


# A line of `places`, and what is said of it.
WRONG_PLACES = [
    ("{name: Huis, postcodes: ['10911']}", "place 2 (Huis): postcodes.0 is not four digits such as 1091"),
    ("{name: Huis, postcodes: ['0123']}", "place 2 (Huis): postcodes.0 is not four digits"),
    ("{name: Huis, area: Oost}", "place 2 (Huis): area is not known; take one of name, kind, neighbourhood"),
    ("{name: Huis, can: [dance]}", "place 2 (Huis): can.0 Input should be 'work'"),
    ("{name: Huis, kind: shop}", "place 2 (Huis): kind Input should be 'community'"),
    ("{name: Huis, hours: 9:00}", "place 2 (Huis): hours must be words: put it between quotes"),
    ("{name: Huis, checked: yesterday}", "place 2 (Huis): checked Input should be a valid date"),
    ("{name: Huis, languages: [Dutch]}", "place 2 (Huis): languages.0 is not a language's code such as nl"),
    ("{neighbourhood: Oost}", "place 2: name is missing: fill it in"),
]


@pytest.mark.parametrize(("line", "said"), WRONG_PLACES, ids=[line for line, _ in WRONG_PLACES])
def test_a_wrong_line_of_a_place_is_refused_with_how_to_mend_it(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "directory.yml"
    path.write_text(f"places:\n  - {{name: Goed, postcodes: [1091]}}\n  - {line}\n")
    with pytest.raises(ValueError, match=rf"^the directory directory\.yml cannot be used: {re.escape(said)}[^\n]*$"):
        facts.read_file(path)


def test_what_is_exported_can_be_imported(lite: Store, tmp_path: Path) -> None:
    with lite.begin() as connection:
        facts.seed(connection, ROOT / "data" / "directory.yml")
        held = facts.read(connection)
    path = tmp_path / "out.yml"
    path.write_text(yaml.safe_dump(held, allow_unicode=True, sort_keys=False), encoding="utf-8")
    assert facts.read_file(path) == held
    assert held["places"][0]["neighbourhood"] == "Noord"
