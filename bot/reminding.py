"""Reminders of an appointment to the person, a day and two hours before: neutral words, day, time and place only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, update

from bot import asks, slots, timers
from bot.clock import now
from bot.safe_time import safe_moment
from bot.tables import messages
from bot.vault import Vault

HOURS = (24, 2)  # before
REMINDERS = ("reminder_place", "reminder_call")


def plan(connection: Connection, row: Row[Any]) -> None:
    """Set the timers of an agreed appointment; at its time what still waits for WhatsApp's window is taken back."""
    for hours in (*HOURS, 0) if row.at else ():
        due = row.at - timedelta(hours=hours)
        if due > now():
            args = {"appointment": row.id, "moved": row.moved, "hours": hours}
            once = f"meeting:{row.id}:{row.moved}:{hours}"
            timers.add(connection, row.contact_id, "meeting", due, once=once, case=row.case_id, args=args)


def fire(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """A reminder's time: neutral words, to who may be written to; nothing when it was moved, called off, or is near or past."""
    row, hours = slots.find(connection, timer.args["appointment"]), timer.args["hours"]
    if row is None or row.status != "agreed" or row.moved != timer.args["moved"]:
        return
    if hours == 0:
        return take_back(connection, row.contact_id)
    nearer = next((one for one in HOURS if one < hours), 0)
    when = safe_moment(connection, row.contact_id, now())
    if when is None or row.at - timedelta(hours=nearer) <= when:  # too late for this one
        return
    if when > now():
        once = f"{timer.once}:later"
        return timers.add(connection, row.contact_id, "meeting", when, once=once, case=row.case_id, args=timer.args)
    values = slots.about(connection, vault, row)
    asks.tell(connection, vault, row.contact_id, f"reminder_{row.kind}", values, choices=slots.answers(row, "confirm", "move", "cancel"))


def take_back(connection: Connection, contact: str) -> None:
    """Reminders that did not go out yet say what is no longer so."""
    unsent = (messages.c.contact_id == contact) & (messages.c.direction == "out") & messages.c.status.in_(("queued", "waiting"))
    connection.execute(update(messages).where(unsent, messages.c.reply.in_(REMINDERS)).values(status="cancelled"))
