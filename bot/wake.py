"""Wake-ups between workers and processes: events here, and Redis where there is one. Losing them loses nothing: SQL is polled."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger("inloop.wake")
CHANNEL = "inloop:wake"
Topic = Literal["inbox", "outbox", "live"]  # a message to think about, one to send, something to show
TOPICS: tuple[Topic, ...] = ("inbox", "outbox", "live")
POLL = 0.25  # seconds; the longest a message waits for a process that was not woken (design.md, Decisions)


class Wake:
    """`call(topic)` wakes whoever waits in `sleep(topic)`, in this process and, by Redis, in all."""

    def __init__(self, redis_url: str = "") -> None:
        self._events = {topic: asyncio.Event() for topic in TOPICS}
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

    async def call(self, *topics: Topic) -> None:
        """Something changed: wake who waits for it (all topics when none is named)."""
        for topic in topics or TOPICS:
            self._events[topic].set()
        if self._redis is not None:
            with contextlib.suppress(RedisError):
                await self._redis.publish(CHANNEL, " ".join(topics or TOPICS))

    async def sleep(self, topic: Topic, seconds: float = POLL) -> None:
        """Wait until called for a topic, at most this long; a call made meanwhile counts."""
        event = self._events[topic]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), seconds)
        event.clear()

    async def _listen(self, redis: Redis) -> None:
        while True:
            try:
                async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        for topic in set(TOPICS) & set(message["data"].decode().split()):
                            self._events[topic].set()
            except RedisError as wrong:
                log.warning("Redis is away (%s); polling instead", type(wrong).__name__)
                await asyncio.sleep(2)
