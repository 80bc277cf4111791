"""A place to walk in: add one, change it, say it was checked today, take it away."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from bot import facts
from bot.audit import note
from bot.clock import now
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import ZONE, show, to
from bot.directory import Can, Kind, wrong_fields
from bot.inbox import clean
from bot.replies import fingerprint

Place = dict[str, Any]
NEW = "new"
LINES = ("name", "kind", "neighbourhood", "town", "address", "hours", "checked")
LISTS = {"postcodes": r"[,;\s]+", "also": r"[,;،፣\n]+"}  # what stands between the parts
TICKED = ("languages", "can")

router = APIRouter(prefix="/directory/places")


@router.get("/{key}")
def page(request: Request, desk: DeskHere, staff: Session, key: str) -> Response:
    """One place, to be changed; an empty form for a new one."""
    only(staff, "coordinator")
    with desk.store.begin() as connection:
        held = facts.read(connection).get("places", [])
    try:
        place = {} if key == NEW else held[_index(held, key)]
    except Refused as gone:
        return to("/directory", gone.error)
    return _form(request, desk, staff, key, place)


@router.post("/{key}")
async def save(request: Request, desk: DeskHere, staff: Marked, key: str) -> Response:
    """Keep what was typed; with a wrong field nothing changes and nothing typed is lost."""
    only(staff, "coordinator")
    return await run_in_threadpool(_save, request, desk, staff, key, typed(await request.form()))


@router.post("/{key}/checked")
def checked(desk: DeskHere, staff: Marked, key: str) -> Response:
    """Somebody looked today, and all of it is still so."""
    only(staff, "coordinator")
    today = _today(desk).isoformat()
    return _done(desk, staff, key, "checked", lambda held: held | {"checked": today})


@router.post("/{key}/remove")
def remove(desk: DeskHere, staff: Marked, key: str) -> Response:
    """The bot names it no more."""
    only(staff, "coordinator")
    return _done(desk, staff, key, "removed", lambda _: None)


def key_of(place: Place) -> str:
    """A place as it was shown: two who change the same one do not undo each other unseen."""
    return fingerprint(place)


def typed(form: FormData) -> Place:
    """The place a form tells of; a field left empty is left out."""
    told = {name: clean(str(form.get(name, ""))) for name in (*LINES, *LISTS)}
    lines = {name: " ".join(told[name].split()) for name in LINES}
    many = {name: [part for one in re.split(split, told[name]) if (part := one.strip())] for name, split in LISTS.items()}
    ticked = {name: [clean(str(one)) for one in form.getlist(name)] for name in TICKED}
    found = {**lines, **many, **ticked, "child_welcome": bool(form.get("child_welcome"))}
    return {name: value for name, value in found.items() if value}


def _save(request: Request, desk: Desk, staff: Staff, key: str, place: Place) -> Response:
    if wrong := wrong_fields(place):
        return _form(request, desk, staff, key, place, wrong=wrong)
    try:
        _edit(desk, staff, key, "added" if key == NEW else "changed", lambda _: place)
    except Refused as gone:  # what was typed stays, and may be kept as a new place
        return _form(request, desk, staff, NEW, place, error=gone)
    return to("/directory", "place_saved")


def _done(desk: Desk, staff: Staff, key: str, how: str, change: Callable[[Place], Place | None]) -> Response:
    try:
        _edit(desk, staff, key, how, change)
    except Refused as gone:
        return to("/directory", gone.error)
    return to("/directory", f"place_{how}")


def _edit(desk: Desk, staff: Staff, key: str, how: str, change: Callable[[Place], Place | None]) -> None:
    """Change one place among the others. Raises Refused 409 when it is no longer as it was shown."""
    with desk.store.begin() as connection:
        held = list(facts.hold(connection, "places") or [])
        at = len(held) if key == NEW else _index(held, key)
        made = change(held[at] if at < len(held) else {})
        held[at : at + 1] = [] if made is None else [made]
        facts.write(connection, "places", held)
        note(connection, "directory_changed", user=staff.id, what="places", how=how)


def _index(held: list[Place], key: str) -> int:
    at = next((at for at, one in enumerate(held) if key_of(one) == key), None)
    if at is None:
        raise Refused(409, "place_gone")
    return at


def _today(desk: Desk) -> date:
    with desk.store.begin() as connection:
        zone = str(facts.mark(connection, "time_zone") or ZONE)
    return now().astimezone(ZoneInfo(zone)).date()


def _form(
    request: Request, desk: Desk, staff: Staff, key: str, place: Place, *, wrong: list[str] | None = None, error: Refused | None = None
) -> Response:
    spoken = list(dict.fromkeys([*desk.settings.languages, *place.get("languages", [])]))
    values = {"key": key, "place": place, "wrong": wrong or [], "error": error and error.error, "spoken": spoken}
    status = 422 if wrong else error.status if error else 200
    return show(request, "place.html", staff=staff, status=status, kinds=get_args(Kind), can=get_args(Can), **values)
