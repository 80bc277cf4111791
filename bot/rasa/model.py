"""Everything that understands a message, in one: trained together, saved together (no rasa in here)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot import labels as taxonomy
from bot.rasa import signals
from bot.rasa.concepts import Lexicon
from bot.rasa.examples import KINDS, Example
from bot.rasa.features import Features
from bot.rasa.language import Languages
from bot.rasa.linear import Linear

SHARPNESS = 4.0


class Model:
    """Reads a message: intent and its rivals, signals, urgency, evidence, language."""

    def __init__(self, features: Features, intents: Linear, said: Linear, limits: Any, urgent: Linear, languages: Languages) -> None:
        self.features, self.intents, self.said, self.limits, self.urgent, self.languages = features, intents, said, limits, urgent, languages

    @classmethod
    def train(cls, examples: Sequence[Example], lexicon: Lexicon) -> Model:
        """Train on labelled messages."""
        features = Features(lexicon)
        parts = [features.parts(one.text) for one in examples]
        rows = features.fit(parts).rows(parts)
        names = sorted({one.intent for one in examples})
        intents = Linear.train(rows, np.array([[one.intent == name for name in names] for one in examples]), names)
        labels = signals.labels_of(examples)
        targets = signals.wanted(examples, labels)
        limits = signals.thresholds(signals.out_of_fold(rows, targets, labels, strictness=0.3, balance=3.0), targets)
        said = Linear.train(rows, targets, labels, strictness=0.3, balance=3.0)
        dangers = sorted({one.urgent for one in examples if one.urgent})
        urgent = Linear.train(rows, np.array([[one.urgent == danger for danger in dangers] for one in examples]).reshape(len(examples), len(dangers)), dangers)
        return cls(features, intents, said, limits, urgent, Languages.train([one.text for one in examples], [one.language for one in examples]))

    def read(self, text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The intents by confidence, and the other labels (`bot.rasa.reading.Reading`)."""
        parts = self.features.parts(text)
        row = self.features.rows([parts])
        scores = self.intents.scores(row)[0] * SHARPNESS
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        ranking = [{"name": self.intents.labels[i], "confidence": float(shares[i])} for i in np.argsort(-shares)]
        language, sure = self.languages.find(text)
        over = self.said.scores(row)[0] - self.limits
        found = [self.said.labels[i] for i in np.argsort(-over) if over[i] > 0]
        return ranking, {**_by_kind(found), "language": language, "language_confidence": sure}

    def save(self, folder: Path) -> None:
        """Write every part into a folder."""
        self.features.save(folder)
        self.features.lexicon.save(folder)
        self.intents.save(folder, "intents")
        self.said.save(folder, "signals")
        self.urgent.save(folder, "urgent")
        self.languages.save(folder)
        (folder / "limits.json").write_text(json.dumps([round(float(one), 4) for one in self.limits]))

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read what `save` wrote."""
        features = Features.load(folder, Lexicon.load(folder))
        limits = np.array(json.loads((folder / "limits.json").read_text()), np.float32)
        linear = (Linear.load(folder, name) for name in ("intents", "signals", "urgent"))
        intents, said, urgent = linear
        return cls(features, intents, said, limits, urgent, Languages.load(folder))


def _by_kind(found: Sequence[str]) -> dict[str, list[str]]:
    return {kind: [label for label in found if label in taxonomy.labels_of(one)] for kind, one in KINDS.items()}
