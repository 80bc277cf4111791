"""A moment as a language says it, without doubt: weekday, day and month, part of the day, 24-hour clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time

from bot.replies import END_ISOLATE, ISOLATE, RIGHT_TO_LEFT, named

# How a language writes a day and a time, where it is not as Dutch does (CLDR patterns).
DAYS, TIMES = {"tr": "d MMMM EEEE"}, {"fr": "H 'h' mm"}
# Where a part of the day begins; its words are labels of the replies: some peoples count the hours from six in the morning.
PARTS = ((18, "moment_evening"), (12, "moment_afternoon"), (6, "moment_morning"), (0, "moment_night"))


def day(on: date, language: str) -> str:
    """A day: "dinsdag 24 november"."""
    return str(format_date(on, DAYS.get(language, "EEEE d MMMM"), locale=language))


def clock(at: time, language: str, channel: str = "sms") -> str:
    """A time on the 24-hour clock; between right-to-left words it keeps its own order."""
    said = str(format_time(at, TIMES.get(language, "H:mm"), locale=language))
    return f"{ISOLATE}{said}{END_ISOLATE}" if language in RIGHT_TO_LEFT and channel != "sms" else said


def say(at: datetime, zone: str, language: str, channel: str = "sms") -> str:
    """A moment where the deployment is: "dinsdag 24 november, 's middags om 14:00"."""
    local = at.astimezone(ZoneInfo(zone))
    part = next(name for hour, name in PARTS if local.hour >= hour)
    return named(language, part).format(day=day(local.date(), language), time=clock(local.time(), language, channel))


def of(day_and_time: str, zone: str) -> datetime:
    """The moment of a form's "2026-11-24T14:00". Raises ValueError, also for an hour the clocks skip that night."""
    local = datetime.fromisoformat(day_and_time)
    try:
        moment = (local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
        there = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:
        raise ValueError("no such year") from None
    if local.tzinfo is None and there != local:
        raise ValueError("no such hour")
    return moment
