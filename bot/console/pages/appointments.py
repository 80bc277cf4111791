"""Appointments of a case: propose, call off, write down how it went, take into one's own calendar."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import agenda
from bot.console.access import DeskHere, Marked, Session
from bot.console.pages.case import _do
from bot.console.pages.page import language_of
from bot.console.shapes import NewAppointment

router = APIRouter(prefix="/cases/{case}/appointments")
Text = Annotated[str, Form()]
FILE = {"content-disposition": 'attachment; filename="inloop.ics"', "cache-control": "no-store"}


@router.post("")
def propose(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    case: str,
    kind: Text = "",
    place: Text = "",
    calls_from: Text = "",
    option: Annotated[list[str] | None, Form()] = None,
    interpreter: Text = "",
    minutes: Text = "30",
    instead: Text = "",
) -> Response:
    """Propose moments, or a place to walk in."""
    asked = NewAppointment.model_construct(
        options=[one for one in option or [] if one],
        place=place if kind == "place" else None,
        calls_from=calls_from.strip() if kind == "call" else None,
        interpreter=bool(interpreter),
        minutes=int(minutes) if minutes.isdecimal() else 0,
        instead=instead or None,
    )
    return _do(request, desk, staff, case, "proposed", lambda: agenda.propose(desk, staff, case, asked))


@router.post("/{appointment}/withdraw")
def withdraw(request: Request, desk: DeskHere, staff: Marked, case: str, appointment: str) -> Response:
    """Call it off; the person is told."""
    return _do(request, desk, staff, case, "withdrawn", lambda: agenda.withdraw(desk, staff, case, appointment))


@router.post("/{appointment}/record")
def record(request: Request, desk: DeskHere, staff: Marked, case: str, appointment: str, came: Text = "") -> Response:
    """Did the person come?"""
    return _do(request, desk, staff, case, "recorded", lambda: agenda.record(desk, staff, case, appointment, came=came == "yes"))


@router.get("/{appointment}.ics")
def file(request: Request, desk: DeskHere, staff: Session, case: str, appointment: str) -> Response:
    """For one's own calendar: the code word, no name."""
    found = agenda.file(desk, staff, case, appointment, language_of(request))
    return Response(found, media_type="text/calendar; charset=utf-8", headers=FILE)
