"""What a message was read to mean, and which road the talk takes on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# Set on the development part of the held-out messages (docs/understanding.md, "Thresholds").
UNCLEAR_BELOW = 0.25
CLOSE = 0.15
SURE_ENOUGH = 0.55


@dataclass(frozen=True)
class Reading:
    """The labels of one message: ids of taxonomy.yml, confidences from 0 to 1, evidence in the person's own words."""

    intent: str | None = None
    confidence: float = 0.0
    ranking: list[dict[str, Any]] = field(default_factory=list)
    drivers: list[str] = field(default_factory=list)
    barriers: list[str] = field(default_factory=list)
    strengths: list[str] = field(default_factory=list)
    about: list[str] = field(default_factory=list)
    urgent: str | None = None
    urgent_strength: str | None = None
    evidence: list[dict[str, str]] = field(default_factory=list)
    language: str | None = None
    language_confidence: float = 0.0

    def labels(self) -> dict[str, Any]:
        """As the turn's response and the slot `reading` hold it."""
        return asdict(self)

    def road(self) -> str:
        """The intent the rules are asked with: urgent first, then unclear, then a choice between two, then the intent itself."""
        if self.urgent:
            return "urgent"
        if self.intent is None or self.confidence < UNCLEAR_BELOW:
            return "tell_situation" if self.drivers or self.barriers or self.strengths else "unclear"
        if self.confidence < SURE_ENOUGH and len(self.ranking) > 1 and self.confidence - self.ranking[1]["confidence"] < CLOSE:
            return "unsure_between"
        return self.intent


def said(intent: str) -> Reading:
    """The reading of a bare keyword the gateway understood itself."""
    return Reading(intent, 1.0, [{"intent": intent, "confidence": 1.0}])


def from_parse(parsed: dict[str, Any]) -> Reading:
    """The reading our components left in Rasa's parse data."""
    found = dict(parsed.get("reading") or {})
    ranking: list[dict[str, Any]] = [
        {"intent": one["name"], "confidence": round(float(one["confidence"]), 4)} for one in parsed.get("intent_ranking") or []
    ][:3]
    if not ranking:
        return Reading(**found)
    return Reading(str(ranking[0]["intent"]), float(ranking[0]["confidence"]), ranking, **found)
