"""Warm handover: who gets whom, the clock, notes, appointments, phases, feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

from bot.tables import metadata

revision = "0003"
down_revision = "0002"

TABLES = (
    "joined", "knows", "notes", "tasks", "appointments", "phases", "suggestions", "feedback", "staff_notices", "pushes",
)  # fmt: skip
COLUMNS = {
    "contacts": ("safe_hours",),
    "media": ("token", "token_until"),
    "cases": (
        "offered_to", "offered_at", "match", "escalated_at", "tags", "own_outcome", "own_outcome_at", "transferred_at", "formal_at",
    ),
    "users": (
        "woman", "neighbourhood", "sites", "road", "hours", "most", "away_until", "email", "email_hash", "mails", "subject",
    ),
}  # fmt: skip


def upgrade() -> None:
    """Add what is not there: 0001 makes every table as it stands today, so that a new database has all of this."""
    here = sa.inspect(op.get_bind())
    for table, names in COLUMNS.items():
        held = {column["name"] for column in here.get_columns(table)}
        if missing := [name for name in names if name not in held]:
            _add(table, missing)
    for table in TABLES:
        metadata.tables[table].create(op.get_bind(), checkfirst=True)


def _add(table: str, names: list[str]) -> None:
    """Columns with their indexes, by ALTER TABLE alone: a copy of a table on SQLite would take with it what refers to it."""
    found = metadata.tables[table]
    for name in names:
        words = str(CreateColumn(found.c[name]).compile(dialect=op.get_bind().dialect))
        op.execute(f"ALTER TABLE {table} ADD COLUMN {words}")
    for index in found.indexes:
        if {column.name for column in index.columns} <= set(names):
            index.create(op.get_bind())
