"""Everything that understands a message, in one: trained together, saved together (no rasa in here)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot import labels as taxonomy
from bot.rasa import evidence
from bot.rasa.concepts import Lexicon
from bot.rasa.examples import KINDS, Example
from bot.rasa.features import Features, Parts
from bot.rasa.intents import Intents
from bot.rasa.language import Languages
from bot.rasa.signals import Signals
from bot.rasa.urgent import Urgent

# Below this the conversation's own language says better which words to look up.
LANGUAGE_SURE = 0.6


class Model:
    """Reads a message: language, intent and its rivals, signals, danger, and the words that carried them."""

    def __init__(self, features: Features, languages: Languages, intents: Intents, signals: Signals, urgent: Urgent) -> None:
        self.features, self.languages, self.intents, self.signals, self.urgent = features, languages, intents, signals, urgent

    @classmethod
    def train(cls, examples: Sequence[Example], lexicon: Lexicon, tuning: Sequence[Example] = ()) -> Model:
        """Train on labelled messages; thresholds are set on `tuning`, which training does not see."""
        features = Features(lexicon)
        parts = [features.parts(one.text, one.language) for one in examples]
        rows = features.fit(parts).rows(parts)
        spoken = [*((one.text, one.language) for one in examples), *lexicon.words()]
        languages = Languages.train([text for text, _ in spoken], [code for _, code in spoken])
        heads = Intents.train(rows, examples), Signals.train(rows, examples), Urgent.train(rows, examples)
        if tuning:
            seen = features.rows(features.parts(one.text, one.language) for one in tuning)
            for head in heads:
                head.tune(seen, tuning)
        return cls(features, languages, *heads)

    def read(self, text: str, spoken: str | None = None) -> tuple[list[tuple[str, float]], dict[str, Any]]:
        """The intents by confidence, and the other labels; `spoken` is the conversation's language, for messages too short to tell."""
        language, sure = self.languages.find(text)
        parts = self.features.parts(text, language if sure >= LANGUAGE_SURE or not spoken else spoken)
        row = self.features.rows([parts])
        found = self.signals.find(row, parts.language)
        danger, strength = self.urgent.find(row, parts)
        return self.intents.rank(row), {
            **_by_kind(found),
            "urgent": danger,
            "urgent_strength": strength,
            "evidence": self._evidence(text, parts, row, [*([danger] if danger else []), *found]),
            "language": language,
            "language_confidence": sure,
        }

    def _evidence(self, text: str, parts: Parts, row: Any, labels: Sequence[str]) -> list[dict[str, str]]:
        found = []
        for label in labels:
            head = self.signals.said if label in self.signals.said.labels else self.urgent.heads
            weights = evidence.weights_of_words(self.features, parts, row, head.of(label, row.indices))
            found.append({"label": label, "text": evidence.span(text, parts, weights)})
        return found

    def save(self, folder: Path) -> None:
        """Write every part into a folder."""
        self.features.lexicon.save(folder)
        for part in (self.features, self.languages, self.intents, self.signals, self.urgent):
            part.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what `save` wrote."""
        features = Features.load(folder, Lexicon.load(folder))
        return cls(features, Languages.load(folder), Intents.load(folder), Signals.load(folder), Urgent.load(folder))


def _by_kind(found: Sequence[str]) -> dict[str, list[str]]:
    return {kind: [label for label in found if label in taxonomy.labels_of(one)] for kind, one in KINDS.items()}
