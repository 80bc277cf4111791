"""The person's own words that carried a label: where its weights lie in the message."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.rasa.features import Features, Parts

SHARE = 0.35  # a word belongs to the evidence when it carries at least this share of what the strongest word does
LONGEST = 8  # words
PARTING = ",.;:!?\n،؟؛…"


def weights_of_words(features: Features, parts: Parts, row: Any, weights: Any) -> Any:
    """How much each word of a message speaks for a label: its weights (at the row's columns), shared among the words that carry each."""
    values = dict(zip(row.indices.tolist(), (row.data * weights).tolist(), strict=True))
    carried = [(column, carriers) for column, carriers in features.columns(parts) if carriers]
    times: dict[int, int] = {}
    for column, _ in carried:
        times[column] = times.get(column, 0) + 1
    found = np.zeros(len(parts.words))
    for column, carriers in carried:
        for word in carriers:
            found[word] += values.get(column, 0.0) / times[column] / len(carriers)
    return found


def span(text: str, parts: Parts, found: Any) -> str:
    """The stretch of the text around the strongest word, as the person wrote it."""
    if not len(found):
        return text.strip()
    first = last = int(np.argmax(found))
    least = max(found[first] * SHARE, 1e-9)
    while last + 1 < len(found) and last - first + 1 < LONGEST and found[last + 1 : last + 3].max() >= least:
        last += 1
    while first > 0 and last - first + 1 < LONGEST and found[max(0, first - 2) : first].max() >= least:
        first -= 1
    first, last = _clause(text, parts, first, last)
    return text[parts.spans[first][0] : parts.spans[last][1]]


def _clause(text: str, parts: Parts, first: int, last: int) -> tuple[int, int]:
    """The stretch, widened to the words around it that stand in the same clause: one word alone tells a human little."""
    left, right = True, True
    while (left or right) and last - first + 1 < LONGEST:
        if left := first > 0 and not _parted(text, parts, first - 1):
            first -= 1
        if last - first + 1 < LONGEST and (right := last + 1 < len(parts.spans) and not _parted(text, parts, last)):
            last += 1
    return first, last


def _parted(text: str, parts: Parts, word: int) -> bool:
    """Whether a comma, a stop or a new line stands between a word and the next."""
    return any(char in PARTING for char in text[parts.spans[word][1] : parts.spans[word + 1][0]])
