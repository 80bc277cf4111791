"""Short words staff put on a case, to find it again on the queue."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, select, update

from bot import conversations
from bot.audit import note
from bot.inbox import clean
from bot.masking import mask
from bot.tables import cases

LONGEST, MOST = 24, 8  # characters of one; tags on a case
OFFERED = 30


def put(connection: Connection, case: str, user: str, text: str) -> None:
    """Put a tag on a case. Raises ValueError: no short word, or too many already."""
    tag = " ".join(clean(text).casefold().split())
    if not tag or len(tag) > LONGEST or mask(tag)[1] or sum(char.isdigit() for char in tag) > 4:
        raise ValueError("tag")
    held = _locked(connection, case)
    if tag in held:
        return
    if len(held) >= MOST:
        raise ValueError("tags")
    _set(connection, case, user, [*held, tag])


def take_off(connection: Connection, case: str, user: str, tag: str) -> None:
    """Take a tag off a case; one that is not there changes nothing."""
    held = _locked(connection, case)
    if tag in held:
        _set(connection, case, user, [one for one in held if one != tag])


def in_use(connection: Connection) -> list[str]:
    """Tags on cases that are not closed, those used most first."""
    rows = connection.scalars(select(cases.c.tags).where(cases.c.status != "closed")).all()
    counted = Counter(tag for held in rows for tag in held)
    return [tag for tag, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))][:OFFERED]


def _locked(connection: Connection, case: str) -> list[str]:
    contact = connection.scalar(select(cases.c.contact_id).where(cases.c.id == case))
    if contact is not None:
        conversations.lock(connection, contact)
    return list(connection.scalar(select(cases.c.tags).where(cases.c.id == case)) or [])


def _set(connection: Connection, case: str, user: str, tags: list[str]) -> None:
    connection.execute(update(cases).where(cases.c.id == case).values(tags=tags))
    note(connection, "tagged", user=user, case=case)
