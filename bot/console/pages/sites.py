"""Sites: make one, its code and links, and whether it is used."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import places
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import show, to

router = APIRouter()
ROLES = ("outreach", "coordinator")


@router.get("/sites")
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """One's own sites; all for a coordinator."""
    only(staff, *ROLES)
    return _page(request, desk, staff)


@router.post("/sites")
def make(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "other",
    language: Annotated[str, Form()] = "",
) -> Response:
    """Make a site."""
    only(staff, *ROLES)
    try:
        places.make(desk, staff, name[:120], kind[:24], language or None)
    except Refused as wrong:
        return _page(request, desk, staff, error=wrong, name=name)
    return to("/sites", "made")


def _page(request: Request, desk: Desk, staff: Staff, error: Refused | None = None, name: str = "") -> Response:
    found = places.every(desk, staff)
    spoken = desk.settings.languages
    status = error.status if error else 200
    return show(request, "sites.html", staff=staff, status=status, sites=found, spoken=spoken, error=error and error.error, name=name)
