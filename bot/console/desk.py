"""What every view needs: the store, settings, who asks, and the one way a view says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from bot.console.limits import Limits
from bot.console.live import Live
from bot.settings import Settings
from bot.store import Store


@dataclass(frozen=True)
class Desk:
    """The parts one console process holds."""

    store: Store
    settings: Settings
    limits: Limits
    live: Live


@dataclass(frozen=True)
class Staff:
    """Who asks: a staff member, and the session's form mark (empty for a token)."""

    id: str
    name: str
    shown: str  # what people see
    role: str
    csrf: str
    has_password: bool
    session: str  # the handle of the session (empty for a token)
    once: str = ""  # the number of the form that is being carried out (bot/once.py)

    @classmethod
    def of(cls, row: Row[Any]) -> Staff:
        """The staff member of a users row with its key."""
        return cls(row.id, row.name, row.alias or row.name, row.role, row.csrf or "", row.password is not None, row.handle or "")


class Again(Exception):
    """The same form came before and was carried out then (bot/once.py)."""


class Refused(Exception):
    """A call that is not carried out: HTTP status and the id of a sentence under `errors` (texts/*.yml)."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status, self.error = status, error
