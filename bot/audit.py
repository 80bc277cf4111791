"""Who did what, when: never content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from bot.clock import now
from bot.tables import audit, users

NOBODY = "-"  # filters what was done by no member of staff: the bot, the command line


def note(connection: Connection, act: str, *, user: str | None = None, case: str | None = None, **detail: Any) -> None:
    """Write one line of the audit: an act, by whom, on which case. `who` or `to` in detail: the staff member it was done to."""
    connection.execute(insert(audit).values(at=now(), user_id=user, act=act, case_id=case, detail=detail))


def read(
    connection: Connection, *, who: str = "", act: str = "", before: datetime | None = None, most: int | None = None
) -> list[Row[Any]]:
    """Lines with the `name` of who did it, the newest first; `who` is a user id or NOBODY, empty is everybody."""
    query = select(audit, users.c.name).outerjoin(users, users.c.id == audit.c.user_id).order_by(audit.c.at.desc(), audit.c.id)
    if who:
        query = query.where(audit.c.user_id.is_(None) if who == NOBODY else audit.c.user_id == who)
    if act:
        query = query.where(audit.c.act == act)
    if before is not None:
        query = query.where(audit.c.at < before)
    return list(connection.execute(query.limit(most)).all())
