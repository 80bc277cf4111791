"""One's own details: how people see you, a password, the code of your phone, and where you are signed in."""

from __future__ import annotations

import re
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Form, Request, Response
from markupsafe import Markup

from bot import facts, sessions, totp, users
from bot.audit import note
from bot.console.access import DeskHere, Marked, Session
from bot.console.desk import Desk, Refused, Staff
from bot.console.limits import PER_NAME
from bot.console.pages import notices
from bot.console.pages.page import show, to

router = APIRouter()
ISSUER = "Inloop"  # where the deployment has no public name


@router.get("/account")
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """Role, alias, password, second step, sessions."""
    return _page(request, desk, staff)


@router.post("/account/password")
def password(request: Request, desk: DeskHere, staff: Marked, password: Annotated[str, Form()] = "") -> Response:
    """Set a password, or take it away by an empty one."""
    try:
        hashed = users.hashed(password) if password else None
    except ValueError:
        return _page(request, desk, staff, "password_short")
    with desk.store.begin() as connection:
        users.set_password(connection, staff.id, hashed)
    return to("/account", "saved")


@router.post("/account/sessions/end")
def end_session(desk: DeskHere, staff: Marked, session: Annotated[str, Form()] = "") -> Response:
    """Sign out somewhere else; here, the button at the top does that."""
    with desk.store.begin() as connection:
        if session == staff.session or not sessions.end(connection, staff.id, session):
            return to("/account")  # it ended meanwhile
    return to("/account", "ended")


@router.post("/account/sessions/others")
def end_others(desk: DeskHere, staff: Marked) -> Response:
    """Sign out everywhere but here."""
    with desk.store.begin() as connection:
        sessions.end_others(connection, staff.id, staff.session)
    return to("/account", "ended")


@router.post("/account/code/begin")
def begin(desk: DeskHere, staff: Marked) -> Response:
    """A new secret for the phone."""
    with desk.store.begin() as connection:
        totp.begin(connection, desk.store.vault, staff.id)
    return to("/account/code")


@router.get("/account/code")
def scan(request: Request, desk: DeskHere, staff: Session) -> Response:
    """The QR code, until the first right code."""
    return _scan(request, desk, staff)


@router.post("/account/code/confirm")
def confirm(request: Request, desk: DeskHere, staff: Marked, code: Annotated[str, Form()] = "") -> Response:
    """The first right code; then the recovery codes, once."""
    with desk.store.begin() as connection:
        made = totp.confirm(connection, desk.store.vault, staff.id, code)
    return show(request, "recovery.html", staff=staff, codes=made) if made else _scan(request, desk, staff, "code")


@router.post("/account/code/recovery")
def recovery(request: Request, desk: DeskHere, staff: Marked, code: Annotated[str, Form()] = "") -> Response:
    """New recovery codes, once."""
    if not _right(desk, staff, code):
        return _page(request, desk, staff, "code")
    with desk.store.begin() as connection:
        made = totp.new_recovery_codes(connection, desk.store.vault, staff.id)
    return show(request, "recovery.html", staff=staff, codes=made)


@router.post("/account/code/remove")
def remove(request: Request, desk: DeskHere, staff: Marked, code: Annotated[str, Form()] = "") -> Response:
    """No code any more: an unlocked screen is not enough for that."""
    if not _right(desk, staff, code):
        return _page(request, desk, staff, "code")
    with desk.store.begin() as connection:
        totp.remove(connection, staff.id, by=staff.id)
    return to("/account", "saved")


def _right(desk: Desk, staff: Staff, code: str) -> bool:
    """Whether the code is right; wrong ones count with those of the door."""
    if not desk.limits.allows("code", staff.id, PER_NAME):
        raise Refused(429, "too_many")
    with desk.store.begin() as connection:
        right = totp.accepts(connection, desk.store.vault, staff.id, code)
        if not right:
            note(connection, "code_wrong", user=staff.id)
    if not right:
        desk.limits.wrong("code", staff.id)
    return right


def _page(request: Request, desk: Desk, staff: Staff, error: str | None = None) -> Response:
    with desk.store.begin() as connection:
        found: dict[str, Any] = {"sessions": sessions.of(connection, staff.id), "factor": totp.find(connection, staff.id)}
        found["left"] = totp.recovery_left(connection, staff.id)
        found |= notices.found(connection, desk, staff)
    return show(request, "account.html", staff=staff, status=422 if error else 200, error=error, **found)


def _scan(request: Request, desk: Desk, staff: Staff, error: str | None = None) -> Response:
    with desk.store.begin() as connection:
        secret = totp.begun(connection, desk.store.vault, staff.id)
        issuer = str(facts.read(connection).get("public_name") or ISSUER)
    if secret is None:
        return to("/account")
    spelled = " ".join(re.findall("....", totp.spelled(secret)))
    drawn = _drawn(totp.address(secret, staff.name, issuer))
    return show(request, "account_code.html", staff=staff, status=422 if error else 200, error=error, drawn=drawn, spelled=spelled)


def _drawn(address: str) -> Markup:
    """A QR code as a drawing in the page: no address of a picture, no script, no style."""
    made = segno.make(address, error="m", micro=False)
    return Markup(made.svg_inline(scale=5, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None))
