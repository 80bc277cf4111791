"""A person's appointment that still stands: proposed or agreed, and not past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, or_, select, update

from bot import asks
from bot.clock import now
from bot.scene import Scene
from bot.tables import appointments

OPEN = ("proposed", "agreed")
LATE = timedelta(hours=2)  # after its time: "I am on the bus" and "I could not come" are still about it
UNSET = timedelta(days=30)  # a proposal nobody answered, a place to walk in: as long as this
MEETING = "meet"  # the topic of answers to an appointment (bot/slots.py)


def of(connection: Connection, contact: str) -> Row[Any] | None:
    """The appointment a person's words are about: the next agreed one, else the newest proposal."""
    return connection.execute(_of(), {"contact": contact, "late": now() - LATE, "unset": now() - UNSET}).one_or_none()


@cache
def _of() -> Select[Any]:
    """As one statement, built once: every turn asks it."""
    mine = appointments.c.contact_id == bindparam("contact")
    return select(appointments).where(mine, _stands()).order_by(*_SOONEST).limit(1)


def _stands() -> Any:
    late, unset = (bindparam(name, type_=appointments.c.at.type) for name in ("late", "unset"))
    undated = and_(appointments.c.at.is_(None), appointments.c.changed_at > unset)
    return and_(appointments.c.status.in_(OPEN), or_(appointments.c.at > late, undated))


_SOONEST = (appointments.c.at.is_(None), appointments.c.at, appointments.c.changed_at.desc())


def by_case(connection: Connection, cases: Iterable[str]) -> dict[str, Row[Any]]:
    """The appointment that stands of each of these cases, in one query."""
    query = select(appointments).where(appointments.c.case_id.in_(list(cases)), _stands()).order_by(*_SOONEST)
    found: dict[str, Row[Any]] = {}
    for row in connection.execute(query, {"late": now() - LATE, "unset": now() - UNSET}):
        found.setdefault(row.case_id, row)
    return found


def known(connection: Connection, contact: str) -> dict[str, Any] | None:
    """What a turn knows of it (docs/architecture.md, the turn)."""
    row = of(connection, contact)
    return None if row is None else {"status": row.status, "when": row.at.isoformat() if row.at else None}


def answer(scene: Scene, said: str) -> bool:
    """Carry out confirm, move or cancel said in words; False when the person has no appointment."""
    row = of(scene.connection, scene.contact)
    if row is None:
        return False
    asks.HANDLERS[MEETING](scene, row.id, said)
    return True


def end(connection: Connection, contact: str) -> None:
    """Somebody else holds the phone: what was agreed is not theirs."""
    open_ = (appointments.c.contact_id == contact) & appointments.c.status.in_(OPEN)
    connection.execute(update(appointments).where(open_).values(status="cancelled", changed_at=now()))
