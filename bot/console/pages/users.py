"""Staff: add somebody, end or reopen access, make a sign-in link, sign somebody out, take away the code of a lost phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Row
from starlette.concurrency import run_in_threadpool

from bot import sessions, totp, users
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import show, to

router = APIRouter()
CHANGES: dict[str, Callable[..., None]] = {
    "disable": users.disable,
    "enable": users.enable,
    "sessions": sessions.end_all,
    "code": totp.remove,
}
# What a coordinator does not do to themselves, with the sentence that says why: the second step goes by its own code.
NOT_ONESELF = {"disable": "yourself", "code": "own_code"}


@router.get("/users")
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """Who works here."""
    only(staff, "coordinator")
    return _page(request, desk, staff)


@router.post("/users")
async def add(request: Request, desk: DeskHere, staff: Marked) -> Response:
    """Add somebody, and show a sign-in link once."""
    only(staff, "coordinator")
    form = await request.form()
    chosen = [str(code) for code in form.getlist("languages") if code in desk.settings.languages]
    fields = [str(form.get(name, "")) for name in ("name", "role", "alias")]
    return await run_in_threadpool(_add, request, desk, staff, fields, chosen)


@router.post("/users/{user}/{act}")
def change(request: Request, desk: DeskHere, staff: Marked, user: str, act: str) -> Response:
    """End access, let in again, make a link, end all sessions, or take the second step away."""
    only(staff, "coordinator")
    with desk.store.begin() as connection:
        found = users.find(connection, user)
    if found is None or (act != "link" and act not in CHANGES):
        raise Refused(404, "not_found")
    if act in NOT_ONESELF and found.id == staff.id:
        return _page(request, desk, staff, error=Refused(409, NOT_ONESELF[act]))
    if act == "link":
        return _link(request, desk, staff, found)
    with desk.store.begin() as connection:
        CHANGES[act](connection, found.id, by=staff.id)
    return to("/users")


def _link(request: Request, desk: Desk, staff: Staff, found: Row[Any]) -> Response:
    try:
        with desk.store.begin() as connection:
            link = users.sign_in_link(connection, found.id, by=staff.id)
    except KeyError:  # no access any more
        raise Refused(404, "not_found") from None
    return _page(request, desk, staff, link=link, named=found.name)


def _add(request: Request, desk: Desk, staff: Staff, fields: list[str], languages: list[str]) -> Response:
    name, role, alias = fields
    with desk.store.begin() as connection:
        used = users.find(connection, " ".join(name.split())) is not None
        try:
            made = users.add_user(connection, name, role, alias[: users.LONGEST_NAME], languages, by=staff.id)
        except ValueError:
            made = ""
        link = users.sign_in_link(connection, made, by=staff.id) if made else None
    if not made:
        return _page(request, desk, staff, error=Refused(422, "name_used" if used else "name"), name=name)
    return _page(request, desk, staff, link=link, named=name)


def _page(
    request: Request, desk: Desk, staff: Staff, *, error: Refused | None = None, name: str = "", link: str | None = None, named: str = ""
) -> Response:
    with desk.store.begin() as connection:
        found = users.list_users(connection)
        more = {"signed_in": sessions.counts(connection), "with_code": totp.holders(connection), "counted": users.ON_DUTY_ROLES}
    base = desk.settings.console_url.rstrip("/") or str(request.base_url).rstrip("/")
    values: dict[str, Any] = {"people": found, "roles": users.ROLES, "spoken": desk.settings.languages, **more}
    values |= {"error": error and error.error, "name": name, "link": f"{base}/sign-in/{link}" if link else None, "named": named}
    return show(request, "users.html", staff=staff, status=error.status if error else 200, **values)
