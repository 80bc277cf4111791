"""The JSON API under /api/v1 (contract.md): bearer token in, plain shapes out."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from bot.audit import note
from bot.console import acts, agenda, places, queue, recordings, story, together
from bot.console.access import DeskHere, Token, by_token, only
from bot.console.desk import Desk, Staff
from bot.console.shapes import Assign, Case, Cases, Close, Error, Join, NewAppointment, NewSite, Phrase, Site, Sites, Text

MEDIA = "/api/v1/media"
_SAYS = {
    401: "no valid token", 403: "not for this role", 404: "does not exist",
    405: "not in this way", 413: "over 1 MB",
    409: "taken, closed, stopped, gone, window …", 422: "not understood", 429: "too many wrong tokens",
}  # fmt: skip
router = APIRouter(
    prefix="/api/v1",
    dependencies=[Depends(by_token)],
    responses={status: {"model": Error, "description": text} for status, text in _SAYS.items()},
)
Size = Annotated[int, Query(ge=1, le=200)]


@router.get("/cases", summary="Cases of a status: urgent first, then longest waiting")
def list_cases(
    desk: DeskHere, staff: Token, status: Literal["waiting", "taken", "closed"] = "waiting", cursor: str | None = None, limit: Size = 50
) -> Cases:
    """What this role may see."""
    with desk.store.begin() as connection:
        return queue.page(connection, staff, status, cursor, limit)


@router.get("/cases/{case}", summary="One case with its story and talk")
def read_case(desk: DeskHere, staff: Token, case: str) -> Case:
    """Only what was agreed to, and what came after."""
    return _told(desk, staff, case, looked=True)


@router.post("/cases/{case}/take", summary="Take a case: the bot is silent")
def take_case(desk: DeskHere, staff: Token, case: str) -> Case:
    """409 when another human has it."""
    acts.take(desk, staff, case)
    return _told(desk, staff, case)


@router.post("/cases/{case}/reply", summary="Write to the person (takes a waiting case)")
def reply(desk: DeskHere, staff: Token, case: str, said: Text | Phrase) -> Case:
    """409 when another has it, or when nothing can be sent."""
    acts.reply(desk, staff, case, _body(said))
    return _told(desk, staff, case)


@router.post("/cases/{case}/assign", summary="Give a case to a colleague")
def assign(desk: DeskHere, staff: Token, case: str, asked: Assign) -> Case:
    """`to`: a colleague's name or id."""
    acts.assign(desk, staff, case, asked.to, asked.note, stay=asked.stay)
    return _told(desk, staff, case)


@router.post("/cases/{case}/join", summary="Ask a colleague to join: the person is asked first")
def join(desk: DeskHere, staff: Token, case: str, asked: Join) -> Case:
    """`to`: a colleague's name or id; `joined` says "asked" until the person's yes. 409 when the person said no to them."""
    together.invite(desk, staff, case, asked.to)
    return _told(desk, staff, case)


@router.post("/cases/{case}/return", summary="Give the talk back to the bot")
def give_back(desk: DeskHere, staff: Token, case: str) -> Case:
    """The case stays with the human."""
    acts.give_back(desk, staff, case)
    return _told(desk, staff, case)


@router.post("/cases/{case}/close", summary="Close a case with a next step")
def close(desk: DeskHere, staff: Token, case: str, asked: Close) -> Case:
    """The person gets the next step."""
    step = Text(text=asked.next_step) if isinstance(asked.next_step, str) and asked.next_step.strip() else asked.next_step
    body = _body(step) if isinstance(step, (Text, Phrase)) else None
    acts.close(desk, staff, case, asked.outcome, body, asked.first_day)
    return _told(desk, staff, case)


@router.post("/cases/{case}/appointments", summary="Propose moments, a call or a place to walk in")
def propose(desk: DeskHere, staff: Token, case: str, asked: NewAppointment) -> Case:
    """The person answers by a tap; 409 when another has the case or nothing can be sent."""
    agenda.propose(desk, staff, case, asked)
    return _told(desk, staff, case)


@router.get("/media/{media}", summary="A file of a case", response_class=Response)
def play(desk: DeskHere, staff: Token, media: str, request: Request) -> Response:
    """Decrypted; only after the person's yes."""
    return recordings.play(desk, staff, media, request.headers.get("range"))


@router.get("/sites", summary="Places where the link is shared")
def list_sites(desk: DeskHere, staff: Token, cursor: str | None = None, limit: Size = 50) -> Sites:
    """An outreach worker's own; all for a coordinator."""
    only(staff, "outreach", "coordinator")
    return places.page(desk, staff, cursor, limit)


@router.post("/sites", status_code=201, summary="Make a place with its code and links")
def make_site(desk: DeskHere, staff: Token, asked: NewSite) -> Site:
    """The code works on all channels."""
    only(staff, "outreach", "coordinator")
    return places.make(desk, staff, asked.name, asked.kind, asked.language)


def _body(said: Text | Phrase) -> acts.Body:
    return acts.typed(said.text) if isinstance(said, Text) else acts.phrase(said.phrase, said.values)


def _told(desk: Desk, staff: Staff, case: str, *, looked: bool = False) -> Case:
    with desk.store.begin() as connection:
        row = story.find(connection, case)
        if looked:
            story.may_see(staff, row)
            note(connection, "saw", user=staff.id, case=case)
        return story.tell(connection, desk.store.vault, staff, row, MEDIA)
