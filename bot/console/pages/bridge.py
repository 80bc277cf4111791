"""More humans on a case: asked in, left, ended; given back; a word after a hard talk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import together
from bot.console.access import DeskHere, Marked
from bot.console.pages.case import _do
from bot.console.pages.page import to

router = APIRouter(prefix="/cases/{case}")
Text = Annotated[str, Form()]


@router.post("/join")
def invite(request: Request, desk: DeskHere, staff: Marked, case: str, who: Text = "") -> Response:
    """Ask a colleague to join: the person is asked first."""
    return _do(request, desk, staff, case, "join_asked", lambda: together.invite(desk, staff, case, who))


@router.post("/joined/{who}/end")
def end(request: Request, desk: DeskHere, staff: Marked, case: str, who: str) -> Response:
    """The owner ends that a colleague is along."""
    return _do(request, desk, staff, case, "join_ended", lambda: together.end(desk, staff, case, who))


@router.post("/leave")
def leave(desk: DeskHere, staff: Marked, case: str) -> Response:
    """Leave a case one joined."""
    together.leave(desk, staff, case)
    return to("/queue", "left")


@router.post("/hand-back")
def hand_back(request: Request, desk: DeskHere, staff: Marked, case: str, words: Text = "") -> Response:
    """Give the case back: it waits for an advisor."""
    return _do(request, desk, staff, case, "handed_back", lambda: together.hand_back(desk, staff, case, words), words, away=True)


@router.post("/debrief")
def debrief(request: Request, desk: DeskHere, staff: Marked, case: str, words: Text = "") -> Response:
    """A word after a hard talk."""
    return _do(request, desk, staff, case, "debriefed", lambda: together.debrief(desk, staff, case, words))
