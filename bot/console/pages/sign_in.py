"""Signing in by a link or by name and password, signing out, and the language of the pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot import users
from bot.audit import note
from bot.console.access import COOKIE, LANGUAGE_COOKIE, DeskHere, Marked, address, same_origin
from bot.console.desk import Desk, Refused
from bot.console.limits import PER_ADDRESS, PER_NAME
from bot.console.pages.page import show, to
from bot.console.words import LANGUAGES

router = APIRouter()


@router.get("/sign-in")
def form(request: Request) -> Response:
    """The form for name and password."""
    return show(request, "sign_in.html", error=None, name="")


@router.post("/sign-in")
def by_password(request: Request, desk: DeskHere, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    """Sign in by name and password; eight wrong ones for a name and it rests for a quarter of an hour."""
    same_origin(request)
    name = " ".join(name.split())
    _may_try(desk, request, name)
    with desk.store.begin() as connection:
        found = users.find(connection, name)
    if not users.password_fits(found, password) or found is None:
        desk.limits.wrong("name", name)
        desk.limits.wrong("address", address(request))
        return show(request, "sign_in.html", status=401, error="wrong", name=name)
    return _signed_in(desk, found.id)


@router.get("/sign-in/{secret}")
def link(request: Request, desk: DeskHere, secret: str) -> Response:
    """A page with a button: previews and scanners that fetch the link do not spend it."""
    with desk.store.begin() as connection:
        found = users.link_holder(connection, secret)
    if found is None:
        return show(request, "sign_in.html", status=410, error="spent", name="")
    return show(request, "sign_in_link.html", holder=found.name)


@router.post("/sign-in/{secret}")
def by_link(request: Request, desk: DeskHere, secret: str) -> Response:
    """Spend the link."""
    same_origin(request)
    _may_try(desk, request, "")
    with desk.store.begin() as connection:
        found = users.spend_link(connection, secret)
    if found is None:
        desk.limits.wrong("address", address(request))
        return show(request, "sign_in.html", status=410, error="spent", name="")
    return _signed_in(desk, found.id)


@router.post("/sign-out")
def sign_out(request: Request, desk: DeskHere, staff: Marked) -> Response:
    """Sign out this browser."""
    with desk.store.begin() as connection:
        users.close_session(connection, request.cookies.get(COOKIE, ""))
        note(connection, "signed_out", user=staff.id)
    answer = to("/sign-in", "signed_out")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/language")
def language(request: Request, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """The other language, for this browser."""
    same_origin(request)
    local = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = to(back if local else "/")
    if language in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, path="/", httponly=True, samesite="lax")
    return answer


def _may_try(desk: Desk, request: Request, name: str) -> None:
    if not desk.limits.allows("address", address(request), PER_ADDRESS) or (name and not desk.limits.allows("name", name, PER_NAME)):
        raise Refused(429, "too_many")


def _signed_in(desk: Desk, user: str) -> Response:
    with desk.store.begin() as connection:
        secret = users.open_session(connection, user)
    answer = to("/")
    secure = desk.settings.console_url.startswith("https://")
    lasts = int(users.SESSION.total_seconds())
    answer.set_cookie(COOKIE, secret, max_age=lasts, path="/", httponly=True, samesite="lax", secure=secure)
    return answer
