"""When a person came to each phase of the road (data/taxonomy.yml, phases)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.clock import now
from bot.labels import taxonomy
from bot.tables import phases

ORDER = tuple(taxonomy()["phases"])


def record(connection: Connection, contact: str, phase: str) -> None:
    """Note that a person came to a phase now; the first time counts."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = dialect(phases).values(contact_id=contact, phase=phase, at=now())
    connection.execute(row.on_conflict_do_nothing(index_elements=["contact_id", "phase"]))


def reached(connection: Connection, contact: str) -> list[tuple[str, datetime]]:
    """The phases a person came to, in the order of the road, each with its moment."""
    found = {row.phase: row.at for row in connection.execute(select(phases).where(phases.c.contact_id == contact))}
    return [(phase, found[phase]) for phase in ORDER if phase in found]


def begin(connection: Connection, contact: str) -> None:
    """A new acquaintance: the road begins again."""
    connection.execute(delete(phases).where(phases.c.contact_id == contact))
    record(connection, contact, ORDER[0])
