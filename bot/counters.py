"""Counts by day, never a person; what is sensitive is counted only after a yes (consent.py decides)."""

from __future__ import annotations

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.clock import now
from bot.tables import counters


def count(connection: Connection, what: str, value: str, by: int = 1) -> None:
    """Add to today's counter of a value (phase, language, channel, site, barrier, outcome …)."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = insert(counters).values(day=now().date().isoformat(), what=what, value=value, count=by)
    connection.execute(row.on_conflict_do_update(index_elements=["day", "what", "value"], set_={"count": counters.c.count + by}))


def totals(connection: Connection, what: str) -> dict[str, int]:
    """All counts of a kind, by value."""
    query = select(counters.c.value, func.sum(counters.c.count)).where(counters.c.what == what).group_by(counters.c.value)
    return {str(value): int(total) for value, total in connection.execute(query)}


FEWEST = {"barrier": 10}  # contract.md, funnel: groups under these are not shown
FEWEST_ELSE = 5


def export(connection: Connection, what: str) -> dict[str, int]:
    """Counts of a kind, without groups so small that they could point at somebody."""
    fewest = FEWEST.get(what, FEWEST_ELSE)
    return {value: total for value, total in totals(connection, what).items() if total >= fewest}
