"""The deployment's facts: names, hours, places, numbers. A file seeds them; the console owns them afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from sqlalchemy import Connection, delete, insert, select

from bot.clock import now
from bot.directory import wrong_in
from bot.tables import facts

HELD = 2.0  # seconds
AHEAD = 60  # days looked ahead for working time: longer than any deployment closes
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def seed(connection: Connection, path: Path) -> None:
    """Fill in from the file what the database does not hold yet."""
    held = set(connection.scalars(select(facts.c.name)))
    for name, value in read_file(path).items():
        if name not in held:
            connection.execute(insert(facts).values(name=name, value=value, changed_at=now()))


def read_file(path: Path) -> dict[str, Any]:
    """The facts of a directory file, dates as ISO text. Raises ValueError, one line that names the file, when they cannot be used."""
    try:
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise ValueError(f"the directory {path.name} cannot be read: {_why(wrong)}") from None
    if not isinstance(loaded, dict):
        raise ValueError(f"the directory {path.name} must be a list of names and values")
    found = {str(name): _json(value) for name, value in loaded.items()}
    if wrong_lines := wrong_in(found):
        raise ValueError(f"the directory {path.name} cannot be used: {'; '.join(wrong_lines)}")
    return found


def _why(wrong: Exception) -> str:
    """The reason a file cannot be read, on one line."""
    mark = getattr(wrong, "problem_mark", None)
    place = f"line {mark.line + 1}: " if mark else ""
    return place + str(getattr(wrong, "problem", None) or getattr(wrong, "strerror", None) or "it is not YAML in UTF-8")


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_json(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def read(connection: Connection) -> dict[str, Any]:
    """All facts by name (marks of our own start with an underscore and are left out)."""
    rows = connection.execute(select(facts.c.name, facts.c.value)).all()
    return {row.name: row.value for row in rows if not row.name.startswith("_")}


class Held:
    """The facts, read anew only every few seconds: every turn wants them, and they change by hand."""

    def __init__(self) -> None:
        self._found: dict[str, Any] = {}
        self._until = 0.0

    def read(self, connection: Connection) -> dict[str, Any]:
        """All facts by name."""
        if monotonic() > self._until:
            self._found, self._until = read(connection), monotonic() + HELD
        return self._found


def write(connection: Connection, name: str, value: Any) -> None:
    """Set one fact."""
    connection.execute(delete(facts).where(facts.c.name == name))
    connection.execute(insert(facts).values(name=name, value=value, changed_at=now()))


def hold(connection: Connection, name: str) -> Any:
    """One fact, or None, held until the transaction ends: of two who change a part of it neither undoes the other."""
    return connection.scalar(select(facts.c.value).where(facts.c.name == name).with_for_update())


def mark(connection: Connection, name: str) -> Any:
    """One of our own marks (`_caught_up_sms` …), or None."""
    return connection.scalar(select(facts.c.value).where(facts.c.name == name))


def opening(found: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Whether a human works now by the deployment's hours and holidays, else the next day and time one does.

    Gives {"open": bool, "when": "today" | "tomorrow" | a weekday, "time": "9:00"}; `when` and `time` say when somebody reads.
    """
    zone = ZoneInfo(found.get("time_zone", "Europe/Amsterdam"))
    local = at.astimezone(zone)
    for days in range(15):
        day = local.date() + timedelta(days=days)
        for start, end in _hours(found, day):
            if days or local.time() < end:
                is_open = not days and start <= local.time()
                when = "today" if not days else "tomorrow" if days == 1 else DAYS[day.weekday()]
                return {"open": is_open, "when": when, "time": f"{start.hour}:{start.minute:02}"}
    return {"open": False, "when": "later", "time": ""}


def after(found: dict[str, Any], at: datetime, minutes: int = 0) -> datetime:
    """The moment after so many minutes of opening hours (0: the first open moment); by the clock where there are no hours at all."""
    left = timedelta(minutes=minutes)
    for begins, ends in _open_times(found, at):
        if begins + left <= ends:
            return begins + left
        left -= ends - begins
    return at + timedelta(minutes=minutes)


def _open_times(found: dict[str, Any], at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of opening hours from a moment on, in UTC: there no hour is missing or double."""
    zone = ZoneInfo(found.get("time_zone", "Europe/Amsterdam"))
    for days in range(AHEAD):
        day = at.astimezone(zone).date() + timedelta(days=days)
        for start, end in sorted(_hours(found, day)):
            begins, ends = (datetime.combine(day, one, tzinfo=zone).astimezone(UTC) for one in (start, end))
            if ends > at:
                yield max(begins, at.astimezone(UTC)), ends


def _hours(found: dict[str, Any], day: date) -> list[tuple[time, time]]:
    if day.isoformat() in found.get("holidays", []):
        return []
    spans = found.get("hours", {}).get(DAYS[day.weekday()], [])
    return [(time.fromisoformat(span.split("-")[0]), time.fromisoformat(span.split("-")[1])) for span in spans]
