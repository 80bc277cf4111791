"""More humans on a case, and from one to another, as staff do it: who may, in one transaction, with a plain refusal (bot/bridge.py)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row

from bot import bridge, cases, notes, together, transfer
from bot.console import queue, story
from bot.console.acts import _acting, _must_be_taken
from bot.console.desk import Desk, Refused, Staff


def invite(desk: Desk, staff: Staff, case: str, to: str) -> None:
    """Ask a colleague (name or id) to join: the person is asked first."""
    with _together(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        chosen = next((one for one in queue.colleagues(connection, staff, row) if to in (one.id, one.name)), None)
        if chosen is None and row.owner_id == staff.id:
            raise Refused(422, "wrong_colleague")
        bridge.invite(connection, desk.store.vault, case, staff.id, chosen.id if chosen else to)


def leave(desk: Desk, staff: Staff, case: str) -> None:
    """Leave a case one joined."""
    with _together(desk, staff, case) as (connection, _):
        bridge.leave(connection, desk.store.vault, case, staff.id)


def end(desk: Desk, staff: Staff, case: str, who: str) -> None:
    """The owner ends that a colleague is along."""
    with _together(desk, staff, case) as (connection, _):
        bridge.leave(connection, desk.store.vault, case, who, by=staff.id)


def hand_back(desk: Desk, staff: Staff, case: str, words: str) -> None:
    """Give a case back: it waits for an advisor; a word on how it was is for coordinators."""
    with _together(desk, staff, case) as (connection, row):
        _must_be_taken(row)
        transfer.hand_back(connection, desk.store.vault, case, staff.id, words=words)


def debrief(desk: Desk, staff: Staff, case: str, words: str) -> None:
    """A word after a hard talk, by who has the case or joined it; coordinators and the writer read it."""
    with _together(desk, staff, case) as (connection, row):
        if row.owner_id != staff.id and not together.is_with(staff.id, row):
            raise cases.Taken
        notes.write(connection, desk.store.vault, case, staff.id, words, "debrief")


def shown(connection: Connection, staff: Staff, row: Row[Any]) -> dict[str, Any]:
    """For the case page: who else is here, and whether one is beside the owner oneself (`along`)."""
    along = row.owner_id != staff.id and together.is_with(staff.id, row)
    takes = staff.role in ("advisor", "coordinator") or row.owner_id == staff.id or story.offered_to_ambassador(staff, row)
    owns = row.owner_id == staff.id and row.status == "taken"
    return {"along": along, "may_take": takes, "owns": owns, "who": together.of(connection, row.id) if row.status != "closed" else []}


@contextmanager
def _together(desk: Desk, staff: Staff, case: str) -> Iterator[tuple[Connection, Row[Any]]]:
    try:
        with _acting(desk, staff, case) as found:
            yield found
    except bridge.SaidNo:
        raise Refused(409, "said_no") from None
    except ValueError as wrong:
        raise Refused(422, str(wrong)) from None
    except KeyError:
        raise Refused(404, "not_found") from None
