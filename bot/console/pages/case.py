"""One case: the story at a glance, the talk, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from bot import templates
from bot.audit import note
from bot.clock import now
from bot.console import acts, after, agenda, glance, phrases, queue, recordings, speaking, story, together, translations
from bot.console.access import DeskHere, Marked, Session
from bot.console.desk import Again, Desk, Refused, Staff
from bot.console.pages import match
from bot.console.pages.page import iso, reads_in, show, to
from bot.reminders import too_long
from bot.reveal import NUMBERED, REASONS

MEDIA = "/media"
router = APIRouter()


@router.get("/cases/{case}")
def page(request: Request, desk: DeskHere, staff: Session, case: str) -> Response:
    """The whole case."""
    return _page(request, desk, staff, case)


@router.get("/cases/{case}/live")
def live(request: Request, desk: DeskHere, staff: Session, case: str) -> Response:
    """What may have changed: the state of the case and its talk."""
    with desk.store.begin() as connection:
        found = _told(connection, desk, staff, case)
    found |= translations.offered(desk, found["row"], reads_in(request, "case.html", staff))
    return show(request, "_case_live.html", staff=staff, **found)


@router.get("/media/{file}")
def play(request: Request, desk: DeskHere, staff: Session, file: str) -> Response:
    """A voice note or photo, after the person's yes."""
    return recordings.play(desk, staff, file, request.headers.get("range"))


@router.post("/cases/{case}/take")
def take(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """Take the case."""
    return _do(request, desk, staff, case, "taken", lambda: acts.take(desk, staff, case))


@router.post("/cases/{case}/reply")
async def reply(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """Send typed words, or a ready phrase with its values."""
    form = {name: str(value) for name, value in (await request.form()).items()}
    body = acts.phrase(form["phrase"], _values(form)) if "phrase" in form else acts.typed(form.get("text", ""))
    act = lambda: acts.reply(desk, staff, case, body)  # noqa: E731
    return await run_in_threadpool(_do, request, desk, staff, case, "sent", act, form.get("text", ""))


@router.post("/cases/{case}/return")
def give_back(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """The bot talks on."""
    return _do(request, desk, staff, case, "returned", lambda: acts.give_back(desk, staff, case))


@router.post("/cases/{case}/assign")
def assign(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    case: str,
    to_user: Annotated[str, Form(alias="to")] = "",
    note: Annotated[str, Form()] = "",
    stay: Annotated[str, Form()] = "",
) -> Response:
    """Give the case to a colleague, with a word for them; one may stay along."""
    act = lambda: acts.assign(desk, staff, case, to_user, note, stay=bool(stay))  # noqa: E731
    return _do(request, desk, staff, case, "assigned", act, away=not stay)


@router.post("/cases/{case}/close")
def close(
    request: Request,
    desk: DeskHere,
    staff: Marked,
    case: str,
    outcome: Annotated[str, Form()] = "",
    next_step: Annotated[str, Form()] = "",
    first_day: Annotated[str, Form()] = "",
) -> Response:
    """Close the case with a next step."""
    step = acts.typed(next_step) if next_step.strip() else None
    return _do(request, desk, staff, case, "closed", lambda: acts.close(desk, staff, case, outcome, step, first_day or None))


@router.post("/cases/{case}/reveal")
def reveal(
    request: Request, desk: DeskHere, staff: Marked, case: str, reason: Annotated[str, Form()] = "", words: Annotated[str, Form()] = ""
) -> Response:
    """Show the person's number on this one page: no address leads to it, a reload asks again."""
    number: list[str] = []
    again = _do(request, desk, staff, case, "revealed", lambda: number.append(acts.reveal(desk, staff, case, reason, words)))
    return _page(request, desk, staff, case, number=number[0]) if number else again


def _do(
    request: Request, desk: Desk, staff: Staff, case: str, done: str, act: Callable[[], None], text: str = "", *, away: bool = False
) -> Response:
    """Do it and see the case again; when it is refused, the page says why and keeps what was typed."""
    try:
        act()
    except Refused as wrong:
        if wrong.status not in (409, 422):
            raise
        try:
            return _page(request, desk, staff, case, error=wrong, text=text)
        except Refused:  # a colleague has it now: nothing of it is shown any more
            return _kept(request, desk, staff, case, wrong, text)
    except Again:  # the same form came before: it is done
        pass
    return to("/queue" if away and staff.role != "coordinator" else f"/cases/{case}", done)


def _kept(request: Request, desk: Desk, staff: Staff, case: str, wrong: Refused, text: str) -> Response:
    """Who has it now, and what was typed."""
    with desk.store.begin() as connection:
        row = story.find(connection, case)
    by = row.owner if wrong.error == "taken" else ""
    return show(request, "error.html", staff=staff, status=wrong.status, error=wrong.error, by=by, kept=text)


def _page(
    request: Request, desk: Desk, staff: Staff, case: str, error: Refused | None = None, text: str = "", number: str = "", **more: Any
) -> Response:
    with desk.store.begin() as connection:
        found = _told(connection, desk, staff, case)
        row = found["row"]
        note(connection, "saw", user=staff.id, case=case)
        found |= {"colleagues": match.in_a_list(staff, queue.colleagues(connection, staff, row)), **match.shown(connection, staff, row)}
        found |= {"after": after.shown(connection, desk.store.vault, staff, row)}
    found |= {"phrases": phrases.by_topic(row.language), "longest": phrases.LONGEST}
    found |= {"error": error.error if error else None, "text": text}
    found |= {"number": number, "reasons": REASONS, "numbered": NUMBERED}
    found |= {**translations.offered(desk, row, reads_in(request, "case.html", staff)), **speaking.offered(desk, row), **more}
    return show(request, "case.html", staff=staff, status=error.status if error else 200, **found)


def _told(connection: Connection, desk: Desk, staff: Staff, case: str) -> dict[str, Any]:
    row = story.find(connection, case)
    story.may_see(staff, row)
    told = story.tell(connection, desk.store.vault, staff, row, MEDIA)
    safety = [one for one in told.messages if one.kind == "safety"]
    held = story.held_back(connection, row)
    return {
        "row": row,
        "case": told,
        "mine": row.owner_id == staff.id,
        "together": together.shown(connection, staff, row),
        "reads": story.reads(staff, row),
        "cannot": story.cannot(row),
        "late": row.status == "waiting" and too_long(row, answered=False),
        "knocks": story.cannot(row) == "window" and templates.may_knock(connection, row.contact_id),
        "until": iso(told.window_until) if told.window_until else None,
        "window": told.window_until - now() if told.window_until else None,
        "agenda": agenda.form(connection, staff, row),
        "safety": [one for one in safety if one.status not in ("queued", "cancelled")],
        "held": held - now() if held else None,
        "held_until": iso(held) if held else None,
        "glance": glance.glance(connection, desk.store.vault, staff, row, told),
    }


def _values(form: dict[str, str]) -> dict[str, str]:
    return {name.removeprefix("value_"): value for name, value in form.items() if name.startswith("value_")}
