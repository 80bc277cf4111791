"""A wake-up is heard at once in this process and, by Redis, in the others; without it nothing hangs."""

from __future__ import annotations

import asyncio
import time

from bot.wake import Wake


async def _slept(listener: Wake, caller: Wake) -> float:
    await listener.start()
    await caller.start()
    await asyncio.sleep(0.2)  # until Redis has the subscription
    began = time.monotonic()
    sleeping = asyncio.create_task(listener.sleep("outbox", 5))
    await asyncio.sleep(0.05)
    await caller.call("outbox")
    await sleeping
    took = time.monotonic() - began
    await listener.stop()
    await caller.stop()
    return took


def test_a_call_wakes_who_waits_here() -> None:
    wake = Wake()
    assert asyncio.run(_slept(wake, wake)) < 1


def test_a_call_wakes_who_waits_in_another_process(redis_url: str) -> None:
    assert asyncio.run(_slept(Wake(redis_url), Wake(redis_url))) < 1


def test_a_call_made_before_the_sleep_counts() -> None:
    async def work() -> float:
        wake = Wake()
        await wake.call("inbox")
        began = time.monotonic()
        await wake.sleep("inbox", 5)
        return time.monotonic() - began

    assert asyncio.run(work()) < 1


def test_without_redis_the_sleep_ends_by_itself() -> None:
    async def work() -> None:
        wake = Wake("redis://127.0.0.1:9/0")
        await wake.call("inbox")
        await wake.sleep("outbox", 0.01)
        await wake.stop()

    asyncio.run(work())
