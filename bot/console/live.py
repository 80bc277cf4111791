"""Live updates: one number that changes when something a page may show has changed. It never carries content."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy import func, select

from bot.clock import now
from bot.store import Store
from bot.tables import cases, media, messages
from bot.wake import Wake

EVERY = 1.0  # seconds between looks at the tables, for all browsers together
LASTS = 600.0  # seconds of one stream: the browser then comes back, and is asked again who it is
RECENT = timedelta(hours=1)  # messages whose delivery may still change


class Live:
    """Watches the tables for all streams of this process together."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self.store, self.wake = store, wake
        self._lock = asyncio.Lock()
        self._mark, self._looked_at = 0, 0.0

    async def marks(self) -> AsyncIterator[int]:
        """The mark now, and again whenever it changes; ends after LASTS."""
        ends, last = time.monotonic() + LASTS, None
        while time.monotonic() < ends:
            mark = await self.mark()
            if mark != last:
                last = mark
                yield mark
            await self.wake.sleep("live", EVERY)

    async def mark(self) -> int:
        """A number for what the tables hold, looked at most once in EVERY seconds."""
        async with self._lock:
            if time.monotonic() - self._looked_at >= EVERY / 2:
                self._mark = await asyncio.to_thread(self._look)
                self._looked_at = time.monotonic()
            return self._mark

    def _look(self) -> int:
        fields = (
            cases.c.id,
            cases.c.status,
            cases.c.owner_id,
            cases.c.escalated_at,
            cases.c.urgent,
            cases.c.urgent_strength,
            cases.c.to,
            cases.c.scope,
        )
        recent = messages.c.at > now() - RECENT
        with self.store.begin() as connection:
            seen = [
                connection.execute(select(*fields).where(cases.c.status != "closed").order_by(cases.c.id)).all(),
                connection.execute(select(func.max(messages.c.seq))).all(),
                connection.execute(select(func.max(cases.c.closed_at))).all(),
                connection.execute(select(messages.c.status, func.count()).where(recent).group_by(messages.c.status)).all(),
                connection.execute(select(func.count(media.c.fetched_at), func.count(media.c.wanted_at))).all(),
            ]
        return zlib.crc32(repr(seen).encode())
