"""A turn is a function: (message, state, what is known) → (labels, answers, effects, state'). Nothing stays behind."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.constants import ACTION_DEFAULT_FALLBACK_NAME, ACTION_LISTEN_NAME

from bot.rasa import remote
from bot.rasa.nlg import Collected
from bot.rasa.reading import Reading, from_parse, said
from bot.rasa.state import CURRENT, Turn

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "var" / "models" / "inloop.tar.gz"
# Longer than any action should take, shorter than the gateway waits.
SECONDS = 20.0
LONGEST = 4096  # Telegram's longest message; what is beyond it is not read
ACTS = frozenset({"pick", "say", "media", "timer", "returned"})
# While a human has the conversation the bot is silent (conversation.md, rule 10), save for what a person asks of the bot itself.
HEARD_UNDER_HUMAN = frozenset({"pick", "help", "forget_me", "stop_asked"})


class BadTurn(Exception):
    """A request that is not a turn."""


class NoAnswer(Exception):
    """No rule answers this intent: a hole in data/rules.yml, not the person's fault."""


KINDS: dict[str, type] = {
    "text": str, "act": dict, "owner": str, "language": str, "id": str, "channel": str, "state": dict, "known": dict,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """The request of a turn (docs/architecture.md)."""

    conversation: str
    text: str = ""
    act: dict[str, Any] | None = None
    owner: str = "bot"
    language: str | None = None
    id: str = ""
    channel: str = ""
    state: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, body: Any) -> Asked:
        """A request from JSON; BadTurn when it is none."""
        if not isinstance(body, dict) or not isinstance(body.get("conversation"), str):
            raise BadTurn("conversation")
        given = {name: body[name] for name in KINDS if body.get(name) is not None}
        for name, value in given.items():
            if not isinstance(value, KINDS[name]):
                raise BadTurn(name)
        if given.get("act") and given["act"].get("name") not in ACTS:
            raise BadTurn("act")
        return cls(conversation=body["conversation"], **given)

    def acted(self) -> tuple[str, Reading]:
        """The intent and the labels of what the gateway understood itself."""
        act = self.act or {}
        if act["name"] == "say":
            return str(act.get("intent")), said(str(act.get("intent")))
        return str(act["name"]), Reading()


def unslashed(text: str) -> str:
    """A text Rasa does not take for a command: it reads `/restart` as an intent, and anyone may type that."""
    return "\u2060" + text if text.strip().startswith("/") else text


def load_processor(model: Path = MODEL, endpoints: Path = ROOT / "endpoints.yml") -> MessageProcessor:
    """Rasa's processor over a trained model, with our store, wording and actions."""
    remote.install()
    port = os.environ.get("INLOOP_ACTIONS_PORT", "5055")
    url = (os.environ.get("INLOOP_ACTIONS_URL") or f"http://127.0.0.1:{port}").rstrip("/")
    os.environ["INLOOP_ACTIONS_URL"] = url if url.endswith("/webhook") else f"{url}/webhook"
    ends = AvailableEndpoints.read_endpoints(str(endpoints))
    store = TrackerStore.create(ends.tracker_store)
    # Not through rasa's Agent: it wraps the store in one that falls back to memory when something fails, and so would keep talks.
    processor = MessageProcessor(model, store, InMemoryLockStore(), NaturalLanguageGenerator.create(ends.nlg, None), ends.action)
    store.domain = processor.domain
    return processor


class Turns:
    """Takes turns with one loaded model; holds no conversation."""

    def __init__(self, processor: MessageProcessor) -> None:
        self._processor = processor
        self._intents = frozenset(processor.domain.intents)

    async def read(self, text: str, language: str | None = None) -> Reading:
        """The labels of a text; the conversation's language helps where the text is too short to tell."""
        message = UserMessage(unslashed(text[:LONGEST]), metadata={"language": language})
        return from_parse(await self._processor.parse_message(message))

    async def take(self, body: Any) -> dict[str, Any]:
        """One turn, from request to response as docs/architecture.md has them."""
        asked = Asked.of(body)
        if asked.act:
            intent, reading = asked.acted()
        else:
            reading = await self.read(asked.text, asked.language)
            intent = reading.road()
        if intent not in self._intents:
            raise BadTurn("intent")
        turn = Turn(asked.state, {"known": asked.known, "act": asked.act, "reading": None if asked.act else reading.labels()})
        if asked.owner == "bot" or intent == "urgent" or (asked.act and intent in HEARD_UNDER_HUMAN):
            await asyncio.wait_for(self._talk(asked, intent, reading.confidence, turn), SECONDS)
        return _response(asked, reading, turn)

    async def _talk(self, asked: Asked, intent: str, confidence: float, turn: Turn) -> None:
        """Let Rasa's rules and the actions answer; raises what went wrong on the way."""
        CURRENT.set(turn)
        parsed = {"intent": {"name": intent, "confidence": confidence}, "entities": [], "text": asked.text}
        sender, text = asked.conversation, unslashed(asked.text)
        message = UserMessage(text, Collected(), sender, parse_data=parsed, input_channel="turn", message_id=asked.id)
        await self._processor.handle_message(message)
        if turn.failure:
            raise turn.failure
        if not set(turn.actions) - {ACTION_LISTEN_NAME, ACTION_DEFAULT_FALLBACK_NAME}:
            raise NoAnswer(intent)


def _response(asked: Asked, reading: Reading, turn: Turn) -> dict[str, Any]:
    effects = [one for one in turn.said if "effect" in one]
    chosen = [one["language"] for one in effects if one["effect"] == "set_language"]
    return {
        "labels": reading.labels(),
        "answers": [one for one in turn.said if "reply" in one],
        "effects": effects,
        "language": chosen[-1] if chosen else asked.language or "nl",
        "state": turn.state,
    }
