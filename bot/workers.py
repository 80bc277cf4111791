"""The gateway's work behind the webhooks: turns, sending, timers, catching up, keeping no longer than allowed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from bot import absence, facts, feedback, inbox, matching, outbox, reminders, reminding, retention, timers, waiting
from bot.channels import Channel, Polled
from bot.clock import now
from bot.conversations import Turn
from bot.files import fetch_one
from bot.messages import ChannelName, Incoming, Receipt, SendError
from bot.postman import Postman
from bot.staff_notices import Courier
from bot.store import Store
from bot.turns import Turns
from bot.wake import Topic, Wake

T = TypeVar("T")
log = logging.getLogger("inloop.workers")
TURNS, SENDERS = 6, 6  # at once; one at a time per person all the same
AGAIN = 3.0  # seconds until a carrier that refused is asked again
RECEIPTS = 0.25  # seconds
WATCH = 15.0  # seconds until staff hear of a case that came to them some other way than from its person
CATCH_UP = 300.0  # seconds (contract.md: at start and every 5 minutes)
OVERLAP = timedelta(minutes=10)  # looked at again: a carrier's list may lag; what was taken in is not taken twice
FIRST_LOOK = timedelta(hours=24)
NOTICES: dict[str, timers.Notice] = {"offer": matching.later, "meeting": reminding.fire, "says_when": waiting.late, "went": feedback.ask}
NOTICES |= reminders.NOTICES


class Workers:
    """All loops of a gateway; each goes on after an error, and says so without content."""

    def __init__(
        self, store: Store, turns: Turns, postman: Postman, courier: Courier, channels: Mapping[ChannelName, Channel], wake: Wake
    ) -> None:
        self.store, self.turns, self.postman, self.courier = store, turns, postman, courier
        self.channels, self.wake = channels, wake
        self.receipts: list[Receipt] = []  # what carriers said of messages sent, written together a few times a second
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every loop."""
        loops = [
            self._dispatch("inbox", self.turns.claim, self._turn, TURNS),
            self._dispatch("outbox", self.postman.claim, self.postman.send, SENDERS),
        ]
        loops += [self._every(1, self._fire), self._every(1, self._fetch), self._every(15, self.postman.recover)]
        loops += [self._every(RECEIPTS, self._note_receipts)]
        loops += [self._every(1, self._tell_staff), self._every(WATCH, self._watch_waiting)]
        loops += [self._every(600, self._purge), self._every(20, self._erase)]
        loops += [self._open(channel) for channel in self.channels.values()]
        self._tasks = [asyncio.create_task(loop) for loop in loops]

    async def stop(self) -> None:
        """End every loop; what was not committed is run again by the next process."""
        left = set(self._tasks)
        while left:  # asked again: a library's own time limit may swallow a cancellation that comes at that very moment
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=1)
        await self._note_receipts()

    async def _dispatch(self, topic: Topic, claim: Callable[[], T | None], work: Callable[[T], Awaitable[None]], most: int) -> None:
        """Claim work as it comes and do up to `most` of it at once; when there is none, sleep until woken."""
        running = set[asyncio.Task[None]]()
        while True:
            try:
                found = await asyncio.to_thread(claim) if len(running) < most else None
            except Exception as wrong:
                log.error("%s: %s", topic, type(wrong).__name__)
                found = None
            if found is None:
                await self.wake.sleep(topic)
                continue
            task = asyncio.create_task(self._do(topic, work, found))
            running.add(task)
            task.add_done_callback(running.discard)

    async def _do(self, topic: Topic, work: Callable[[T], Awaitable[None]], found: T) -> None:
        """Do one piece of work; afterwards there is room, and perhaps a next one of the same person."""
        try:
            await work(found)
        except Exception as wrong:
            log.error("%s: %s", topic, type(wrong).__name__)
        await self.wake.call(topic)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[object]]) -> None:
        while True:
            try:
                await work()
            except Exception as wrong:
                log.error("%s: %s", getattr(work, "__name__", "work"), type(wrong).__name__)
            await asyncio.sleep(seconds)

    async def _open(self, channel: Channel) -> None:
        """Open a channel, however often it takes; then poll it, or look every few minutes at what it received while we were away."""
        while True:
            try:
                await channel.start()
                break
            except SendError as wrong:
                log.warning("%s does not open (%s); trying again", channel.name, wrong.reason)
                await asyncio.sleep(AGAIN)
        if isinstance(channel, Polled) and channel.mode == "polling":
            await self._poll(channel)
        await self._every(CATCH_UP, partial(self._catch_up, channel))

    async def _poll(self, channel: Polled) -> None:
        offset = 0
        while True:
            try:
                found, offset_then = await channel.updates(offset)
                for incoming in found:
                    await asyncio.to_thread(self._take_in, incoming)
                offset = offset_then
            except SendError as wrong:
                log.warning("polling: %s", wrong.reason)
                await asyncio.sleep(wrong.after or AGAIN)
            except Exception as wrong:
                log.error("polling: %s", type(wrong).__name__)
                await asyncio.sleep(1)
            else:
                if found:
                    await self.wake.call()

    def _take_in(self, incoming: Incoming) -> None:
        with self.store.begin() as connection:
            inbox.take_in(connection, self.store.vault, incoming)

    async def _turn(self, turn: Turn) -> None:
        await self.turns.run(turn)
        await self.wake.call("outbox", "live")

    async def _fire(self) -> None:
        while await asyncio.to_thread(self._fire_one):
            await self.wake.call()

    def _fire_one(self) -> bool:
        with self.store.begin() as connection:
            return timers.fire(connection, self.store.vault, NOTICES)

    async def _tell_staff(self) -> None:
        while await self.courier.send_one():
            pass

    async def _watch_waiting(self) -> None:
        """What an offer made elsewhere, or somebody's leaving, asks of the clock."""
        await asyncio.to_thread(self._begin_waiting)
        while await asyncio.to_thread(self._pass_on):
            await self.wake.call("outbox", "live")

    def _begin_waiting(self) -> None:
        with self.store.begin() as connection:
            reminders.begin_all(connection)

    def _pass_on(self) -> bool:
        with self.store.begin() as connection:
            return absence.pass_on(connection, self.store.vault)

    async def _fetch(self) -> None:
        while await fetch_one(self.store, self.channels):
            await self.wake.call()

    async def _note_receipts(self) -> None:
        noted, self.receipts = self.receipts, []
        if noted:
            await asyncio.to_thread(self._write_receipts, noted)
            await self.wake.call("live")

    def _write_receipts(self, noted: list[Receipt]) -> None:
        with self.store.begin(durable=False) as connection:
            outbox.receive(connection, noted)

    async def _erase(self) -> None:
        while await self.postman.erase_one():
            pass

    async def _purge(self) -> None:
        await asyncio.to_thread(self._purge_now)

    def _purge_now(self) -> None:
        with self.store.begin() as connection:
            retention.purge(connection, self.store.vault)

    async def _catch_up(self, channel: Channel) -> None:
        """Take in what a carrier received while we were away, from the last time mark."""
        began, since = now(), await asyncio.to_thread(self._mark, channel.name)
        try:
            missed = await channel.missed(since - OVERLAP)
        except SendError as wrong:
            log.warning("catch-up on %s: %s", channel.name, wrong.reason)
            return
        for incoming in missed:
            await asyncio.to_thread(self._take_in, incoming)
        await asyncio.to_thread(self._set_mark, channel.name, began)
        await self.wake.call("inbox")

    def _mark(self, name: str) -> datetime:
        with self.store.begin() as connection:
            held = facts.mark(connection, f"_caught_up_{name}")
        return datetime.fromisoformat(held) if held else now() - FIRST_LOOK

    def _set_mark(self, name: str, at: datetime) -> None:
        with self.store.begin() as connection:
            facts.write(connection, f"_caught_up_{name}", at.isoformat())
