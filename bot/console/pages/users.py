"""Staff: add somebody, end or reopen access, make a sign-in link."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from bot import users
from bot.audit import note
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import show, to

router = APIRouter()


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
    """End access, let in again, or make a link."""
    only(staff, "coordinator")
    if act == "disable" and user == staff.id:
        return _page(request, desk, staff, error=Refused(409, "yourself"))
    with desk.store.begin() as connection:
        try:
            link = _change(connection, user, act, staff)
        except KeyError:
            raise Refused(404, "not_found") from None
        name = getattr(users.find(connection, user), "name", "")
    return _page(request, desk, staff, link=link, named=name) if link else to("/users")


def _change(connection: Connection, user: str, act: str, staff: Staff) -> str | None:
    if act == "link":
        link = users.sign_in_link(connection, user)
        note(connection, "link_made", user=staff.id)
        return link
    {"disable": users.disable, "enable": users.enable}[act](connection, user)
    return None


def _add(request: Request, desk: Desk, staff: Staff, fields: list[str], languages: list[str]) -> Response:
    name, role, alias = fields
    with desk.store.begin() as connection:
        used = users.find(connection, " ".join(name.split())) is not None
        try:
            made = users.add_user(connection, name, role, alias[: users.LONGEST_NAME], languages)
        except ValueError:
            made = ""
        link = users.sign_in_link(connection, made) if made else None
    if not made:
        return _page(request, desk, staff, error=Refused(422, "name_used" if used else "name"), name=name)
    return _page(request, desk, staff, link=link, named=name)


def _page(
    request: Request, desk: Desk, staff: Staff, *, error: Refused | None = None, name: str = "", link: str | None = None, named: str = ""
) -> Response:
    with desk.store.begin() as connection:
        found = users.list_users(connection)
    base = desk.settings.console_url.rstrip("/") or str(request.base_url).rstrip("/")
    values = {"people": found, "roles": users.ROLES, "spoken": desk.settings.languages, "error": error and error.error, "name": name}
    values |= {"link": f"{base}/sign-in/{link}" if link else None, "named": named}
    return show(request, "users.html", staff=staff, status=error.status if error else 200, **values)
