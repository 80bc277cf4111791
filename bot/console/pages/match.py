"""Why a case is offered to whom, and two ways to say no: "I know this person" and "not for me"."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import Connection, Row

from bot import labels, matching
from bot.candidates import VOLUNTEER, Candidate, Reason
from bot.console import acts
from bot.console.access import DeskHere, Marked
from bot.console.desk import Staff
from bot.console.pages.page import to

router = APIRouter()
IN_A_LIST = ("first", "load", "full")  # told apart, or the same for everybody
MIND = ("other_language", "other_hours", "full", "no_alias", "first")  # no reason for it, but good to know


@router.post("/cases/{case}/known")
def known(desk: DeskHere, staff: Marked, case: str) -> Response:
    """I know this person."""
    acts.known(desk, staff, case)
    return to("/queue", "known")


@router.post("/cases/{case}/decline")
def decline(desk: DeskHere, staff: Marked, case: str) -> Response:
    """Not for me."""
    acts.decline(desk, staff, case)
    return to("/queue", "declined")


def shown(connection: Connection, staff: Staff, row: Row[Any]) -> dict[str, Any]:
    """For the case page: who is asked first and why."""
    waits = row.status == "waiting"
    reasons = may_read(staff, row.offered_to, matching.explain(connection, row.id) if waits else [])
    told: dict[str, Any] = {"to": row.asked if waits else None, "for_me": waits and row.offered_to == staff.id}
    told["first"] = waits and staff.role == VOLUNTEER  # before they read on: they may know this person
    told |= {"why": [one for one in reasons if one["reason"] not in MIND], "mind": [one for one in reasons if one["reason"] in MIND]}
    return {"match": told | {"may_know": waits or (row.status == "taken" and row.owner_id == staff.id)}}


def may_read(staff: Staff, about: str | None, reasons: list[Reason]) -> list[Reason]:
    """Reasons as one may read them: what is delicate in a colleague's own life is not named to others."""
    return [_careful(one) if one["reason"] == "road" and about != staff.id and staff.role != "coordinator" else one for one in reasons]


def in_a_list(staff: Staff, colleagues: list[Candidate]) -> list[tuple[Candidate, list[Reason]]]:
    """Colleagues, each with what tells them apart."""
    return [(one, [part for part in may_read(staff, one.id, one.reasons) if part["reason"] not in IN_A_LIST]) for one in colleagues]


def _careful(one: Reason) -> Reason:
    return {**one, "value": [label for label in one["value"] if not labels.is_sensitive(label)]}
