"""A form of the console is carried out once, however often it comes: an answer lost on the way may be asked for again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from bot.clock import now
from bot.tables import keys
from bot.users import digest

LASTS = timedelta(days=1)


def first(connection: Connection, user: str, form: str) -> bool:
    """Whether a form (by its random number) comes for the first time. Kept with what it does: one that failed may come again."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"hash": digest(f"{user} {form}"), "kind": "form", "user_id": user, "created_at": now(), "expires_at": now() + LASTS}
    return connection.execute(dialect(keys).values(**row).on_conflict_do_nothing().returning(keys.c.hash)).scalar() is not None
