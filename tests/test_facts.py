"""When a human reads: by the deployment's hours, holidays and time zone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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
