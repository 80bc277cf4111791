"""Drivers, barriers, strengths and who writes: each label has its own linear model and its own threshold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bot.rasa.examples import Example
from bot.rasa.linear import Linear

PARTS = 3
GRID = np.arange(-0.9, 0.31, 0.05)
SHIFTS = np.arange(-0.3, 0.41, 0.02)
# Examples of a label worth as much as the common threshold: few examples mislead.
COMMON = 40
HOW = {"strictness": 0.3, "balance": 2.0}


def labels_of(examples: Sequence[Example]) -> list[str]:
    """Every signal label the examples carry, sorted."""
    return sorted({label for one in examples for label in one.signals})


def wanted(examples: Sequence[Example], labels: Sequence[str]) -> Any:
    """Messages × labels, true where the message carries the label."""
    return np.array([[label in one.signals for label in labels] for one in examples], bool).reshape(len(examples), len(labels))


def left_out(count: int) -> Any:
    """Which messages are left out to set thresholds on: one in PARTS, always the same."""
    return np.random.RandomState(7).permutation(count) % PARTS == 0


def f1(said: Any, targets: Any) -> float:
    """Micro-F1 of what was said against what is true."""
    return float(2 * (said & targets).sum() / max(1, said.sum() + targets.sum()))


def _thresholds(scores: Any, targets: Any) -> Any:
    """Per label the score above which it is said: best for its F1, drawn towards the one that is best for all."""
    common = max(GRID, key=lambda at: f1(scores > at, targets))
    found = np.full(targets.shape[1], common, np.float32)
    for index in range(targets.shape[1]):
        count = targets[:, index].sum()
        best = max(GRID, key=lambda at: f1(scores[:, index] > at, targets[:, index]))
        found[index] = (count * best + COMMON * common) / (count + COMMON)
    return found


class Signals:
    """Which signals a message carries."""

    def __init__(self, said: Linear, limits: Any, own: dict[str, float] | None = None) -> None:
        self.said, self.limits, self.own = said, limits, own or {}

    @classmethod
    def train(cls, rows: Any, examples: Sequence[Example]) -> Signals:
        """Train on labelled messages; thresholds on a part that a first model has not seen."""
        labels = labels_of(examples)
        targets = wanted(examples, labels)
        out = left_out(len(examples))
        first = Linear.train(rows[~out], targets[~out], labels, **HOW)
        return cls(Linear.train(rows, targets, labels, **HOW), _thresholds(first.scores(rows[out]), targets[out]))

    def tune(self, rows: Any, examples: Sequence[Example]) -> None:
        """Move all thresholds together to where the development messages are read best (they are written plainer than the training's)."""
        if len(examples) <= 50:
            return
        over, targets = self.said.scores(rows) - self.limits, wanted(examples, self.said.labels)
        best = float(max(SHIFTS, key=lambda shift: f1(over > shift, targets)))
        for language in {one.language for one in examples}:
            mine = np.array([one.language == language for one in examples])
            if mine.sum() > 50:  # few: halfway to what is best for all
                own = float(max(SHIFTS, key=lambda shift: f1(over[mine] > shift, targets[mine])))
                self.own[language] = (own - best) / 2
        self.limits = self.limits + best

    def find(self, row: Any, language: str | None = None) -> list[str]:
        """The labels of a message, surest first."""
        over = self.said.scores(row)[0] - self.limits - self.own.get(language or "", 0.0)
        return [self.said.labels[index] for index in np.argsort(-over) if over[index] > 0]

    def save(self, folder: Path) -> None:
        """Write into a model."""
        self.said.save(folder, "signals")
        limits = [round(float(one), 4) for one in self.limits]
        (folder / "signals-limits.json").write_text(json.dumps({"limits": limits, "own": self.own}))

    @classmethod
    def load(cls, folder: Path) -> Signals:
        """Read what `save` wrote."""
        found = json.loads((folder / "signals-limits.json").read_text())
        return cls(Linear.load(folder, "signals"), np.array(found["limits"], np.float32), found["own"])
