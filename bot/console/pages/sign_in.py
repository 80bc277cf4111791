"""Signing in by a link or by name and password, the code of a phone where one is set, signing out, and the pages' language."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot import sessions, totp, users
from bot.audit import note
from bot.console import browsers
from bot.console.access import COOKIE, HALF_COOKIE, LANGUAGE_COOKIE, DeskHere, Marked, address, same_origin
from bot.console.desk import Desk, Refused
from bot.console.limits import PER_ADDRESS, PER_NAME
from bot.console.pages.page import show, to
from bot.console.words import LANGUAGES, MORE

router = APIRouter()


@router.get("/sign-in")
def form(request: Request, desk: DeskHere) -> Response:
    """The form for name and password."""
    return show(request, "sign_in.html", error=None, name="", work=bool(desk.settings.oidc_issuer))


@router.post("/sign-in")
def by_password(request: Request, desk: DeskHere, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
    """Sign in by name and password; eight wrong ones for a name and it rests for a quarter of an hour."""
    same_origin(request)
    name = " ".join(name.split())
    may_try(desk, request, name)
    with desk.store.begin() as connection:
        found = users.find(connection, name)
    if not users.password_fits(found, password) or found is None:
        desk.limits.wrong("name", name)
        desk.limits.wrong("address", address(request))
        return show(request, "sign_in.html", status=401, error="wrong", name=name, work=bool(desk.settings.oidc_issuer))
    return let_in(request, desk, found.id, "password")


@router.get("/sign-in/code")
def code_form(request: Request, desk: DeskHere) -> Response:
    """The second step, for who has just done the first."""
    with desk.store.begin() as connection:
        found = sessions.half_holder(connection, request.cookies.get(HALF_COOKIE, ""))
    if found is None:
        return show(request, "sign_in.html", status=410, error="late", name="", work=bool(desk.settings.oidc_issuer))
    return show(request, "sign_in_code.html", error=None)


@router.post("/sign-in/code")
def by_code(request: Request, desk: DeskHere, code: Annotated[str, Form()] = "") -> Response:
    """The code of the phone, or a recovery code; wrong ones are counted as wrong passwords are."""
    same_origin(request)
    half = request.cookies.get(HALF_COOKIE, "")
    with desk.store.begin() as connection:
        found = sessions.half_holder(connection, half)
    if found is None:
        return show(request, "sign_in.html", status=410, error="late", name="", work=bool(desk.settings.oidc_issuer))
    may_try(desk, request, found.id, "code")
    with desk.store.begin() as connection:
        right = totp.accepts(connection, desk.store.vault, found.id, code)
        if right:
            sessions.close(connection, half)
        else:
            note(connection, "code_wrong", user=found.id)
    if not right:
        desk.limits.wrong("code", found.id)
        desk.limits.wrong("address", address(request))
        return show(request, "sign_in_code.html", status=401, error="wrong_code")
    return _signed_in(request, desk, found.id, "code")


@router.get("/sign-in/{secret}")
def link(request: Request, desk: DeskHere, secret: str) -> Response:
    """A page with a button: previews and scanners that fetch the link do not spend it."""
    with desk.store.begin() as connection:
        found = users.link_holder(connection, secret)
    if found is None:
        return show(request, "sign_in.html", status=410, error="spent", name="", work=bool(desk.settings.oidc_issuer))
    return show(request, "sign_in_link.html", holder=found.name)


@router.post("/sign-in/{secret}")
def by_link(request: Request, desk: DeskHere, secret: str) -> Response:
    """Spend the link."""
    same_origin(request)
    may_try(desk, request, "")
    with desk.store.begin() as connection:
        found = users.spend_link(connection, secret)
    if found is None:
        desk.limits.wrong("address", address(request))
        return show(request, "sign_in.html", status=410, error="spent", name="", work=bool(desk.settings.oidc_issuer))
    return let_in(request, desk, found.id, "link")


@router.post("/sign-out")
def sign_out(request: Request, desk: DeskHere, staff: Marked) -> Response:
    """Sign out this browser."""
    with desk.store.begin() as connection:
        sessions.close(connection, request.cookies.get(COOKIE, ""))
        note(connection, "signed_out", user=staff.id)
    answer = to("/sign-in", "signed_out")
    answer.delete_cookie(COOKIE, path="/")
    return answer


@router.post("/language")
def language(request: Request, language: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
    """Another language, for this browser."""
    same_origin(request)
    local = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = to(back if local else "/")
    if language in LANGUAGES + MORE:
        answer.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, path="/", httponly=True, samesite="lax")
    return answer


def may_try(desk: Desk, request: Request, who: str, what: str = "name") -> None:
    """Refuse the next try after many wrong ones. Raises Refused 429."""
    if not desk.limits.allows("address", address(request), PER_ADDRESS) or (who and not desk.limits.allows(what, who, PER_NAME)):
        raise Refused(429, "too_many")


def let_in(request: Request, desk: Desk, user: str, how: str) -> Response:
    """The first step is done: in, or to the second step where somebody has set one."""
    with desk.store.begin() as connection:
        half = sessions.half_open(connection, user) if totp.find(connection, user) else None
    if half is None:
        return _signed_in(request, desk, user, how)
    answer = to("/sign-in/code")
    keep(desk, answer, HALF_COOKIE, half, sessions.HALF, "/sign-in")
    return answer


def _signed_in(request: Request, desk: Desk, user: str, how: str) -> Response:
    browser = browsers.named(request.headers.get("user-agent", ""))
    with desk.store.begin() as connection:
        sessions.close(connection, request.cookies.get(COOKIE, ""))  # this browser's earlier one
        secret = sessions.open_session(connection, user, browser, how=how)
    answer = to("/")
    keep(desk, answer, COOKIE, secret, sessions.LASTS, "/")
    answer.delete_cookie(HALF_COOKIE, path="/sign-in")
    return answer


def keep(desk: Desk, answer: Response, name: str, secret: str, lasts: timedelta, path: str) -> None:
    """Keep a secret in this browser, out of reach of scripts."""
    secure = desk.settings.console_url.startswith("https://")
    answer.set_cookie(name, secret, max_age=int(lasts.total_seconds()), path=path, httponly=True, samesite="lax", secure=secure)
