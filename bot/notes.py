"""What staff write for staff on a case: encrypted, by whom and when. It never goes to the person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, insert, or_, select

from bot.audit import note
from bot.clock import now
from bot.inbox import clean
from bot.tables import cases, notes, users
from bot.vault import Vault

LONGEST = 2000  # characters
KINDS = ("note", "transfer", "debrief")


@dataclass(frozen=True)
class Note:
    """One note, opened."""

    id: str
    kind: str
    by: str | None  # None: somebody who no longer works here
    text: str
    at: datetime


def write(connection: Connection, vault: Vault, case: str, user: str, text: str, kind: str = "note") -> str:
    """Keep a note; returns its id. Raises ValueError ("empty", "too_long")."""
    words = clean(text)
    if not words:
        raise ValueError("empty")
    if len(text.strip()) > LONGEST:
        raise ValueError("too_long")
    row = {"case_id": case, "user_id": user, "kind": kind, "body": vault.close(words), "at": now()}
    made = str(connection.execute(insert(notes).values(**row).returning(notes.c.id)).scalar_one())
    note(connection, "noted", user=user, case=case)
    return made


def read(connection: Connection, vault: Vault, case: str, user: str, *, others: bool, debriefs: bool) -> list[Note]:
    """The notes of a case that a member of staff may see, the oldest first: always their own, and the word they got it with.

    others: those of colleagues too. debriefs: what colleagues wrote after a hard talk (for coordinators).
    """
    query = select(notes, users.c.name).outerjoin(users, users.c.id == notes.c.user_id).where(notes.c.case_id == case)
    may = [notes.c.user_id == user, notes.c.id == _handed_with(case, user)]
    if others:
        may.append(notes.c.kind != "debrief")
    if debriefs:
        may.append(notes.c.kind == "debrief")
    rows = connection.execute(query.where(or_(*may)).order_by(notes.c.at, notes.c.id)).all()
    return [Note(row.id, row.kind, row.name, vault.open(row.body) or "", row.at) for row in rows]


def _handed_with(case: str, user: str) -> ScalarSelect[Any]:
    """The last word of a transfer, for who has the case now: it was written for them."""
    last = select(notes.c.id).join(cases, cases.c.id == notes.c.case_id)
    mine = (notes.c.case_id == case) & (notes.c.kind == "transfer") & (cases.c.owner_id == user)
    return last.where(mine).order_by(notes.c.at.desc()).limit(1).scalar_subquery()
