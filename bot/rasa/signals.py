"""Drivers, barriers, strengths and who writes: each label has its own linear model and its own threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.rasa.examples import KINDS, Example
from bot.rasa.linear import Linear

FOLDS = 3
GRID = np.arange(-0.9, 0.31, 0.05)


def labels_of(examples: Sequence[Example]) -> list[str]:
    """Every signal label the examples carry, sorted."""
    return sorted({label for one in examples for label in one.signals})


def wanted(examples: Sequence[Example], labels: Sequence[str]) -> Any:
    """Messages × labels, true where the message carries the label."""
    return np.array([[label in one.signals for label in labels] for one in examples], bool).reshape(len(examples), len(labels))


def folds(count: int, parts: int = FOLDS) -> Any:
    """The fold of each message, fixed."""
    return np.random.RandomState(7).permutation(count) % parts


def out_of_fold(rows: Any, targets: Any, labels: list[str], **how: Any) -> Any:
    """Scores of every message by a model that has not seen it."""
    fold = folds(rows.shape[0])
    scores = np.zeros(targets.shape, np.float32)
    for part in range(FOLDS):
        scores[fold == part] = Linear.train(rows[fold != part], targets[fold != part], labels, **how).scores(rows[fold == part])
    return scores


def thresholds(scores: Any, targets: Any) -> Any:
    """Per label the score above which it is said, best for F1; drawn towards the one that is best for all, as few examples mislead."""
    common = max(GRID, key=lambda at: _f1(scores > at, targets))
    found = np.full(targets.shape[1], common)
    for index in range(targets.shape[1]):
        count = targets[:, index].sum()
        best = max(GRID, key=lambda at: _f1(scores[:, index] > at, targets[:, index]))
        found[index] = (count * best + 40 * common) / (count + 40)
    return found.astype(np.float32)


def _f1(said: Any, targets: Any) -> float:
    return float(2 * (said & targets).sum() / max(1, said.sum() + targets.sum()))


def by_kind(labels: Sequence[str], kinds: dict[str, frozenset[str]]) -> dict[str, list[str]]:
    """Labels sorted into drivers, barriers, strengths, about."""
    return {kind: [label for label in labels if label in kinds[kind]] for kind in KINDS}
