"""Messages kept apart from training stay apart: what a test measures was not learnt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from bot.labels import languages
from bot.rasa.examples import Example, heldout, training
from bot.rasa.text import normal, words

DATA = Path(__file__).resolve().parents[2] / "data"
SHORT = 5  # words: below this people do write the same ("ja", "ik zoek werk", "is dit de gemeente?")
ALIKE = 0.75  # share of the words of both that they have in common


@cache
def sets() -> tuple[list[Example], ...]:
    """Training, development, test."""
    return training(DATA), heldout(DATA, "dev"), heldout(DATA, "test")


def said(one: Example) -> frozenset[str]:
    """A message's words, as compared."""
    return frozenset(normal(one.text[start:end]) for start, end in words(one.text))


def alike(kept: list[Example], others: list[Example]) -> Iterator[tuple[str, str]]:
    """Pairs of nearly the same words, by looking only at messages that share a rare word."""
    having: dict[str, list[tuple[frozenset[str], Example]]] = defaultdict(list)
    for one in others:
        found = said(one)
        for word in found:
            having[word].append((found, one))
    for one in kept:
        mine = said(one)
        if len(mine) >= SHORT:
            rare = sorted(mine, key=lambda word: len(having[word]))[: len(mine) // 3 + 1]
            near = {other.text: found for word in rare for found, other in having[word]}
            yield from ((one.text, text) for text, found in near.items() if len(mine & found) / len(mine | found) >= ALIKE)


@pytest.mark.parametrize("language", languages())
def test_no_message_kept_apart_is_nearly_one_of_another_set(language: str) -> None:
    train, dev, test = ([one for one in found if one.language == language] for found in sets())
    assert len(test) >= 300, "messages to measure with"
    assert len(dev) >= 170
    assert not [*alike(dev, train), *alike(test, train), *alike(test, dev)]
