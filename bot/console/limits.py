"""How often something may be tried: in this process, or across all by Redis."""

from __future__ import annotations

import hashlib
import logging
from collections import OrderedDict
from datetime import datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError

from bot.clock import now

log = logging.getLogger("inloop.limits")
SPAN = timedelta(minutes=15)
PER_NAME, PER_ADDRESS, PER_TOKEN_ADDRESS = 8, 30, 60
HELD = 10_000  # keys remembered here; the oldest go first


class Limits:
    """Counts wrong tries in a span of 15 minutes."""

    def __init__(self, redis_url: str = "") -> None:
        self._redis = Redis.from_url(redis_url, socket_timeout=1, socket_connect_timeout=1) if redis_url else None
        self._held: OrderedDict[str, tuple[int, datetime]] = OrderedDict()

    def allows(self, what: str, who: str, most: int) -> bool:
        """Whether somebody may still try."""
        return self._count(_key(what, who)) < most

    def wrong(self, what: str, who: str) -> None:
        """Note a wrong try."""
        key = _key(what, who)
        if self._redis is not None:
            try:
                with self._redis.pipeline() as pipe:
                    pipe.incr(key)
                    pipe.expire(key, SPAN, nx=True)
                    pipe.execute()
                return
            except RedisError as wrong:
                log.warning("Redis is away (%s); counting here", type(wrong).__name__)
        count, until = self._live(key)
        self._held[key] = (count + 1, until)
        while len(self._held) > HELD:
            self._held.popitem(last=False)

    def _count(self, key: str) -> int:
        if self._redis is not None:
            try:
                return int(self._redis.get(key) or 0)
            except RedisError as wrong:
                log.warning("Redis is away (%s); counting here", type(wrong).__name__)
        return self._live(key)[0]

    def _live(self, key: str) -> tuple[int, datetime]:
        count, until = self._held.get(key, (0, now() + SPAN))
        return (count, until) if until > now() else (0, now() + SPAN)


def _key(what: str, who: str) -> str:
    """No name or address stands in Redis."""
    return f"inloop:tries:{what}:{hashlib.sha256(who.encode(errors='replace')).hexdigest()[:24]}"
