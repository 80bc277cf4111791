"""Forms of aftercare on the case page, and a page of its own for a word about a case that went to a colleague."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import after
from bot.console.access import DeskHere, Marked, Session
from bot.console.pages.case import _do
from bot.console.pages.page import show, to

router = APIRouter()
Text = Annotated[str, Form()]


@router.post("/cases/{case}/first-day")
def first_day(request: Request, desk: DeskHere, staff: Marked, case: str, day: Text = "") -> Response:
    """Set, move or take away the first day."""
    return _do(request, desk, staff, case, "first_day", lambda: after.set_first_day(desk, staff, case, day))


@router.post("/cases/{case}/safe-time")
def safe_time(request: Request, desk: DeskHere, staff: Marked, case: str, start: Text = "", end: Text = "", drop: Text = "") -> Response:
    """Set the safe time, or take it away."""
    if drop:
        return _do(request, desk, staff, case, "safe_dropped", lambda: after.drop_safe_hours(desk, staff, case))
    return _do(request, desk, staff, case, "safe_set", lambda: after.set_safe_hours(desk, staff, case, start, end))


@router.post("/cases/{case}/feedback")
def say(
    request: Request, desk: DeskHere, staff: Marked, case: str, about: Text = "", answer: Text = "", words: Text = "", away: Text = ""
) -> Response:
    """A word about a transfer or a close; `away`: from the page of words, where the case may be a colleague's."""
    if away:
        after.say(desk, staff, case, about, answer, words)
        return to("/feedback", "said")
    return _do(request, desk, staff, case, "said", lambda: after.say(desk, staff, case, about, answer, words))


@router.get("/feedback")
def page(request: Request, desk: DeskHere, staff: Session) -> Response:
    """Transfers this member of staff may say a word about; nothing of the cases."""
    with desk.store.begin() as connection:
        found = after.to_say(connection, staff)
    return show(request, "feedback.html", staff=staff, asked=found)
