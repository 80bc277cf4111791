"""Rasa's wording step: a reply's name and values pass through; the gateway renders them in the person's language."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator

from bot.rasa.state import CURRENT

# Keys every response of rasa-sdk has; what else an action gives are the reply's values.
_SDK = frozenset({"text", "buttons", "elements", "custom", "template", "response", "image", "attachment", "choices", "kind"})


class ReplyNames(NaturalLanguageGenerator):
    """Answers with the name of a reply instead of its words (`endpoints.yml`)."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    async def generate(self, utter_action: str, tracker: Any, output_channel: str, **given: Any) -> dict[str, Any]:
        """The answer as the turn's response holds it."""
        values = {name: value for name, value in given.items() if name not in _SDK}
        return {"custom": {"reply": utter_action, "values": values, "choices": given.get("choices"), "kind": given.get("kind")}}


class Collected(OutputChannel):
    """Collects answers and effects in the turn, in order."""

    @classmethod
    def name(cls) -> str:
        """Rasa asks every channel for a name."""
        return "turn"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one answer or effect; anything else an action says has no name and is a fault."""
        said = message.get("custom")
        if not isinstance(said, dict) or not ("reply" in said or "effect" in said):
            raise ValueError("an action said something that is neither a reply by name nor an effect")
        CURRENT.get().said.append(said)
