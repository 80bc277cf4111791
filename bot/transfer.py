"""From one human to another: given with a word for the colleague, swapped because the person would rather, handed back by who cannot.

The person is told once, in their language. Nobody needs a reason.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot import asks, bridge, cases, consent, conversations, matching, notes, outcome, reminders, staff_notices
from bot.audit import note
from bot.clock import now
from bot.tables import cases as case_table
from bot.tables import contacts, users
from bot.vault import Vault


def give(connection: Connection, vault: Vault, case: str, by: str, to: str, *, words: str = "", stay: bool = False) -> None:
    """Give a case to a colleague, with a word for them; the first may stay on. Raises Closed, ValueError (the word), KeyError."""
    first = cases.one(connection, case).owner_id
    cases.assign(connection, case, by, to)
    bridge.owns(connection, case, to)
    if words.strip():
        notes.write(connection, vault, case, by, words, "transfer")
    staff_notices.tell(connection, to, "given", case, key=f"{case}:{now().isoformat()}")
    if first is None or first == to:
        return
    if stay:
        bridge.stays(connection, case, first)
    tell(connection, vault, case, first, stays=stay)


def tell(connection: Connection, vault: Vault, case: str, first: str, *, stays: bool = False) -> None:
    """Tell the person who helps from now on, and that the first passed on what they said where they agreed to that."""
    held = cases.one(connection, case)
    values = {"human": _shown(connection, held.owner_id), "first": _shown(connection, first)}
    if stays:
        return bridge.tell(connection, vault, held.contact_id, "new_human_stays", values)
    if held.scope != "nothing" and consent.has_yes(connection, held.contact_id):
        return bridge.tell(connection, vault, held.contact_id, "new_human_told", values)
    bridge.tell(connection, vault, held.contact_id, "new_human", {"human": values["human"]})


def swap(connection: Connection, vault: Vault, contact: str) -> bool:
    """The person would rather have somebody else: their case waits for another human; False when they have none that a human had.

    A closed case opens again for it. Who had it is told neutrally and is not asked again.
    """
    held = _last(connection, contact)
    if held is None or held.owner_id is None:
        return False
    outcome.seen_stays(connection, held)
    _release(connection, held, to=held.to)
    note(connection, "swapped", case=held.id, who=held.owner_id)
    staff_notices.tell(connection, held.owner_id, "news", held.id, key=f"{held.id}:{now().isoformat()}")
    asks.tell(connection, vault, contact, "swapped")
    return True


def hand_back(connection: Connection, vault: Vault, case: str, user: str, *, words: str = "") -> None:
    """Who has a case gives it back: it waits for an advisor. `words`: how it was, for coordinators. Raises Taken, Closed, ValueError."""
    conversations.lock(connection, cases.one(connection, case).contact_id)
    held = cases.one(connection, case)
    if held.status != "taken":
        raise cases.Closed
    if held.owner_id != user:
        raise cases.Taken
    if words.strip():
        notes.write(connection, vault, case, user, words, "debrief")
    _release(connection, held, to="advisor")
    note(connection, "handed_back", user=user, case=case)
    bridge.tell(connection, vault, held.contact_id, "handed_back")


def _release(connection: Connection, held: Row[Any], *, to: str) -> None:
    """The case waits for another human than this one; the bot talks meanwhile."""
    fresh = {"owner_id": None, "taken_at": None, "said_when_at": None, "offered_to": None, "offered_at": None, "escalated_at": None}
    waits = {"status": "waiting", "waiting_since": now(), "closed_at": None, "outcome": None, "to": to}
    connection.execute(update(case_table).where(case_table.c.id == held.id).values(**fresh, **waits))
    connection.execute(update(contacts).where(contacts.c.id == held.contact_id).values(human_id=None))
    conversations.give_to(connection, held.contact_id, "bot")
    bridge.owns(connection, held.id, held.owner_id)
    matching.refuse(connection, held.id, held.owner_id)
    reminders.wait(connection, held.id)


def _last(connection: Connection, contact: str) -> Row[Any] | None:
    """The person's last case, locked."""
    conversations.lock(connection, contact)
    query = select(case_table).where(case_table.c.contact_id == contact).order_by(case_table.c.opened_at.desc()).limit(1)
    return connection.execute(query.with_for_update()).one_or_none()


def _shown(connection: Connection, user: str) -> str:
    row = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == user)).one()
    return str(row.alias or row.name)
