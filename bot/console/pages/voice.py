"""A human's voice message: recorded in the browser or chosen as a file; and asking a person whether theirs may be heard."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile

from bot.console import acts
from bot.console.access import DeskHere, Marked
from bot.console.desk import Refused
from bot.console.pages.case import _do
from bot.sound import LARGEST, NotSound, to_voice

router = APIRouter()


@router.post("/cases/{case}/voice")
def voice(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    case: str,
    file: Annotated[UploadFile | None, File()] = None,
    line: Annotated[str, Form()] = "",
) -> Response:
    """Send a recording, with a line of text only if one was typed."""
    content = file.file.read(LARGEST + 1) if file is not None else b""

    def send() -> None:
        try:
            recording = to_voice(content)
        except NotSound as wrong:
            raise Refused(422, wrong.reason) from None
        acts.speak(desk, staff, case, recording, line)

    return _do(request, desk, staff, case, "sent", send)


@router.post("/cases/{case}/hear")
def hear(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """Ask the person whether what they sent earlier may be heard or seen."""
    return _do(request, desk, staff, case, "asked_to_hear", lambda: acts.ask_to_hear(desk, staff, case))
