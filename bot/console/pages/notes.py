"""What staff write down beside a talk: notes, tags, tasks, signals put right; and a receipt, and opening a case again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from bot.console import keeping
from bot.console.access import DeskHere, Marked
from bot.console.pages.case import _do

router = APIRouter(prefix="/cases/{case}")
Text = Annotated[str, Form()]


@router.post("/notes")
def write(request: Request, desk: DeskHere, staff: Marked, case: str, note: Text = "") -> Response:
    """Keep a note."""
    return _do(request, desk, staff, case, "noted", lambda: keeping.write_note(desk, staff, case, note))


@router.post("/tags")
def tag(request: Request, desk: DeskHere, staff: Marked, case: str, tag: Text = "", off: Text = "") -> Response:
    """Put a tag on, or take one off."""
    act = keeping.take_tag_off if off else keeping.put_tag
    return _do(request, desk, staff, case, "tagged", lambda: act(desk, staff, case, off or tag))


@router.post("/tasks")
def add_task(request: Request, desk: DeskHere, staff: Marked, case: str, task: Text = "", who: Text = "", due: Text = "") -> Response:
    """Add a task."""
    return _do(request, desk, staff, case, "task_added", lambda: keeping.add_task(desk, staff, case, who or staff.id, task, due))


@router.post("/tasks/{task}/done")
def finish_task(request: Request, desk: DeskHere, staff: Marked, case: str, task: str) -> Response:
    """A task is done."""
    return _do(request, desk, staff, case, "task_done", lambda: keeping.finish_task(desk, staff, case, task))


@router.post("/labels/{label}")
def correct(
    request: Request, desk: DeskHere, staff: Marked, case: str, label: str, how: Text = "", instead: Text = "", keep: Text = ""
) -> Response:
    """Confirm, change or remove a signal."""
    act = lambda: keeping.correct(desk, staff, case, label, how, instead, keep=bool(keep))  # noqa: E731
    return _do(request, desk, staff, case, "corrected", act)


@router.post("/receipt")
def receive(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """Send the receipt of a formal message."""
    return _do(request, desk, staff, case, "received", lambda: keeping.receive(desk, staff, case))


@router.post("/reopen")
def reopen(request: Request, desk: DeskHere, staff: Marked, case: str) -> Response:
    """Open a closed case again."""
    return _do(request, desk, staff, case, "reopened", lambda: keeping.reopen(desk, staff, case))
