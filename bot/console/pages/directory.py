"""The directory: what the bot may say about this deployment. All read it, a coordinator edits it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from bot import facts
from bot.audit import note
from bot.clock import now
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Desk, Refused, Staff
from bot.console.pages.page import show, to
from bot.console.pages.place import key_of
from bot.inbox import clean

router = APIRouter()
LINES = ("public_name", "full_name", "controller", "privacy_officer")
FRESH = timedelta(days=365)
_SPAN = re.compile(r"([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-3]):[0-5]\d")


@router.get("/directory")
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """The facts as they are."""
    return _page(request, desk, staff)


@router.post("/directory")
async def change(request: Request, desk: DeskHere, staff: Marked) -> Response:
    """Set the facts; a wrong line changes nothing."""
    only(staff, "coordinator")
    form = {name: clean(str(value))[:2000] for name, value in (await request.form()).items()}
    return await run_in_threadpool(_change, request, desk, staff, form)


def _change(request: Request, desk: Desk, staff: Staff, form: dict[str, str]) -> Response:
    with desk.store.begin() as connection:
        held = facts.read(connection)
    try:
        wanted = _wanted(held, form)
    except Refused as wrong:
        return _page(request, desk, staff, error=wrong, typed=form)
    with desk.store.begin() as connection:
        for name, value in wanted.items():
            if held.get(name) != value:
                facts.write(connection, name, value)
                note(connection, "directory_changed", user=staff.id, what=name)
    return to("/directory", "saved")


def _wanted(held: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
    """The facts a form asks for. Raises Refused 422."""
    wanted: dict[str, Any] = {name: form[name] for name in LINES if name in form}
    wanted["hours"] = {day: spans for day in facts.DAYS if (spans := _spans(form.get(f"hours_{day}", "")))}
    wanted["holidays"] = [_day(part) for part in form.get("holidays", "").replace(",", " ").split()]
    wanted["numbers"] = {name: _number(line, form, name) for name, line in held.get("numbers", {}).items()}
    return wanted


def _spans(text: str) -> list[str]:
    spans = text.replace(" ", "").replace(".", ":").replace("–", "-").split(",") if text.strip() else []
    made = ["-".join(part.zfill(5) for part in span.split("-")) for span in spans]
    if not all(_SPAN.fullmatch(span) and span[:5] < span[6:] for span in made):
        raise Refused(422, "hours")
    return made


def _number(line: dict[str, Any], form: dict[str, str], name: str) -> dict[str, Any]:
    number, checked = form.get(f"number_{name}", line["number"]), form.get(f"checked_{name}", "")
    if not number:
        raise Refused(422, "invalid")
    return {**line, "number": number, "checked": _day(checked) if checked else line.get("checked")}


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused(422, "date") from None


def _page(request: Request, desk: Desk, staff: Staff, error: Refused | None = None, typed: dict[str, str] | None = None) -> Response:
    """The page; after a wrong line with what was typed, so that nothing is lost."""
    with desk.store.begin() as connection:
        held = facts.read(connection)
    old = [name for name, line in held.get("numbers", {}).items() if not _fresh(line.get("checked"))]
    places = [(key_of(one), one, _fresh(one.get("checked"))) for one in held.get("places", [])]
    values = {"facts": held, "lines": LINES, "days": facts.DAYS, "old": old, "places": places, "typed": typed or {}}
    return show(request, "directory.html", staff=staff, status=error.status if error else 200, error=error and error.error, **values)


def _fresh(checked: str | None) -> bool:
    return checked is not None and date.fromisoformat(checked) > now().date() - FRESH
