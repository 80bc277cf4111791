"""What somebody here still does for a person: who, by when, done. Encrypted, and for staff alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, and_, exists, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from bot import facts
from bot.audit import note
from bot.clock import now
from bot.inbox import clean
from bot.tables import cases, joined, tasks, users
from bot.vault import Vault

LONGEST = 300  # characters


@dataclass(frozen=True)
class Task:
    """One task, opened."""

    id: str
    case: str
    who: str | None
    text: str
    due: date | None
    overdue: bool
    done: bool


def add(connection: Connection, vault: Vault, case: str, by: str, who: str, text: str, due: str | None) -> str:
    """Put a task on a case; returns its id. Raises ValueError ("empty", "too_long", "date", "wrong_colleague")."""
    words = clean(text)
    if not words:
        raise ValueError("empty")
    if len(text.strip()) > LONGEST:
        raise ValueError("too_long")
    if who not in {one.id for one in who_may(connection, case)}:
        raise ValueError("wrong_colleague")
    row = {"case_id": case, "user_id": who, "body": vault.close(words), "due_on": _day(due), "at": now()}
    made = str(connection.execute(insert(tasks).values(**row).returning(tasks.c.id)).scalar_one())
    note(connection, "task_added", user=by, case=case, who=who)
    return made


def finish(connection: Connection, case: str, task: str, user: str) -> None:
    """A task is done. Raises KeyError when the case has none of this id."""
    of = (tasks.c.id == task) & (tasks.c.case_id == case)
    if connection.scalar(select(tasks.c.id).where(of)) is None:
        raise KeyError(task)
    changed = connection.execute(update(tasks).where(of, tasks.c.done_at.is_(None)).values(done_at=now())).rowcount
    if changed:
        note(connection, "task_done", user=user, case=case)


def of_case(connection: Connection, vault: Vault, case: str, *, only: str | None = None) -> list[Task]:
    """The tasks of a case (`only`: those of one member of staff): open ones first, the most pressing on top."""
    query = _query().where(tasks.c.case_id == case)
    rows = connection.execute(query if only is None else query.where(tasks.c.user_id == only)).all()
    return _sorted(connection, vault, rows)


def to_do(connection: Connection, vault: Vault, user: str, *, others: bool) -> list[Task]:
    """The open tasks of somebody's first page: their own on cases they work on; `others`: and colleagues' on cases they have."""
    mine = and_(tasks.c.user_id == user, or_(cases.c.owner_id == user, _with(user)))
    if others:
        mine = or_(cases.c.owner_id == user, mine)
    query = _query().join(cases, cases.c.id == tasks.c.case_id).where(tasks.c.done_at.is_(None), mine)
    return _sorted(connection, vault, connection.execute(query).all())


def who_may(connection: Connection, case: str) -> list[Row[Any, Any]]:
    """Who may be given a task of a case: who has it, and who joined."""
    owner = exists().where(cases.c.id == case, cases.c.owner_id == users.c.id)
    here = exists().where(joined.c.case_id == case, joined.c.user_id == users.c.id, *_agreed())
    query = select(users.c.id, users.c.name).where(or_(owner, here), users.c.disabled_at.is_(None))
    return list(connection.execute(query.order_by(users.c.name)).all())


def _with(user: str) -> ColumnElement[bool]:
    return exists().where(joined.c.case_id == tasks.c.case_id, joined.c.user_id == user, *_agreed())


def _agreed() -> tuple[ColumnElement[bool], ...]:
    return joined.c.status == "agreed", joined.c.left_at.is_(None)


def _query() -> Any:
    return select(tasks, users.c.name).outerjoin(users, users.c.id == tasks.c.user_id)


def _sorted(connection: Connection, vault: Vault, rows: Any) -> list[Task]:
    today = now().astimezone(ZoneInfo(str(facts.mark(connection, "time_zone") or "Europe/Amsterdam"))).date()
    found = [_task(vault, row, today) for row in rows]
    return sorted(found, key=lambda one: (one.done, one.due or date.max, one.id))


def _task(vault: Vault, row: Row[Any], today: date) -> Task:
    due = date.fromisoformat(row.due_on) if row.due_on else None
    done = row.done_at is not None
    return Task(row.id, row.case_id, row.name, vault.open(row.body) or "", due, not done and due is not None and due < today, done)


def _day(given: str | None) -> str | None:
    if not given:
        return None
    try:
        return date.fromisoformat(given).isoformat()
    except ValueError:
        raise ValueError("date") from None
