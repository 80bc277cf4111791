"""Rasa as a function: state, message and what is known in; labels, answers, effects and the new state out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx
from pydantic import TypeAdapter

TIMEOUT = httpx.Timeout(20.0, connect=2.0)


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
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, limits=httpx.Limits(max_connections=16))

    async def think(self, turn: dict[str, Any]) -> Thought:
        """Run a turn. Raises BrainDown (try again), BrainFailed (this turn is not understood)."""
        try:
            answer = await self._client.post("/turn", json=turn)
        except httpx.HTTPError as wrong:
            raise BrainDown(type(wrong).__name__) from None
        if answer.status_code in (502, 503, 504):
            raise BrainDown(f"status {answer.status_code}")
        if answer.status_code != 200:
            raise BrainFailed(f"status {answer.status_code}")
        return _THOUGHT.validate_json(answer.content)

    async def ready(self) -> bool:
        """Whether Rasa answers and has its model."""
        try:
            health = await self._client.get("/health", timeout=2.0)
            return health.status_code == 200 and health.json().get("status") == "ready"
        except (httpx.HTTPError, ValueError):
            return False

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
