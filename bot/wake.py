"""Wake-ups between processes: an event here, and Redis where there is one. Losing them loses nothing: SQL is polled."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger("inloop.wake")
TOPIC = "inloop:wake"
POLL = 0.25  # seconds; the longest a message waits for a process that was not woken (design.md, Decisions)


class Wake:
    """`call()` wakes every worker that waits in `sleep()`, in this process and, by Redis, in all."""

    def __init__(self, redis_url: str = "") -> None:
        self._waiting: set[asyncio.Event] = set()
        self._redis = Redis.from_url(redis_url, socket_connect_timeout=2) if redis_url else None
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen to the other processes."""
        if self._redis is not None:
            self._listener = asyncio.create_task(self._listen(self._redis))

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
        if self._redis is not None:
            await self._redis.aclose()

    async def call(self) -> None:
        """Something changed: wake all who wait."""
        self._ring()
        if self._redis is not None:
            with contextlib.suppress(RedisError):
                await self._redis.publish(TOPIC, "")

    async def sleep(self, seconds: float = POLL) -> None:
        """Wait until called, at most this long."""
        mine = asyncio.Event()
        self._waiting.add(mine)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(mine.wait(), seconds)
        finally:
            self._waiting.discard(mine)

    def _ring(self) -> None:
        for one in self._waiting:
            one.set()

    async def _listen(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub() as topic:
                    await topic.subscribe(TOPIC)
                    async for _ in topic.listen():
                        self._ring()
            except RedisError as wrong:
                log.warning("Redis is away (%s); polling instead", type(wrong).__name__)
                await asyncio.sleep(2)
