"""What happens later: a timer fires once, as a turn of the talk, unless the conversation moved on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import safe_time
from bot.clock import now
from bot.tables import cases, consents, contacts, conversations, messages, timers
from bot.vault import Vault

Notice = Callable[[Connection, Vault, Row[Any]], None]  # gets the timer
# Timers a quiet or stopped contact still gets: they start nothing, they answer a human's act of this minute.
ANSWERS = ("returned",)
STARTS = ("how_was_it", "check_in", "ask_again")
BEGINNINGS = ("ask_how_was_it", "ask_ask_again")  # the replies they bring
# Timers for staff: nothing goes to the person by them, so what the person wants of our messages does not end them.
FOR_STAFF = ("offer", "urgent_waits", "remind", "reassign", "escalate", "unanswered", "overdue")
BUSY = timedelta(hours=1)  # somebody who wrote this short ago is in a talk: nothing is begun in the middle of it
BACK = timedelta(days=1)  # somebody who wrote this short ago came back without being asked


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
    """Take back a contact's open timers: those of these names, or all that may bring them something."""
    query = update(timers).where(timers.c.contact_id == contact, timers.c.done_at.is_(None)).values(done_at=now())
    connection.execute(query.where(timers.c.name.in_(names) if names else timers.c.name.not_in(FOR_STAFF)))


def fire(connection: Connection, vault: Vault, notices: Mapping[str, Notice]) -> bool:
    """Fire the next due timer: done, and its turn or notice put down, in one transaction; False when none is due."""
    due = select(timers.c.id).where(timers.c.done_at.is_(None), timers.c.due_at <= now()).order_by(timers.c.due_at).limit(1)
    claimed = update(timers).where(timers.c.id == due.with_for_update(skip_locked=True).scalar_subquery()).values(done_at=now())
    timer = connection.execute(claimed.returning(timers)).one_or_none()
    if timer is None:
        return False
    if timer.name in notices:
        notices[timer.name](connection, vault, timer)
    elif _still_wanted(connection, timer) and not (timer.name not in ANSWERS and put_off(connection, timer)):
        act = {"name": "returned"} if timer.name == "returned" else {"name": "timer", "timer": timer.name, "args": timer.args}
        body = vault.close_json({"text": "", "act": act})
        row = {"direction": "in", "author": "bot", "kind": "empty", "status": "new", "at": now()}
        connection.execute(insert(messages).values(contact_id=timer.contact_id, body=body, **row))
        connection.execute(update(conversations).where(conversations.c.contact_id == timer.contact_id).values(pending=True))
    return True


def put_off(connection: Connection, timer: Row[Any]) -> bool:
    """Whether this timer, which starts something, has to wait: for the hours agreed as safe, or for the end of a talk."""
    heard = connection.scalar(select(contacts.c.last_in_at).where(contacts.c.id == timer.contact_id))
    earliest = now() if heard is None else max(now(), heard + BUSY)
    moment = safe_time.safe_moment(connection, timer.contact_id, earliest)
    if moment is None or moment <= now():
        return False
    connection.execute(update(timers).where(timers.c.id == timer.id).values(due_at=moment, done_at=None))
    return True


def _still_wanted(connection: Connection, timer: Row[Any]) -> bool:
    row = connection.execute(
        select(contacts.c.stopped_at, contacts.c.gone_at, contacts.c.quiet, contacts.c.minor, contacts.c.last_in_at, conversations.c.owner)
        .join(conversations, conversations.c.contact_id == contacts.c.id)
        .where(contacts.c.id == timer.contact_id)
    ).one()
    if row.owner != "bot" or row.stopped_at is not None or row.gone_at is not None:
        return False
    if timer.name not in ANSWERS and (row.quiet or row.minor):
        return False
    return not _moved_on(connection, timer, row.last_in_at)


def _moved_on(connection: Connection, timer: Row[Any], heard: datetime | None) -> bool:
    """Whether what the timer was set for is past."""
    latest = select(cases).where(cases.c.contact_id == timer.contact_id).order_by(cases.c.opened_at.desc()).limit(1)
    case = connection.execute(latest).one_or_none()
    if timer.name == "returned":  # the human speaks again, or closed the case
        return case is not None and case.status != "taken"
    if timer.name in STARTS and _asked_lately(connection, timer.contact_id):  # of two that are late together, one
        return True
    if timer.name == "how_was_it":  # opened again, or another case since
        return case is not None and (case.status != "closed" or case.id != timer.case_id)
    if timer.name == "check_in":  # no yes any more; or stuck already, and a human is awaited
        yes = (consents.c.contact_id == timer.contact_id) & (consents.c.what == "check_ins") & consents.c.withdrawn_at.is_(None)
        waits = case is not None and case.status == "waiting"
        return waits or connection.scalar(select(consents.c.id).where(yes).limit(1)) is None
    if timer.name == "ask_again":  # on the way to a human, or back by themselves
        return (case is not None and case.status != "closed") or (heard is not None and heard > now() - BACK)
    return False


def _asked_lately(connection: Connection, contact: str) -> bool:
    """Whether we began with something a short while ago, or are about to: its turn still waits."""
    mine = messages.c.contact_id == contact
    said = (messages.c.direction == "out") & (messages.c.reply.in_(BEGINNINGS)) & (messages.c.at > now() - BACK)
    about_to = (messages.c.direction == "in") & (messages.c.author == "bot") & (messages.c.status == "new")
    return connection.scalar(select(messages.c.id).where(mine, said | about_to).limit(1)) is not None
