"""The lists of cases: who waits, mine, with colleagues, closed; each by what a role may see."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from bot import consent, together, upcoming
from bot.candidates import Candidate, candidates
from bot.console import story
from bot.console.desk import Refused, Staff
from bot.console.shapes import CaseLine, Cases
from bot.labels import URGENT_ORDER
from bot.reminders import too_long
from bot.tables import cases, contacts, conversations, knows, labels, messages, users


@dataclass(frozen=True)
class Waiting:
    """A case as a line on the queue page."""

    line: CaseLine
    summary: str
    unread: bool
    closed_at: datetime | None
    for_me: bool  # offered to who looks
    appointment: datetime | None = None  # the next one agreed
    tags: tuple[str, ...] = ()
    too_long: bool = False  # the coordinators were told that nobody came


def page(connection: Connection, staff: Staff, status: str, cursor: str | None, size: int) -> Cases:
    """A page of the API's list: urgent first, then longest waiting."""
    after = _open(cursor) if cursor else None
    rows = [row for row in sorted(_rows(connection, staff, status), key=_key) if after is None or _key(row) > after]
    shown = rows[:size]
    goals = _labels(connection, shown)
    lines = [CaseLine(**story.line(row, _goal(goals.get(row.id, [])))) for row in shown]
    return Cases(items=lines, next=_close(_key(shown[-1])) if len(rows) > size else None)


def lines(connection: Connection, staff: Staff, status: str, *, most: int = 200, tag: str = "") -> list[Waiting]:
    """A list for the queue page, of a tag where one is named; closed ones newest first."""
    rows = sorted(_rows(connection, staff, status), key=partial(_mine_first, staff))
    if status == "closed":
        rows.sort(key=lambda row: row.closed_at, reverse=True)
    rows = [row for row in rows if not tag or tag in row.tags][:most]
    held, last = _labels(connection, rows), _last_words(connection, rows)
    agreed = {case: one.at for case, one in upcoming.by_case(connection, [row.id for row in rows]).items()}
    found = [_waiting(row, held.get(row.id, []), last.get(row.contact_id), for_me=_for_me(staff, row)) for row in rows]
    return [replace(one, appointment=agreed.get(one.line.id)) for one in found]


def _waiting(row: Row[Any], held: list[dict[str, Any]], last: str | None, *, for_me: bool) -> Waiting:
    told, late = story.summary(held, row.urgent, row.urgent_strength), too_long(row, answered=last != "person")
    line, tags = CaseLine(**story.line(row, _goal(held))), tuple(row.tags)
    return Waiting(line, told, last == "person", row.closed_at, for_me, tags=tags, too_long=late)


def _rows(connection: Connection, staff: Staff, status: str) -> list[Row[Any]]:
    query = select(cases, contacts.c.channel, conversations.c.language, users.c.name.label("owner"), story.asked_name())
    query = query.join(contacts, contacts.c.id == cases.c.contact_id).join(conversations, conversations.c.contact_id == contacts.c.id)
    query = query.outerjoin(users, users.c.id == cases.c.owner_id).where(cases.c.status == status)
    mine = cases.c.id.in_(together.cases_of(staff.id))  # joined
    if staff.role == "outreach" or (status != "waiting" and staff.role != "coordinator"):
        query = query.where(or_(cases.c.owner_id == staff.id, mine) if status != "closed" else cases.c.owner_id == staff.id)
    elif staff.role == "ambassador":
        query = query.where(or_(and_(cases.c.to == "ambassador", cases.c.urgent.is_(None)), mine))
    if status == "waiting" and staff.role != "coordinator":
        query = query.where(cases.c.contact_id.not_in(select(knows.c.contact_id).where(knows.c.user_id == staff.id)))
    return list(connection.execute(query).all())


def _key(row: Row[Any]) -> tuple[int, int, str, str]:
    """Sure before maybe before not urgent; the one that can kill first; who waits longest; then always the same order."""
    sure = {"sure": 0, "maybe": 1}.get(row.urgent_strength, 1) if row.urgent else 2
    rank = URGENT_ORDER.index(row.urgent) if row.urgent in URGENT_ORDER else 99
    return sure, rank, (row.waiting_since or row.opened_at).isoformat(), row.id


def _mine_first(staff: Staff, row: Row[Any]) -> tuple[int, int, bool, str, str]:
    """As `_key`, and within the same urgency what is offered to who looks."""
    sure, rank, since, case = _key(row)
    return sure, rank, not _for_me(staff, row), since, case


def _for_me(staff: Staff, row: Row[Any]) -> bool:
    return bool(row.status == "waiting" and row.offered_to == staff.id)


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
    query = select(labels).where(labels.c.contact_id.in_(held), labels.c.consented)
    for one in sorted(connection.execute(query).mappings(), key=consent.how_sure):
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


def colleagues(connection: Connection, staff: Staff, row: Row[Any]) -> list[Candidate]:
    """Who may get a case, the best first: nobody who is away or knows the person, nothing urgent for a volunteer (bot/candidates.py)."""
    return [one for one in candidates(connection, row.id) if one.id != staff.id]
