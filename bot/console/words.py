"""The console's own words, and how it says times and stretches of time.

All of it in Dutch and English; what an ambassador sees also in the languages of `MORE`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_datetime

from bot import replies
from bot.clock import now
from bot.labels import taxonomy
from bot.replies import available

FOLDER = Path(__file__).resolve().parent / "texts"
LANGUAGES = ("nl", "en")
MORE = ("ar", "ti", "uk")
RIGHT_TO_LEFT = ("ar",)
# The screens an ambassador uses: signing in, the queue, a case, the account (with the code of the phone, and the own profile).
SCREENS = {
    "sign_in.html", "sign_in_code.html", "sign_in_link.html", "queue.html", "_queue.html", "case.html", "_case_live.html",
    "account.html", "account_code.html", "recovery.html", "profile.html", "error.html",
}  # fmt: skip


@cache
def texts(language: str) -> dict[str, Any]:
    """All words of an interface language, from a file a topic. Raises ValueError when two files say the same name."""
    found: dict[str, Any] = {}
    for path in sorted((FOLDER / language).glob("*.yml")):
        _add(found, yaml.safe_load(path.read_text(encoding="utf-8")))
    return found


def _add(found: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _add(found.setdefault(name, {}), value)
        elif name in found:
            raise ValueError(f"{name} is said twice")
        else:
            found[name] = value


def spoken(template: str, role: str | None) -> tuple[str, ...]:
    """The languages a page may be shown in, to whom has this role (None: nobody is signed in)."""
    return LANGUAGES + MORE if template in SCREENS and role in (None, "ambassador") else LANGUAGES


def say(language: str, name: str, /, **values: object) -> str:
    """A text by its dotted name, values filled in. Raises KeyError: a missing text must not pass the tests."""
    found: Any = texts(language)
    for part in name.split("."):
        found = found[part]
    return str(found).format_map(values) if values else str(found)


def label(language: str, name: str) -> str:
    """The words for a label; a wish or note the console does not know is shown by its id."""
    return str(texts(language)["labels"].get(name, name.replace("_", " ")))


def listing(language: str, kind: str) -> dict[str, Any]:
    """A whole list of words: roles, kinds, outcomes, weekdays …"""
    found: dict[str, Any] = texts(language)[kind]
    return found


def person_language(language: str, code: str | None) -> str:
    """A person's language, by our name for it and its own."""
    if code is None:
        return say(language, "common.unknown")
    ours, own = texts(language)["languages"].get(code, code), taxonomy()["languages"].get(code, code)
    return ours if ours.casefold() == own.casefold() else f"{ours} ({own})"


def texts_are(language: str, code: str | None) -> str:
    """Whether a native speaker has read what the bot says in a language, and who and when; empty when it has no texts."""
    if code not in available():
        return ""
    seen = replies.texts(code).get("reviewed")
    return say(language, "common.texts_reviewed", **seen) if seen else say(language, "common.texts_draft")


def stretch(language: str, lasts: timedelta) -> str:
    """A stretch of time as one says it: now, 12 min, 3 hours, 2 days."""
    minutes = max(int(lasts.total_seconds() // 60), 0)
    if minutes < 1:
        return say(language, "common.now")
    if minutes < 60:
        return say(language, "common.minutes", n=minutes)
    if minutes < 48 * 60:
        return say(language, "common.hours", n=minutes // 60)
    return say(language, "common.days", n=minutes // (24 * 60))


def since(language: str, at: datetime | None) -> str:
    """How long ago."""
    return "" if at is None else stretch(language, now() - at)


def clock_time(language: str, at: datetime, zone: str) -> str:
    """A moment in the deployment's zone: the time alone today, else with the day."""
    local, today = at.astimezone(ZoneInfo(zone)), now().astimezone(ZoneInfo(zone)).date()
    pattern = "HH:mm" if local.date() == today else "EEE d MMM HH:mm"
    return str(format_datetime(local, pattern, tzinfo=ZoneInfo(zone), locale=language))


def soon(language: str, at: datetime, zone: str) -> str:
    """A moment to come: "vandaag 14:00", "morgen 14:00", else with the day."""
    local, today = at.astimezone(ZoneInfo(zone)), now().astimezone(ZoneInfo(zone)).date()
    near = {0: "today", 1: "tomorrow"}.get((local.date() - today).days)
    return f"{say(language, f'appointments.{near}') if near else day(language, local.date())} {local:%H:%M}"


def day(language: str, at: date) -> str:
    """A day, without the year."""
    return str(format_date(at, "EEE d MMM", locale=language))
