"""The profile of a colleague: all of it for the coordinator, one's own languages, road, hours and absence for oneself."""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection, Row, select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from bot import facts, labels, profiles, users
from bot.candidates import MOST, USUAL_MOST
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import show, to
from bot.facts import DAYS
from bot.inbox import clean
from bot.tables import sites

router = APIRouter()
LINES = ("alias", "neighbourhood", "most", "away")
TICKED = ("languages", "sites", "road")


@router.get("/profile")
def own(request: Request, desk: DeskHere, staff: Session) -> Response:
    """What I say of myself."""
    return _page(request, desk, staff, staff.id, "/profile")


@router.post("/profile")
async def save_own(request: Request, desk: DeskHere, staff: Marked) -> Response:
    """Keep what I say of myself; the rest is the coordinator's."""
    found = typed(await request.form())
    mine = {name: found[name] for name in profiles.OWN}
    return await run_in_threadpool(_save, request, desk, staff, staff.id, "/profile", mine)


@router.get("/users/{user}/profile")
def of(request: Request, desk: DeskHere, staff: Session, user: str) -> Response:
    """All that is known of a colleague."""
    only(staff, "coordinator")
    return _page(request, desk, staff, user, f"/users/{user}/profile")


@router.post("/users/{user}/profile")
async def save(request: Request, desk: DeskHere, staff: Marked, user: str) -> Response:
    """Keep it; with a wrong field nothing changes and nothing typed is lost."""
    only(staff, "coordinator")
    found = typed(await request.form())
    return await run_in_threadpool(_save, request, desk, staff, user, f"/users/{user}/profile", found)


def typed(form: FormData) -> dict[str, Any]:
    """The profile a form tells of."""
    lines = {name: " ".join(clean(str(form.get(name, ""))).split()) for name in LINES}
    ticked = {name: [clean(str(one)) for one in form.getlist(name)] for name in TICKED}
    hours = {day: spans for day in DAYS if (spans := _spans(clean(str(form.get(f"hours_{day}", "")))))}
    return {**lines, **ticked, "hours": hours, "woman": bool(form.get("woman"))}


def _spans(text: str) -> list[str]:
    """ "9.00 - 12.30, 13-17" as spans; what is none stays as it was typed."""
    plain = text.replace(" ", "").replace(".", ":").replace("–", "-")
    plain = re.sub(r"(?<![\w:])(\d{1,2})(?![\w:])", r"\1:00", plain)
    return [part for part in re.split(r"[,;]", re.sub(r"(?<![\d:])(\d:)", r"0\1", plain)) if part]


def _save(request: Request, desk: Desk, staff: Staff, user: str, path: str, found: dict[str, Any]) -> Response:
    if wrong := profiles.wrong_fields(found):
        return _page(request, desk, staff, user, path, given=found, wrong=wrong)
    with desk.store.begin() as connection:
        profiles.write(connection, _found(connection, user).id, found, by=staff.id)
    return to(path, "saved")


def _found(connection: Connection, user: str) -> Row[Any]:
    row = users.find(connection, user)
    if row is None:
        raise Refused(404, "not_found")
    return row


def _page(
    request: Request, desk: Desk, staff: Staff, user: str, path: str, *, given: dict[str, Any] | None = None, wrong: list[str] | None = None
) -> Response:
    with desk.store.begin() as connection:
        row = _found(connection, user)
        held = profiles.read(connection, row) | (given or {})
        places = connection.execute(select(sites.c.id, sites.c.name).order_by(sites.c.name)).all()
        near = sorted({one["neighbourhood"] for one in facts.read(connection).get("places", []) if one.get("neighbourhood")})
    values: dict[str, Any] = {"who": row, "held": held, "wrong": wrong or [], "action": path, "own": path == "/profile"}
    values |= {"days": DAYS, "places": places, "near": near, "usual": USUAL_MOST.get(row.role, MOST), "roads": _roads()}
    values["spoken"] = list(dict.fromkeys([*desk.settings.languages, *held["languages"]]))
    return show(request, "profile.html", staff=staff, status=422 if wrong else 200, **values)


def _roads() -> dict[str, list[str]]:
    """Goals and barriers in groups, as the taxonomy has them."""
    return {"goals": list(labels.goals()), **{group: list(found) for group, found in labels.taxonomy()["barriers"].items()}}
