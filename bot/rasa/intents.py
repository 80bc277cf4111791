"""The dialogue act of a message: one linear model an intent, and confidences that mean what they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.rasa.examples import Example
from bot.rasa.linear import Linear

SHARPNESS = np.arange(1.0, 8.1, 0.5)
# Training has far more `tell_situation` (every signal needs rows) than people send: its score may be drawn down by as much as this.
OFTEN = "tell_situation"
DRAWN = np.arange(0.0, 0.51, 0.05)


class Intents:
    """Intents by confidence."""

    def __init__(self, said: Linear, sharpness: float = 4.0, drawn: float = 0.0) -> None:
        self.said, self.sharpness, self.drawn = said, sharpness, drawn

    @classmethod
    def train(cls, rows: Any, examples: Sequence[Example]) -> Intents:
        """Train on labelled messages."""
        names = sorted({one.intent for one in examples})
        targets = np.array([[one.intent == name for name in names] for one in examples], bool)
        return cls(Linear.train(rows, targets, names, strictness=0.5))

    def tune(self, rows: Any, examples: Sequence[Example]) -> None:
        """Set the common intent's handicap for the most right answers, then the sharpness for confidences that hold."""
        known = [place for place, one in enumerate(examples) if one.intent in self.said.labels]
        if len(known) <= 50:
            return
        scores = self.said.scores(rows[known])
        truth = np.array([self.said.labels.index(examples[place].intent) for place in known])
        self.drawn = float(max(DRAWN, key=lambda drawn: (self._weighed(scores, drawn).argmax(axis=1) == truth).mean()))
        scores = self._weighed(scores, self.drawn)
        self.sharpness = float(max(SHARPNESS, key=lambda sharp: np.log(_shares(scores * sharp)[np.arange(len(truth)), truth]).mean()))

    def _weighed(self, scores: Any, drawn: float) -> Any:
        return scores - drawn * np.array([name == OFTEN for name in self.said.labels])

    def rank(self, row: Any) -> list[tuple[str, float]]:
        """Every intent with its confidence, surest first."""
        shares = _shares(self._weighed(self.said.scores(row), self.drawn) * self.sharpness)[0]
        return [(self.said.labels[index], float(shares[index])) for index in np.argsort(-shares)]

    def save(self, folder: Path) -> None:
        """Write into a model."""
        self.said.save(folder, "intents")
        (folder / "intents-how.json").write_text(json.dumps([self.sharpness, self.drawn]))

    @classmethod
    def load(cls, folder: Path) -> Intents:
        """Read what `save` wrote."""
        return cls(Linear.load(folder, "intents"), *json.loads((folder / "intents-how.json").read_text()))


def _shares(scores: Any) -> Any:
    """Scores as shares of one (softmax)."""
    found = np.exp(scores - scores.max(axis=1, keepdims=True))
    return found / found.sum(axis=1, keepdims=True)
