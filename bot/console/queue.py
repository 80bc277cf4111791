"""The lists of cases: who waits, mine, with colleagues, closed; each by what a role may see."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.console import story
from bot.console.desk import Refused, Staff
from bot.console.shapes import CaseLine, Cases
from bot.labels import URGENT_ORDER
from bot.tables import cases, contacts, conversations, labels, messages, users


@dataclass(frozen=True)
class Waiting:
    """A case as a line on the queue page."""

    line: CaseLine
    summary: str
    unread: bool
    closed_at: datetime | None


def page(connection: Connection, staff: Staff, status: str, cursor: str | None, size: int) -> Cases:
    """A page of the API's list: urgent first, then longest waiting."""
    after = _open(cursor) if cursor else None
    rows = [row for row in sorted(_rows(connection, staff, status), key=_key) if after is None or _key(row) > after]
    shown = rows[:size]
    goals = _labels(connection, shown)
    lines = [CaseLine(**story.line(row, _goal(goals.get(row.id, [])))) for row in shown]
    return Cases(items=lines, next=_close(_key(shown[-1])) if len(rows) > size else None)


def lines(connection: Connection, staff: Staff, status: str, *, most: int = 200) -> list[Waiting]:
    """A list for the queue page; closed ones newest first."""
    rows = sorted(_rows(connection, staff, status), key=_key)
    if status == "closed":
        rows.sort(key=lambda row: row.closed_at, reverse=True)
    rows = rows[:most]
    held, last = _labels(connection, rows), _last_words(connection, rows)
    return [_waiting(row, held.get(row.id, []), last.get(row.contact_id)) for row in rows]


def _waiting(row: Row[Any], held: list[dict[str, Any]], last: str | None) -> Waiting:
    told = story.summary(held, row.urgent, row.urgent_strength)
    return Waiting(CaseLine(**story.line(row, _goal(held))), told, last == "person", row.closed_at)


def _rows(connection: Connection, staff: Staff, status: str) -> list[Row[Any]]:
    query = select(cases, contacts.c.channel, conversations.c.language, users.c.name.label("owner"))
    query = query.join(contacts, contacts.c.id == cases.c.contact_id).join(conversations, conversations.c.contact_id == contacts.c.id)
    query = query.outerjoin(users, users.c.id == cases.c.owner_id).where(cases.c.status == status)
    if staff.role == "outreach" or (status != "waiting" and staff.role != "coordinator"):
        query = query.where(cases.c.owner_id == staff.id)
    elif staff.role == "ambassador":
        query = query.where(cases.c.to == "ambassador", cases.c.urgent.is_(None))
    return list(connection.execute(query).all())


def _key(row: Row[Any]) -> tuple[int, int, str, str]:
    """Sure before maybe before not urgent; the one that can kill first; who waits longest; then always the same order."""
    sure = {"sure": 0, "maybe": 1}.get(row.urgent_strength, 1) if row.urgent else 2
    rank = URGENT_ORDER.index(row.urgent) if row.urgent in URGENT_ORDER else 99
    return sure, rank, (row.waiting_since or row.opened_at).isoformat(), row.id


def _close(key: tuple[int, int, str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _open(cursor: str) -> tuple[int, int, str, str]:
    try:
        sure, rank, since, case = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return int(sure), int(rank), str(since), str(case)
    except (ValueError, TypeError, binascii.Error):
        raise Refused(422, "invalid") from None


def _labels(connection: Connection, rows: Iterable[Row[Any]]) -> dict[str, list[dict[str, Any]]]:
    """The agreed labels of many cases, by case, in one query."""
    held: dict[str, list[dict[str, Any]]] = {row.contact_id: [] for row in rows if row.scope != "nothing"}
    query = select(labels).where(labels.c.contact_id.in_(held), labels.c.consented).order_by(labels.c.confirmed.desc(), labels.c.at)
    for one in connection.execute(query).mappings():
        held[one["contact_id"]].append(dict(one))
    return {row.id: held[row.contact_id] for row in rows if row.scope != "nothing"}


def _goal(held: list[dict[str, Any]]) -> str | None:
    return next((str(one["label"]) for one in held if one["kind"] == "goal"), None)


def _last_words(connection: Connection, rows: Iterable[Row[Any]]) -> dict[str, str]:
    """Who spoke last in each talk a human has: a person's word nobody answered is new."""
    found: dict[str, str] = {}
    theirs = messages.c.contact_id.in_([row.contact_id for row in rows if row.status == "taken"])
    query = select(messages.c.contact_id, messages.c.author).where(theirs, messages.c.author.in_(("person", "human")))
    for row in connection.execute(query.order_by(messages.c.seq)):
        found[row.contact_id] = row.author
    return found


def count_waiting(connection: Connection, staff: Staff) -> int:
    """How many wait for somebody like this member of staff."""
    return len(_rows(connection, staff, "waiting"))


def colleagues(connection: Connection, staff: Staff, row: Row[Any]) -> list[Row[Any]]:
    """Who may get a case: nobody urgent to a volunteer, an outreach worker only where the person asked for them to come along."""
    roles = ["advisor", "coordinator"]
    if row.urgent is None:
        roles.append("ambassador")
        if along(connection, row):
            roles.append("outreach")
    query = select(users).where(users.c.disabled_at.is_(None), users.c.role.in_(roles), users.c.id != staff.id)
    return list(connection.execute(query.order_by(users.c.name)).all())


def along(connection: Connection, row: Row[Any]) -> bool:
    """Whether the person asked for the one who gave the link to come along."""
    return any(one["kind"] == "wish" and "along" in one["label"] for one in story.labels_of(connection, row))
