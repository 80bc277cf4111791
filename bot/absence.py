"""Who is not there any more: what they have goes to the next one, and the person hears who helps now."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, or_, select, update

from bot import aftercare, conversations, facts, matching, reminders, staff_notices, waiting
from bot.audit import note
from bot.clock import now
from bot.tables import cases, contacts, users
from bot.vault import Vault


def pass_on(connection: Connection, vault: Vault) -> bool:
    """Give one case of somebody who left, or is away too long for who waits, to the next one; False when there is none to give."""
    for held in connection.execute(_left_alone(connection)).all():
        if held.disabled_at is None and waiting.answered(connection, held.contact_id):
            continue  # away, but nothing is asked of them: the same human stays
        conversations.lock(connection, held.contact_id)
        whom = matching.next_one(connection, held.id, {held.owner_id})
        if whom is not None:
            _give(connection, vault, held, whom)
            return True
        _nobody(connection, held)
    return False


def _left_alone(connection: Connection) -> Any:
    """Cases whose human has no access any more, or is away beyond tomorrow."""
    zone = ZoneInfo(facts.read(connection).get("time_zone", "Europe/Amsterdam"))
    tomorrow = datetime.combine(now().astimezone(zone).date() + timedelta(days=1), time.max, tzinfo=zone)
    gone = or_(users.c.disabled_at.is_not(None), users.c.away_until > tomorrow)
    query = select(cases, users.c.disabled_at).join(users, users.c.id == cases.c.owner_id)
    return query.where(cases.c.status == "taken", gone).order_by(cases.c.taken_at)


def _give(connection: Connection, vault: Vault, held: Row[Any], whom: str) -> None:
    """As when a coordinator gives it; the bot keeps the talk where a human had given it back."""
    contact = held.contact_id
    aftercare.transferred(connection, held, whom)
    values = {"owner_id": whom, "transferred_at": now(), "said_when_at": None}
    connection.execute(update(cases).where(cases.c.id == held.id).values(**values))
    connection.execute(update(contacts).where(contacts.c.id == contact).values(human_id=whom))
    talk = conversations.lock(connection, contact)
    if talk is not None and talk.owner != "bot":
        conversations.give_to(connection, contact, whom)
    note(connection, "passed_on", case=held.id, to=whom)
    shown = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == whom)).one()
    waiting.helps_now(connection, vault, contact, shown.alias or shown.name)
    staff_notices.tell(connection, whom, "given", held.id)
    reminders.watch(connection, contact)


def _nobody(connection: Connection, held: Row[Any]) -> None:
    """No next one: the coordinators decide."""
    if held.escalated_at is None:
        for user in reminders.coordinators(connection):
            staff_notices.tell(connection, user, "left", held.id)
        note(connection, "escalated", case=held.id)
        connection.execute(update(cases).where(cases.c.id == held.id).values(escalated_at=now()))
