"""Volunteers are protected: what turns urgent is not theirs to carry (conversation.md, rule 1)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot import conversations, staff_notices
from bot.audit import note
from bot.clock import now
from bot.tables import cases, contacts, joined, users

ROLE = "ambassador"


def relieve(connection: Connection, case: Row[Any]) -> bool:
    """A case turned urgent: a volunteer's waits for an advisor; they may stay beside whoever takes it. False: nobody's or an advisor's."""
    role = connection.scalar(select(users.c.role).where(users.c.id == case.owner_id))
    if case.status != "taken" or role != ROLE:
        return False
    waits = {"status": "waiting", "to": "advisor", "owner_id": None, "taken_at": None, "waiting_since": now(), "said_when_at": None}
    connection.execute(update(cases).where(cases.c.id == case.id).values(**waits, offered_to=None, offered_at=None))
    connection.execute(update(contacts).where(contacts.c.id == case.contact_id).values(human_id=None))
    conversations.give_to(connection, case.contact_id, "bot")
    _stays(connection, case.id, case.owner_id)
    staff_notices.tell(connection, case.owner_id, "news", case.id, key=f"{case.id}:{now().isoformat()}")
    note(connection, "relieved", case=case.id, who=case.owner_id)
    return True


def _stays(connection: Connection, case: str, user: str) -> None:
    """The person knows this human: nobody is sent away in the middle of danger."""
    values = {"how": "bridge", "status": "agreed", "at": now(), "answered_at": now(), "left_at": None}
    mine = (joined.c.case_id == case) & (joined.c.user_id == user)
    if not connection.execute(update(joined).where(mine).values(**values)).rowcount:
        connection.execute(insert(joined).values(case_id=case, user_id=user, **values))
