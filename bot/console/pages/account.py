"""One's own details: how people see you, and a password if you want one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot import users
from bot.console.access import DeskHere, Marked, Session
from bot.console.pages.page import show, to

router = APIRouter()


@router.get("/account")
def page(request: Request, staff: Session) -> Response:
    """Role, alias, password."""
    return show(request, "account.html", staff=staff, error=None)


@router.post("/account/password")
def password(request: Request, desk: DeskHere, staff: Marked, password: Annotated[str, Form()] = "") -> Response:
    """Set a password, or take it away by an empty one."""
    try:
        hashed = users.hashed(password) if password else None
    except ValueError:
        return show(request, "account.html", staff=staff, status=422, error="password_short")
    with desk.store.begin() as connection:
        users.set_password(connection, staff.id, hashed)
    return to("/account", "saved")
