"""The queue: who waits, my conversations, what was closed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from bot import tags, tasks, together
from bot.console import after, queue
from bot.console.access import DeskHere, Session
from bot.console.desk import Desk, Staff
from bot.console.pages.page import show, to

router = APIRouter()
CLOSED = 50


@router.get("/")
def start(staff: Session) -> Response:
    """Everybody's first page."""
    return to("/sites" if staff.role == "outreach" else "/queue")


@router.get("/queue")
def page(request: Request, desk: DeskHere, staff: Session, tag: str = "") -> Response:
    """Who waits, urgent first, then mine; `tag`: only cases with that word."""
    return show(request, "queue.html", staff=staff, **_lists(desk, staff, tag))


@router.get("/queue/live")
def live(request: Request, desk: DeskHere, staff: Session, tag: str = "") -> Response:
    """The lists alone, to be put into the open page."""
    return show(request, "_queue.html", staff=staff, **_lists(desk, staff, tag))


def _lists(desk: Desk, staff: Staff, tag: str) -> dict[str, Any]:
    with desk.store.begin() as connection:
        taken = queue.lines(connection, staff, "taken", tag=tag)
        joined = set(connection.scalars(together.cases_of(staff.id)))
        return {
            "waiting": queue.lines(connection, staff, "waiting", tag=tag),
            "mine": [one for one in taken if one.line.owner == staff.name or one.line.id in joined],
            "others": [one for one in taken if one.line.owner != staff.name and one.line.id not in joined],
            "closed": queue.lines(connection, staff, "closed", most=CLOSED, tag=tag),
            "todo": tasks.to_do(connection, desk.store.vault, staff.id, others=staff.role in ("advisor", "coordinator")),
            "tags": tags.in_use(connection) if staff.role in ("advisor", "coordinator") else [],
            "tag": tag,
            "to_say": after.to_say(connection, staff),
        }
