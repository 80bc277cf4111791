"""Rasa as a function: state, message and what is known in; labels, answers, effects and the new state out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import aiohttp
from pydantic import TypeAdapter

TIMEOUT = aiohttp.ClientTimeout(total=25, sock_connect=2)


class BrainDown(Exception):
    """Rasa or its action server does not answer now: the turn is run again later."""


class BrainFailed(Exception):
    """Rasa answered this turn with an error: running it again may not help."""


@dataclass(frozen=True)
class Answer:
    """A reply by name, with its values; `choices` and `kind` override those of turns.yml."""

    reply: str
    values: dict[str, Any] = field(default_factory=dict)
    choices: list[str] | None = None
    kind: Any = None


@dataclass(frozen=True)
class Thought:
    """What a turn gives back (docs/architecture.md, the turn)."""

    labels: dict[str, Any] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    language: str | None = None
    state: dict[str, Any] = field(default_factory=dict)


_THOUGHT = TypeAdapter(Thought)


class Brain:
    """A connection to the Rasa server."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._held: aiohttp.ClientSession | None = None  # opened on first use, inside the loop that uses it

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._held is None:
            self._held = aiohttp.ClientSession(timeout=TIMEOUT)
        return self._held

    async def think(self, turn: dict[str, Any]) -> Thought:
        """Run a turn. Raises BrainDown (try again), BrainFailed (this turn is not understood)."""
        try:
            async with self._session.post(f"{self._url}/turn", json=turn) as answer:
                status, content = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as wrong:
            raise BrainDown(type(wrong).__name__) from None
        if status in (502, 503, 504):
            raise BrainDown(f"status {status}")
        if status != 200:
            raise BrainFailed(f"status {status}")
        return _THOUGHT.validate_json(content)

    async def ready(self) -> bool:
        """Whether Rasa answers and has its model."""
        try:
            async with self._session.get(f"{self._url}/health", timeout=aiohttp.ClientTimeout(total=2)) as answer:
                found: dict[str, Any] = await answer.json()
                return answer.status == 200 and found.get("status") == "ready"
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return False

    async def close(self) -> None:
        """Close the connection."""
        if self._held is not None:
            await self._held.close()
