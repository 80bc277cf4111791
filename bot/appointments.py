"""An appointment, as a human makes it: moments proposed or a place to walk in, withdrawn, and how it went."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot import cases, conversations, facts, reminding, slots
from bot.audit import note
from bot.clock import now
from bot.counters import count
from bot.tables import appointments, joined
from bot.vault import Vault

MOST = 3  # moments at once
FAR = timedelta(days=365)
MINUTES = (15, 30, 45, 60, 90)
_NUMBER = re.compile(r"\+?\d[\d ()-]{1,22}\d")


class Wrong(ValueError):
    """An appointment that cannot be made or changed so: its text says what: moments, place, number, minutes, not_agreed, too_early."""


@dataclass(frozen=True)
class Proposal:
    """What is proposed: a place of the directory, or the number that will call; without moments a place to walk in.

    `instead`: the appointment that is moved by it.
    """

    options: tuple[datetime, ...] = ()
    place: str = ""
    calls_from: str = ""
    interpreter: bool = False
    minutes: int = 30
    instead: str = ""


def propose(connection: Connection, vault: Vault, case: str, user: str, asked: Proposal) -> str:
    """Put a proposal to the person, who answers by a tap; an open one is replaced by it. Returns its id.

    Raises Wrong, Taken, Closed, CannotReach, KeyError.
    """
    held = _worked_on(connection, case, user)
    if held.status == "closed":
        raise cases.Closed
    cases.reachable(connection, held.contact_id)
    _check(asked)
    place = _place(connection, asked.place) if asked.place else None
    values: dict[str, Any] = {
        "kind": "place" if place else "call",
        "place": vault.close_json(place) if place else None,
        "calls_from": asked.calls_from or None,
    }
    values |= {"options": [one.isoformat() for one in sorted(set(asked.options))], "minutes": asked.minutes}
    values |= {"user_id": user, "interpreter": asked.interpreter, "status": "proposed", "at": None, "changed_at": now()}
    made = _put(connection, held, asked.instead, values)
    slots.offer(connection, vault, made)
    count(connection, "appointment", "proposed")
    note(connection, "appointment_proposed", user=user, case=case)
    return str(made.id)


def _check(asked: Proposal) -> None:
    if bool(asked.place) == bool(asked.calls_from):
        raise Wrong("place")
    if asked.calls_from and not _NUMBER.fullmatch(asked.calls_from):
        raise Wrong("number")
    soon = all(now() < one < now() + FAR for one in asked.options)
    if len(set(asked.options)) > MOST or not soon or not (asked.options or asked.place):
        raise Wrong("moments")
    if asked.minutes not in MINUTES:
        raise Wrong("minutes")


def _place(connection: Connection, name: str) -> dict[str, str]:
    """A place of the directory as it stands now: what was agreed does not change with it."""
    found = next((one for one in facts.mark(connection, "places") or [] if one.get("name") == name), None)
    if found is None:
        raise Wrong("place")
    return {key: str(found[key]) for key in ("name", "address", "town", "hours") if found.get(key)}


def _put(connection: Connection, case: Row[Any], instead: str, values: dict[str, Any]) -> Row[Any]:
    """A new row; or the one that is moved, or that is still unanswered: one case has one open proposal."""
    mine = select(appointments).where(appointments.c.case_id == case.id)
    which = appointments.c.id == instead if instead else appointments.c.status == "proposed"
    held = connection.execute(mine.where(which, appointments.c.status.in_(("proposed", "agreed"))).limit(1)).one_or_none()
    if held is None and instead:
        raise Wrong("not_agreed")
    if held is None:
        row = insert(appointments).values(case_id=case.id, contact_id=case.contact_id, made_at=now(), **values)
        return connection.execute(row.returning(appointments)).one()
    reminding.take_back(connection, case.contact_id)
    moved = held.moved + (held.status == "agreed")
    query = update(appointments).where(appointments.c.id == held.id).values(**values, moved=moved)
    return connection.execute(query.returning(appointments)).one()


def withdraw(connection: Connection, vault: Vault, appointment: str, user: str) -> None:
    """Call it off from our side; the person is told. Raises Wrong, Taken, Closed, CannotReach, KeyError."""
    row = one(connection, appointment)
    _worked_on(connection, row.case_id, user)
    if row.status not in ("proposed", "agreed"):
        raise Wrong("not_agreed")
    cases.reachable(connection, row.contact_id)
    _become(connection, row, "cancelled")
    slots.withdrawn(connection, vault, row)
    note(connection, "appointment_withdrawn", user=user, case=row.case_id)


def record(connection: Connection, vault: Vault, appointment: str, user: str, *, came: bool) -> None:
    """How it went. Who did not come hears so kindly, and may choose another moment. Raises Wrong, Taken, KeyError."""
    row = one(connection, appointment)
    _worked_on(connection, row.case_id, user)
    if row.status != "agreed":
        raise Wrong("not_agreed")
    if row.at is not None and row.at > now():
        raise Wrong("too_early")
    became = "kept" if came else "missed"
    _become(connection, row, became)
    slots.mark(connection, vault, row, became)
    if not came:
        slots.missed(connection, vault, row)
    note(connection, "appointment_recorded", user=user, case=row.case_id)


def _become(connection: Connection, row: Row[Any], status: str) -> None:
    connection.execute(update(appointments).where(appointments.c.id == row.id).values(status=status, changed_at=now()))
    count(connection, "appointment", status)
    reminding.take_back(connection, row.contact_id)


def one(connection: Connection, appointment: str) -> Row[Any]:
    """An appointment. Raises KeyError."""
    row = connection.execute(select(appointments).where(appointments.c.id == appointment)).one_or_none()
    if row is None:
        raise KeyError(appointment)
    return row


def of_case(connection: Connection, case: str) -> list[Row[Any]]:
    """All of a case: those with a moment first, the next one on top; then the others, newest first."""
    query = select(appointments).where(appointments.c.case_id == case)
    return list(connection.execute(query.order_by(appointments.c.at.is_(None), appointments.c.at, appointments.c.made_at.desc())).all())


def _worked_on(connection: Connection, case: str, user: str) -> Row[Any]:
    """The case, locked, for who has it or joined; also after it closed: the appointment may come later. Raises Taken."""
    conversations.lock(connection, cases.one(connection, case).contact_id)
    held = cases.one(connection, case)
    beside = select(joined.c.id).where(joined.c.case_id == case, joined.c.user_id == user, joined.c.status == "agreed")
    if held.owner_id != user and connection.scalar(beside) is None:
        raise cases.Taken
    return held
