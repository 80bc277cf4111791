"""The queue: who waits, my conversations, what was closed."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from bot.console import queue
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
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """Who waits, urgent first, then mine."""
    return show(request, "queue.html", staff=staff, **_lists(desk, staff))


@router.get("/queue/live")
def live(request: Request, desk: DeskHere, staff: Session) -> Response:
    """The lists alone, to be put into the open page."""
    return show(request, "_queue.html", staff=staff, **_lists(desk, staff))


def _lists(desk: Desk, staff: Staff) -> dict[str, Any]:
    with desk.store.begin() as connection:
        taken = queue.lines(connection, staff, "taken")
        return {
            "waiting": queue.lines(connection, staff, "waiting"),
            "mine": [one for one in taken if one.line.owner == staff.name],
            "others": [one for one in taken if one.line.owner != staff.name],
            "closed": queue.lines(connection, staff, "closed", most=CLOSED),
        }
