"""Signing in with a work account, at the organisation's own provider (bot/oidc.py)."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from bot import oidc
from bot.console.access import DeskHere, address
from bot.console.desk import Desk, Refused
from bot.console.pages.page import show
from bot.console.pages.sign_in import keep, let_in, may_try

router = APIRouter()
COOKIE, LASTS = "inloop_work", timedelta(minutes=10)
PATH, BACK = "/sign-in/organisation", "/sign-in/organisation/back"


@router.get(PATH)
def begin(request: Request, desk: DeskHere) -> Response:
    """To the provider; what must come back is kept in this browser alone."""
    if not desk.settings.oidc_issuer:
        raise Refused(404, "not_found")
    may_try(desk, request, "")
    try:
        begun = oidc.begin(desk.settings, _back(desk, request))
    except oidc.NotSignedIn as wrong:
        return _no(request, desk, wrong.reason)
    kept = desk.store.vault.close_json([begun.state, begun.nonce, begun.verifier]).decode()
    answer = RedirectResponse(begun.address, 303)
    keep(desk, answer, COOKIE, kept, LASTS, PATH)
    return answer


@router.get(BACK)
def back(request: Request, desk: DeskHere, code: str = "", state: str = "") -> Response:
    """From the provider: in, or why not."""
    if not desk.settings.oidc_issuer:
        raise Refused(404, "not_found")
    may_try(desk, request, "")
    held = _kept(desk, request.cookies.get(COOKIE, ""))
    if held is None or not code or not hmac.compare_digest(held[0].encode(), state.encode()):
        return _no(request, desk, "refused" if held else "late")
    try:
        claims = oidc.finish(desk.settings, _back(desk, request), code, held[1], held[2])
    except oidc.NotSignedIn as wrong:
        return _no(request, desk, wrong.reason)
    with desk.store.begin() as connection:
        found = oidc.holder(connection, desk.store.vault, claims)
    return _no(request, desk, "unknown") if found is None else _in(request, desk, found.id)


def _in(request: Request, desk: Desk, user: str) -> Response:
    answer = let_in(request, desk, user, "work_account")
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _no(request: Request, desk: Desk, reason: str) -> Response:
    if reason in ("refused", "unproven", "unknown"):
        desk.limits.wrong("address", address(request))
    return show(request, "sign_in.html", status=502 if reason == "unreachable" else 401, error=f"work_{reason}", name="", work=True)


def _kept(desk: Desk, sealed: str) -> list[str] | None:
    try:
        found = desk.store.vault.open_json(sealed.encode()) if sealed else None
    except (ValueError, json.JSONDecodeError):
        return None
    return found if isinstance(found, list) and len(found) == 3 else None


def _back(desk: Desk, request: Request) -> str:
    return (desk.settings.console_url.rstrip("/") or str(request.base_url).rstrip("/")) + BACK
