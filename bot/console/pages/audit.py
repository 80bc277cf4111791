"""The log: who did what and when, never what was said."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Request, Response
from sqlalchemy import select

from bot.console.access import DeskHere, Session, only
from bot.console.desk import Refused
from bot.console.pages.page import show
from bot.store import audit, users

router = APIRouter()
SHOWN = 100


@router.get("/audit")
def page(request: Request, desk: DeskHere, staff: Session, before: str | None = None) -> Response:
    """The newest lines; `before` (a moment) gives older ones."""
    only(staff, "coordinator")
    query = select(audit, users.c.name).outerjoin(users, users.c.id == audit.c.user_id).order_by(audit.c.at.desc(), audit.c.id)
    if before is not None:
        query = query.where(audit.c.at < _moment(before))
    with desk.store.begin() as connection:
        rows = connection.execute(query.limit(SHOWN + 1)).all()
    older = rows[SHOWN - 1].at.isoformat() if len(rows) > SHOWN else None
    return show(request, "audit.html", staff=staff, rows=rows[:SHOWN], older=older)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(422, "invalid") from None
    if found.tzinfo is None:
        raise Refused(422, "invalid")
    return found
