"""Other words for what a person wrote, and for what staff type: shown on this one page, kept only when it is sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import acts, translations
from bot.console.access import DeskHere, Marked
from bot.console.desk import Refused
from bot.console.pages.case import _do, _page
from bot.console.pages.page import reads_in

LONGEST = 4096  # characters: what the reply field takes
router = APIRouter()


@router.post("/cases/{case}/translate")
def translate(request: Request, desk: DeskHere, staff: Marked, case: str, message: Annotated[str, Form()] = "") -> Response:
    """One message of the person, translated under it."""
    try:
        found = translations.read(desk, staff, case, message, reads_in(request, "case.html", staff))
    except Refused as wrong:
        return _refused(request, desk, staff, case, wrong)
    acts.translated_one(desk, staff, case)
    return _page(request, desk, staff, case, translated={message: found})


@router.post("/cases/{case}/preview")
def preview(request: Request, desk: DeskHere, staff: Marked, case: str, text: Annotated[str, Form()] = "") -> Response:
    """Typed words as the person would read them; nothing is sent yet."""
    typed = text[:LONGEST]
    try:
        found = translations.write(desk, staff, case, typed, reads_in(request, "case.html", staff))
    except Refused as wrong:
        return _refused(request, desk, staff, case, wrong, typed)
    return _page(request, desk, staff, case, text=typed, preview=found)


@router.post("/cases/{case}/translated")
def send(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    case: str,
    text: Annotated[str, Form()] = "",
    original: Annotated[str, Form()] = "",
) -> Response:
    """Send the translation as it was shown, with the line that a computer made it."""
    body = acts.translated(text, original)
    return _do(request, desk, staff, case, "sent", lambda: acts.reply(desk, staff, case, body), original[:LONGEST])


def _refused(request: Request, desk: DeskHere, staff: Marked, case: str, wrong: Refused, text: str = "") -> Response:
    if wrong.status not in (409, 422):
        raise wrong
    return _page(request, desk, staff, case, error=wrong, text=text)
