"""Appointments on the console: what is shown of them, and what staff do with them, for the API and the pages alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, select

from bot import agenda, appointments, facts, moments, slots
from bot.appointments import Proposal, Wrong
from bot.clock import now
from bot.console import story
from bot.console.acts import _acting
from bot.console.desk import Desk, Refused, Staff
from bot.console.shapes import NewAppointment
from bot.console.words import say
from bot.tables import joined


def form(connection: Connection, staff: Staff, row: Row[Any]) -> dict[str, Any]:
    """What the block on the case page needs: who may, places to choose from, the number we call from."""
    beside = select(joined.c.id).where(joined.c.case_id == row.id, joined.c.user_id == staff.id, joined.c.status == "agreed")
    mine = row.owner_id == staff.id or connection.scalar(beside) is not None
    return {
        "may": mine,
        "places": [one["name"] for one in facts.mark(connection, "places") or []],
        "number": facts.mark(connection, "call_number") or "",
        "minutes": appointments.MINUTES,
        "now": now(),
        "most": appointments.MOST,
    }


def propose(desk: Desk, staff: Staff, case: str, asked: NewAppointment) -> None:
    """Propose moments, a place to walk in, or a call."""

    def act(connection: Connection) -> None:
        try:
            options = tuple(moments.of(one, slots.zone(connection)) for one in asked.options)
        except ValueError:
            raise Wrong("moments") from None
        given = Proposal(options, asked.place or "", asked.calls_from or "", asked.interpreter, asked.minutes, asked.instead or "")
        appointments.propose(connection, desk.store.vault, case, staff.id, given)

    _do(desk, staff, case, act)


def withdraw(desk: Desk, staff: Staff, case: str, appointment: str) -> None:
    """Call an appointment off."""

    def act(connection: Connection) -> None:
        _of(connection, case, appointment)
        appointments.withdraw(connection, desk.store.vault, appointment, staff.id)

    _do(desk, staff, case, act)


def record(desk: Desk, staff: Staff, case: str, appointment: str, *, came: bool) -> None:
    """Write down whether the person came."""

    def act(connection: Connection) -> None:
        _of(connection, case, appointment)
        appointments.record(connection, desk.store.vault, appointment, staff.id, came=came)

    _do(desk, staff, case, act)


def _do(desk: Desk, staff: Staff, case: str, act: Callable[[Connection], None]) -> None:
    with _acting(desk, staff, case) as (connection, _):
        try:
            act(connection)
        except Wrong as wrong:
            raise Refused(409 if wrong.args[0] in ("not_agreed", "too_early") else 422, f"appointment_{wrong}") from None


def _of(connection: Connection, case: str, appointment: str) -> Row[Any]:
    """An appointment of this case. Raises Refused 404."""
    row = slots.find(connection, appointment)
    if row is None or row.case_id != case:
        raise Refused(404, "not_found")
    return row


def file(desk: Desk, staff: Staff, case: str, appointment: str, language: str) -> bytes:
    """An appointment for one's own calendar. Raises Refused 403, 404."""
    with desk.store.begin() as connection:
        held = story.find(connection, case)
        story.may_see(staff, held)
        row = _of(connection, case, appointment)
        if row.at is None:
            raise Refused(404, "not_found")
        where = slots.place_line(desk.store.vault, row)
        about = [say(language, f"appointments.interpreter_{'yes' if row.interpreter else 'no'}")]
        about += [say(language, "appointments.we_call", number=row.calls_from)] if row.calls_from else []
        title = say(language, f"appointments.file_{row.kind}", word=held.code_word or "")
        url = f"{desk.settings.console_url.rstrip('/')}/cases/{case}" if desk.settings.console_url else ""
        return agenda.calendar(row, title=title, where=where, about="\n".join(about), url=url)
