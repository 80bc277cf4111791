"""What the page says of voice messages to a person: whether they can go, and how long they may be."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.console.desk import Desk
from bot.replies import SOURCE, available, render
from bot.sound import LARGEST, LONGEST
from bot.voice import fetch_base


def offered(desk: Desk, row: Row[Any]) -> dict[str, Any]:
    """The address of recordings (None: there is none Twilio reaches), the limits, and the line that marks a translation."""
    language = row.language if row.language in available() else SOURCE
    marking = render("machine_translated", language, row.channel).text
    limits = {"voice_longest": LONGEST, "voice_largest": LARGEST}
    return {"voice_base": fetch_base(desk.settings, row.channel), "marking": marking, **limits}
