"""When we may write first to a person: at any time, only within the hours agreed as safe, or not at all (conversation.md, rule 1)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot import facts
from bot.tables import contacts

ZONE = "Europe/Amsterdam"
MARGIN = timedelta(minutes=20)  # before the end nothing is begun: the last try of a message comes this much later (outbox.BACK_OFF)
SHORTEST = timedelta(hours=1)


def span(start: str, end: str) -> str:
    """Hours as they are kept, "10:00-12:00". Raises ValueError when they are no times of one day, or too short to send within."""
    begins, ends = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    if _minutes(ends) - _minutes(begins) < SHORTEST.total_seconds() / 60 or begins.tzinfo or ends.tzinfo:
        raise ValueError("hours")
    return f"{begins:%H:%M}-{ends:%H:%M}"


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def safe_moment(connection: Connection, contact: str, due: datetime) -> datetime | None:
    """When something of ours that is due then may go out; None: not at all (stopped, gone, a child, no safe time yet)."""
    row = connection.execute(select(contacts).where(contacts.c.id == contact)).one_or_none()
    if row is None or row.stopped_at or row.gone_at or row.quiet or row.minor:
        return None
    return within(row.safe_hours, due, str(facts.mark(connection, "time_zone") or ZONE)) if row.safe_hours else due


def within(hours: str, due: datetime, zone: str) -> datetime:
    """The moment itself when it lies in these hours of the zone's day, else the next beginning of them."""
    begins, ends = (time.fromisoformat(part) for part in hours.split("-"))
    local = due.astimezone(ZoneInfo(zone))
    start, end = (local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0) for at in (begins, ends))
    if local < start:
        return start.astimezone(due.tzinfo)
    return due if local <= end - MARGIN else (start + timedelta(days=1)).astimezone(due.tzinfo)
