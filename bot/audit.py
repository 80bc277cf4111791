"""Who did what, when: never content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from bot.clock import now
from bot.store import audit


def note(connection: Connection, act: str, *, user: str | None = None, case: str | None = None, **detail: Any) -> None:
    """Write one line of the audit: an act, by whom, on which case."""
    connection.execute(insert(audit).values(at=now(), user_id=user, act=act, case_id=case, detail=detail))
