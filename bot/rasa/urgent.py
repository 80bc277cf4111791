"""Danger in a message: sure, maybe or none. Recall first: a linear model, and rules over concepts that it cannot overrule quietly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import yaml
from spacy.matcher import Matcher
from spacy.tokens import Doc, Token

from bot.labels import URGENT_ORDER
from bot.rasa.examples import Example
from bot.rasa.features import Parts
from bot.rasa.linear import Linear

RULES = Path(__file__).resolve().parent.parent.parent / "data" / "concepts" / "urgent.yml"
GAP = 4  # words that may stand between two concepts of a rule
# Shares of development messages without danger whose score may alarm: as sure, as sure where a rule holds too, as maybe.
# docs/understanding.md says what each costs in recall.
FALSE_SURE, FALSE_RULED, FALSE_MAYBE = 0.003, 0.012, 0.08
HEADS = ("any", "sure")

if not Token.has_extension("concepts"):
    Token.set_extension("concepts", default=None)


def targets(examples: Sequence[Example]) -> Any:
    """Messages × (any, sure, each danger), bool."""
    return np.array(
        [[bool(one.urgent), one.urgent_strength == "sure", *(one.urgent == danger for danger in URGENT_ORDER)] for one in examples], bool
    ).reshape(len(examples), len(HEADS) + len(URGENT_ORDER))


class Rules:
    """The rules of data/concepts/urgent.yml as spaCy patterns over the concepts of each word."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.found = found
        self._blank = spacy.blank("xx")
        self._matcher = Matcher(self._blank.vocab)
        for danger, patterns in found["rules"].items():
            self._matcher.add(danger, [_pattern(concepts) for concepts in patterns])

    def match(self, parts: Parts) -> dict[str, tuple[int, int]]:
        """Dangers whose rule holds, with the words (first, one past the last) that made it hold; none in a calm message."""
        if not parts.words or any(name in self.found["calm"] for name, _, _ in parts.concepts):
            return {}
        doc = Doc(self._blank.vocab, words=parts.words)
        of: list[list[str]] = [[] for _ in parts.words]
        for name, start, end in parts.concepts:
            for index in {start, end - 1}:
                of[index].append(name)
        for token, names in zip(doc, of, strict=True):
            token._.concepts = names
        return {self._blank.vocab.strings[key]: (start, end) for key, start, end in self._matcher(doc)}


def _pattern(concepts: Sequence[str]) -> list[dict[str, Any]]:
    """A spaCy pattern: each concept on a word, at most GAP words between."""
    found: list[dict[str, Any]] = []
    for place, concept in enumerate(concepts):
        found += [{"OP": "?"}] * GAP if place else []
        found.append({"_": {"concepts": {"IS_SUPERSET": [concept]}}})
    return found


def _limits(sure: Any, maybe: Any) -> dict[str, float]:
    """Where the allowed shares of harmless messages' scores begin."""
    return {
        "sure": float(np.quantile(sure, 1 - FALSE_SURE)),
        "ruled": float(np.quantile(sure, 1 - FALSE_RULED)),
        "maybe": float(np.quantile(maybe, 1 - FALSE_SURE - FALSE_MAYBE)),
    }


class Urgent:
    """Which danger a message speaks of, and how sure that is."""

    def __init__(self, heads: Linear, rules: Rules, limits: dict[str, float], own: dict[str, dict[str, float]] | None = None) -> None:
        self.heads, self.rules, self.limits, self.own = heads, rules, limits, own or {}

    @classmethod
    def train(cls, rows: Any, examples: Sequence[Example]) -> Urgent:
        """Train on labelled messages; limits come from `tune`."""
        heads = Linear.train(rows, targets(examples), [*HEADS, *URGENT_ORDER], strictness=0.3, balance=2.0)
        return cls(heads, Rules(yaml.safe_load(RULES.read_text(encoding="utf-8"))), {"sure": 0.5, "ruled": 0.0, "maybe": 0.0})

    def tune(self, rows: Any, examples: Sequence[Example]) -> None:
        """Set the limits where the allowed shares of harmless messages alarm."""
        sure, maybe, _ = self._scores(self.heads.scores(rows))
        calm = np.array([not one.urgent for one in examples])
        if calm.sum() <= 50:
            return
        self.limits = _limits(sure[calm], maybe[calm])
        for language in {one.language for one in examples}:
            mine = calm & np.array([one.language == language for one in examples])
            if mine.sum() > 50:  # few: halfway to what holds for all
                own = _limits(sure[mine], maybe[mine])
                self.own[language] = {name: (own[name] + limit) / 2 for name, limit in self.limits.items()}

    def _scores(self, scores: Any) -> tuple[Any, Any, Any]:
        """Scores for sure and for maybe, and the likeliest danger, of each message."""
        dangers = scores[:, len(HEADS) :]
        likeliest = dangers.max(axis=1)
        return scores[:, 1] + likeliest, scores[:, 0] + likeliest, dangers.argmax(axis=1)

    def find(self, row: Any, parts: Parts) -> tuple[str | None, str | None]:
        """The danger and its strength, or (None, None)."""
        (sure,), (maybe,), (danger,) = self._scores(self.heads.scores(row))
        ruled, limits = self.rules.match(parts), self.own.get(parts.language or "", self.limits)
        if sure > limits["ruled" if ruled else "sure"]:
            return self._name(danger, ruled), "sure"
        if ruled or maybe > limits["maybe"]:
            return self._name(danger, ruled), "maybe"
        return None, None

    def _name(self, danger: int, ruled: dict[str, Any]) -> str:
        """The model's danger; where only other rules hold, the one of those that can kill first."""
        return URGENT_ORDER[danger] if not ruled or URGENT_ORDER[danger] in ruled else min(ruled, key=URGENT_ORDER.index)

    def save(self, folder: Path) -> None:
        """Write into a model."""
        self.heads.save(folder, "urgent")
        (folder / "urgent-rules.json").write_text(json.dumps({"found": self.rules.found, "limits": self.limits, "own": self.own}))

    @classmethod
    def load(cls, folder: Path) -> Urgent:
        """Read what `save` wrote."""
        found = json.loads((folder / "urgent-rules.json").read_text())
        return cls(Linear.load(folder, "urgent"), Rules(found["found"]), found["limits"], found["own"])
