"""What happens later: a timer fires once, as a turn of the talk, unless the conversation moved on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.clock import now
from bot.tables import contacts, conversations, messages, timers
from bot.vault import Vault

Notice = Callable[[Connection, Vault, Row[Any]], None]  # gets the timer
# Timers a quiet or stopped contact still gets: they start nothing, they answer a human's act of this minute.
ANSWERS = ("returned",)


def add(
    connection: Connection,
    contact: str,
    name: str,
    due_at: datetime,
    *,
    once: str,
    case: str | None = None,
    args: dict[str, Any] | None = None,
) -> None:
    """Set a timer; `once` is its key: a second one of that key changes nothing."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = dialect(timers).values(contact_id=contact, name=name, due_at=due_at, once=once, case_id=case, args=args or {})
    connection.execute(row.on_conflict_do_nothing(index_elements=["once"]))


def cancel(connection: Connection, contact: str, *names: str) -> None:
    """Take back a contact's open timers (all, or those of these names)."""
    query = update(timers).where(timers.c.contact_id == contact, timers.c.done_at.is_(None)).values(done_at=now())
    connection.execute(query.where(timers.c.name.in_(names)) if names else query)


def fire(connection: Connection, vault: Vault, notices: Mapping[str, Notice]) -> bool:
    """Fire the next due timer: done, and its turn or notice put down, in one transaction; False when none is due."""
    due = select(timers.c.id).where(timers.c.done_at.is_(None), timers.c.due_at <= now()).order_by(timers.c.due_at).limit(1)
    claimed = update(timers).where(timers.c.id == due.with_for_update(skip_locked=True).scalar_subquery()).values(done_at=now())
    timer = connection.execute(claimed.returning(timers)).one_or_none()
    if timer is None:
        return False
    if timer.name in notices:
        notices[timer.name](connection, vault, timer)
    elif _still_wanted(connection, timer.contact_id, timer.name):
        act = {"name": "returned"} if timer.name == "returned" else {"name": "timer", "timer": timer.name, "args": timer.args}
        body = vault.close_json({"text": "", "act": act})
        row = {"direction": "in", "author": "bot", "kind": "empty", "status": "new", "at": now()}
        connection.execute(insert(messages).values(contact_id=timer.contact_id, body=body, **row))
        connection.execute(update(conversations).where(conversations.c.contact_id == timer.contact_id).values(pending=True))
    return True


def _still_wanted(connection: Connection, contact: str, name: str) -> bool:
    row = connection.execute(
        select(contacts.c.stopped_at, contacts.c.gone_at, contacts.c.quiet, contacts.c.minor, conversations.c.owner)
        .join(conversations, conversations.c.contact_id == contacts.c.id)
        .where(contacts.c.id == contact)
    ).one()
    if row.owner != "bot" or row.stopped_at is not None or row.gone_at is not None:
        return False
    return name in ANSWERS or not (row.quiet or row.minor)
