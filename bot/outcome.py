"""How a case ended, by the person's own judgement; and how a closed one is opened again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, exists, func, select, update

from bot import conversations
from bot.audit import note
from bot.clock import now
from bot.tables import cases, consents, contacts, messages
from bot.tables import conversations as talks


class CannotReopen(Exception):
    """A closed case stays closed: `reason` is the id of a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def judged(connection: Connection, contact: str, answer: str) -> None:
    """What the person says of how it goes (better, same, stuck), kept with their last case."""
    last = select(cases.c.id).where(cases.c.contact_id == contact).order_by(cases.c.opened_at.desc()).limit(1)
    mine = cases.c.id == last.scalar_subquery()
    connection.execute(update(cases).where(mine).values(own_outcome=answer, own_outcome_at=now()))


def reopen(connection: Connection, case: str, user: str) -> None:
    """A human takes a closed case up again, by their own act: nothing goes to the person. Raises CannotReopen, KeyError."""
    held = _closed(connection, case)
    if (reason := _refused(connection, held)) is not None:
        raise CannotReopen(reason)
    seen_stays(connection, held)
    values = {"status": "taken", "owner_id": user, "taken_at": now(), "closed_at": None, "outcome": None, "said_when_at": None}
    connection.execute(update(cases).where(cases.c.id == case).values(**values))
    connection.execute(update(contacts).where(contacts.c.id == held.contact_id).values(human_id=user))
    conversations.give_to(connection, held.contact_id, user)
    note(connection, "reopened", user=user, case=case)


def _closed(connection: Connection, case: str) -> Row[Any]:
    contact = connection.scalar(select(cases.c.contact_id).where(cases.c.id == case))
    if contact is None:
        raise KeyError(case)
    conversations.lock(connection, contact)
    row = connection.execute(select(cases).where(cases.c.id == case).with_for_update()).one()
    if row.status != "closed":
        raise CannotReopen("not_closed")
    return row


def _refused(connection: Connection, row: Row[Any]) -> str | None:
    """Why not: there is a later case, the phone may be somebody else's now, or there is no yes (any more)."""
    mine = cases.c.contact_id == row.contact_id
    if connection.scalar(select(exists().where(mine, cases.c.opened_at > row.opened_at))):
        return "reopen_later"
    began = connection.scalar(select(talks.c.started_at).where(talks.c.contact_id == row.contact_id))
    if began is not None and row.opened_at < began:
        return "reopen_somebody"
    yes = (consents.c.contact_id == row.contact_id) & (consents.c.what == "handover") & consents.c.withdrawn_at.is_(None)
    stands = connection.scalar(select(exists().where(yes))) if row.scope != "nothing" else row.owner_id is not None
    return None if stands else "reopen_no_yes"


def seen_stays(connection: Connection, row: Row[Any]) -> None:
    """Before a closed case opens: what was seen stays, it goes on from here; what the bot heard in between was not agreed to."""
    if row.scope == "nothing" or row.closed_at is None:
        return  # without a yes only what came to the human shows, and that is marked already
    theirs = messages.c.contact_id == row.contact_id
    seen = theirs & (messages.c.seq > row.from_seq) & (messages.c.at <= row.closed_at)
    connection.execute(update(messages).where(seen).values(consented=True))
    last = connection.scalar(select(func.max(messages.c.seq)).where(theirs)) or 0
    connection.execute(update(cases).where(cases.c.id == row.id).values(from_seq=last))
