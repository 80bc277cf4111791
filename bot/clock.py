"""The time, in one place, so that tests can move it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells UTC time; `shift` moves it (tests only)."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        return datetime.now(UTC) + self.shift


clock = Clock()


def now() -> datetime:
    """The current time by the shared clock."""
    return clock.now()
