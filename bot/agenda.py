"""An appointment as a file for staff's own calendar (RFC 5545, RFC 5546): a code word, never a person's name or number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from icalendar import Calendar, Event
from sqlalchemy import Row

PRODUCT = "-//Inloop//Inloop//NL"


def calendar(row: Row[Any], *, title: str, where: str, about: str, url: str) -> bytes:
    """The file of an agreed appointment; one called off takes the earlier one out of the calendar."""
    off = row.status == "cancelled"
    event = Event()
    event.add("uid", f"{row.id}@inloop")
    event.add("sequence", row.moved)
    event.add("dtstamp", row.changed_at)
    event.add("dtstart", row.at)
    event.add("dtend", row.at + timedelta(minutes=row.minutes))
    event.add("status", "CANCELLED" if off else "CONFIRMED")
    for name, text in (("summary", title), ("location", where), ("description", about), ("url", url)):
        if text:
            event.add(name, text)
    event.add("class", "PRIVATE")
    found = Calendar()
    found.add("prodid", PRODUCT)
    found.add("version", "2.0")
    found.add("method", "CANCEL" if off else "PUBLISH")
    found.add_component(event)
    return bytes(found.to_ical())
