"""`make bench`: how fast the whole road is (webhook in to carrier out), whether it grows, and how much memory it takes."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from bot.tryout.twilio import Message
from tests.stack import WHATSAPP, Stack

SAID = ("ik zoek werk", "2", "mijn kinderen", "hoe gaat dit", "1", "ik heb geen oppas", "goed", "3")
OURS = f"whatsapp:{WHATSAPP}"


class Crowd:
    """People who write and wait for their answers; all times in seconds."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self._heard = stack, dict[str, asyncio.Event]()
        stack.twilio.listeners.append(self._hear)

    def _hear(self, message: Message) -> None:
        if message.direction == "outbound-api" and message.status == "queued" and message.to in self._heard:
            self._heard[message.to].set()

    async def ask(self, who: str, text: str) -> float:
        """Write, and wait for the answer; gives how long it took."""
        heard = self._heard[who] = asyncio.Event()
        began = time.perf_counter()
        await self.stack.twilio.write(who, OURS, text)
        await asyncio.wait_for(heard.wait(), 30)
        return time.perf_counter() - began

    async def talk(self, who: str, turns: int) -> list[float]:
        """One person's talk, turn after turn."""
        return [await self.ask(who, SAID[number % len(SAID)]) for number in range(turns)]

    async def flood(self, people: int, turns: int) -> float:
        """Many people at once, each as fast as answers come; gives messages a second."""
        began = time.perf_counter()
        await asyncio.gather(*(self.talk(f"whatsapp:+316200{number:05}", turns) for number in range(people)))
        return people * turns / (time.perf_counter() - began)

    async def stream(self, rate: float, seconds: float) -> list[float]:
        """Messages at a steady rate, each from somebody else; gives every time to answer."""
        asked = []
        for number in range(int(rate * seconds)):
            asked.append(asyncio.create_task(self.ask(f"whatsapp:+316300{number:05}", "ik zoek werk")))
            await asyncio.sleep(1 / rate)
        return list(await asyncio.gather(*asked))


def memory(stack: Stack) -> dict[str, float]:
    """Resident memory of each process, in MB."""
    sizes = {}
    for name, process in stack.processes.items():
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        sizes[name] = int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
    return sizes


def main() -> None:
    """Print every figure with its bound."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with Stack(Path(folder)) as stack:
            print(f"ready after a start: {time.perf_counter() - began:.1f} s (bound 45)", flush=True)
            crowd = Crowd(stack)
            times = stack.run(crowd.talk("whatsapp:+31610000001", 300), 300)
            early, late = statistics.median(times[2:22]), statistics.median(times[280:300])
            print(
                f"a turn: {early * 1000:.0f} ms at turn 5, {late * 1000:.0f} ms at turn 300: {late / early:.2f} times (bound 1.2)",
                flush=True,
            )
            for people in (8, 16, 32):
                print(f"throughput with {people} people: {stack.run(crowd.flood(people, 40), 300):.0f} messages/s (bound 60)", flush=True)
            spread = sorted(stack.run(crowd.stream(30, 20), 300))
            p50, p95 = spread[len(spread) // 2], spread[int(len(spread) * 0.95)]
            print(f"at 30 messages/s: median {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms (bound 1000)", flush=True)
            sizes = memory(stack)
            total = " + ".join(f"{name} {size:.0f}" for name, size in sizes.items())
            print(f"memory: {sum(sizes.values()):.0f} MB = {total} (bound 1200, with the try-out phones)", flush=True)


if __name__ == "__main__":
    main()
