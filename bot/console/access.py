"""Who asks: a bearer token for the API, a session cookie and its form mark for the pages."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from bot import sessions, users
from bot.console.desk import Desk, Refused, Staff
from bot.console.limits import PER_TOKEN_ADDRESS

COOKIE, LANGUAGE_COOKIE = "inloop_session", "inloop_language"
HALF_COOKIE = "inloop_half"  # between the two steps of signing in
ACTIVE = "x-inloop-active"  # sent by our script while somebody is really there: a forgotten tab is nobody on duty
_bearer = HTTPBearer(auto_error=False, description="A token of `inloop token add --role ROLE`.")


class SignedOut(Exception):
    """A page was asked for by nobody we know: to the sign-in page."""


def desk(request: Request) -> Desk:
    """The parts of this process."""
    found: Desk = request.app.state.desk
    return found


def address(request: Request) -> str:
    """Where a call comes from (uvicorn reads the proxy's header only from trusted proxies)."""
    return request.client.host if request.client else ""


DeskHere = Annotated[Desk, Depends(desk)]


def by_token(request: Request, here: DeskHere, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Staff:
    """The holder of the bearer token. Raises Refused 401, or 429 after many wrong ones."""
    if not here.limits.allows("token", address(request), PER_TOKEN_ADDRESS):
        raise Refused(429, "too_many")
    with here.store.begin() as connection:
        row = users.holder(connection, "token", given.credentials) if given else None
        if row is not None and request.method == "POST":
            users.see(connection, row)
    if row is None:
        if given:
            here.limits.wrong("token", address(request))
        raise Refused(401, "unauthorized")
    return Staff.of(row)


def by_session(request: Request, here: DeskHere) -> Staff:
    """The holder of the session cookie. Raises SignedOut."""
    secret = request.cookies.get(COOKIE, "")
    with here.store.begin() as connection:
        row = users.holder(connection, "session", secret)
        if row is None:
            raise SignedOut
        if "live" not in request.url.path or request.headers.get(ACTIVE):
            users.see(connection, row)
            sessions.use(connection, secret, row)
    request.state.staff = Staff.of(row)  # a page that says no keeps the menu
    return Staff.of(row)


def with_mark(
    request: Request, staff: Annotated[Staff, Depends(by_session)], mark: Annotated[str, Form()] = "", once: Annotated[str, Form()] = ""
) -> Staff:
    """The holder of the session, who sent one of our own forms. Raises Refused 403."""
    same_origin(request)
    if not _same(mark, staff.csrf):
        raise Refused(403, "csrf")
    return replace(staff, once=once[:64])


def same_origin(request: Request) -> None:
    """Refuse a form posted from another site (Origin and Sec-Fetch-Site are set by browsers, not by pages)."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "csrf")
    origin = request.headers.get("origin")
    if origin is None:
        return
    ours = {request.headers.get("host", ""), urlsplit(desk(request).settings.console_url).netloc}
    if urlsplit(origin).netloc not in ours - {""}:
        raise Refused(403, "csrf")


def _same(given: str, held: str) -> bool:
    return bool(held) and hmac.compare_digest(given.encode(), held.encode())


Token = Annotated[Staff, Depends(by_token)]
Session = Annotated[Staff, Depends(by_session)]
Marked = Annotated[Staff, Depends(with_mark)]


def only(staff: Staff, *roles: str) -> None:
    """Let only these roles through. Raises Refused 403."""
    if staff.role not in roles:
        raise Refused(403, "forbidden")
