"""The accessibility statement."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from bot.console.access import COOKIE, DeskHere
from bot.console.desk import Staff
from bot.console.pages.page import show
from bot.users import holder

router = APIRouter()


@router.get("/accessibility")
def page(request: Request, desk: DeskHere) -> Response:
    """For everybody, signed in or not."""
    with desk.store.begin() as connection:
        row = holder(connection, "session", request.cookies.get(COOKIE, ""))
    return show(request, "accessibility.html", staff=Staff.of(row) if row else None)
