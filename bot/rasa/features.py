"""Messages as sparse rows: letters inside words, words and pairs of words, concepts and pairs of concepts."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from bot.rasa.concepts import Lexicon, consonants
from bot.rasa.text import normal, words

SIZES = (2, 3, 4, 5)
GROUPS = ("letters", "words", "concepts")
WEIGHT = {"letters": 1.0, "words": 0.9, "concepts": 1.3}
APART = 4  # concepts at most this many words apart make an ordered pair
MANY = 12  # concepts in one message, above which all pairs would say little


def _key(group: str, what: str) -> int:
    return zlib.crc32(f"{group}\0{what}".encode())


def _letters(word: str) -> Iterator[str]:
    padded = f" {word} "
    for size in SIZES:
        for start in range(max(1, len(padded) - size + 1)):
            yield padded[start : start + size]


def _sounds(word: str, index: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The consonants of a word, so that Arabic in either script shares what it teaches."""
    sound = consonants(word)
    for heard in (sound, sound[1:]) if len(sound) > 3 and sound[0] in "bklwtnj" else (sound,):
        if len(heard) > 1:
            yield _key("sound", heard), (index,)


class Parts:
    """A message taken apart: every feature's key with the words (by index) that carry it, per group."""

    def __init__(self, text: str, lexicon: Lexicon, language: str | None) -> None:
        self.language = language
        self.text = text.replace("؟", "?").replace("፧", "?")
        self.spans = words(text)
        self.words = [normal(text[start:end]) for start, end in self.spans]
        self.concepts = lexicon.find(self.words, language)
        self.groups: dict[str, list[tuple[int, tuple[int, ...]]]] = {
            "letters": list(self._in_words()),
            "words": list(self._of_words()),
            "concepts": list(self._of_concepts()),
        }

    def _in_words(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        for index, word in enumerate(self.words):
            for part in _letters(word):
                yield _key("letters", part), (index,)

    def _of_words(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        for index, word in enumerate(self.words):
            yield _key("word", word), (index,)
            if index:
                yield _key("pair", f"{self.words[index - 1]} {word}"), (index - 1, index)
            if self.language == "ar":
                yield from _sounds(word, index)
        for mark in "?!":
            if mark in self.text:
                yield _key("mark", mark), ()
        yield _key("length", str(min(len(self.words), 4))), ()
        if self.words:
            yield _key("first", self.words[0]), (0,)

    def _of_concepts(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        if self.concepts:
            yield _key("begins", self.concepts[0][0]), ()
        for name, start, end in self.concepts:
            yield _key("concept", name), tuple(range(start, end))
        for place, (first, start, end) in enumerate(self.concepts):
            for second, begin, stop in self.concepts[place + 1 :]:
                if second != first and begin - end < APART and begin >= start:
                    yield _key("concepts", f"{first} {second}"), (*range(start, end), *range(begin, stop))
        names = sorted({name for name, _, _ in self.concepts})
        for first, second in combinations(names, 2) if len(names) <= MANY else ():
            yield _key("both", f"{first} {second}"), ()


class Features:
    """Rows of numbers for messages; keys are kept sorted, so that a feature's column is found by bisection."""

    def __init__(self, lexicon: Lexicon, keys: dict[str, Any] | None = None, weights: dict[str, Any] | None = None) -> None:
        self.lexicon = lexicon
        self._keys, self._weights = keys or {}, weights or {}

    @property
    def width(self) -> int:
        """How many columns a row has."""
        return sum(len(keys) for keys in self._keys.values())

    def parts(self, text: str, language: str | None) -> Parts:
        """A message taken apart with this lexicon."""
        return Parts(text, self.lexicon, language)

    def fit(self, messages: Sequence[Parts], at_least: int = 2) -> Features:
        """Choose the columns: what occurs in enough messages, rarer weighing more."""
        for group in GROUPS:
            seen = [np.unique(np.fromiter((key for key, _ in one.groups[group]), np.uint32)) for one in messages]
            keys, counts = np.unique(np.concatenate([np.empty(0, np.uint32), *seen]), return_counts=True)
            kept = counts >= at_least
            self._keys[group] = keys[kept]
            self._weights[group] = (np.log((1 + len(messages)) / (1 + counts[kept])) + 1).astype(np.float32)
        return self

    def columns(self, one: Parts) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The known columns of a message, each with the words that carry it (repeats included)."""
        for group in GROUPS:
            yield from self._columns(one, group)

    def _columns(self, one: Parts, group: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        keys, offset = self._keys[group], self._offset(group)
        found = one.groups[group]
        if not found or not len(keys):
            return
        wanted = np.fromiter((key for key, _ in found), np.uint32, len(found))
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        for place, hit, (_, carriers) in zip(places, keys[places] == wanted, found, strict=True):
            if hit:
                yield int(place) + offset, carriers

    def _offset(self, group: str) -> int:
        return sum(len(self._keys[name]) for name in GROUPS[: GROUPS.index(group)])

    def rows(self, messages: Iterable[Parts]) -> Any:
        """Messages as a float32 CSR matrix, each group of a row of its own length (WEIGHT)."""
        data, indices, ends = [], [], [0]
        for one in messages:
            for group in GROUPS:
                columns, counts = np.unique(np.fromiter((column for column, _ in self._columns(one, group)), np.int32), return_counts=True)
                values = (1 + np.log(counts)) * self._weights[group][columns - self._offset(group)]
                length = np.sqrt((values**2).sum())
                data.append((values * (WEIGHT[group] / length if length else 0)).astype(np.float32))
                indices.append(columns)
            ends.append(ends[-1] + sum(len(part) for part in indices[-len(GROUPS) :]))
        flat = np.concatenate(data) if data else np.empty(0, np.float32)
        return sp.csr_matrix((flat, np.concatenate(indices) if indices else np.empty(0, np.int32), ends), shape=(len(ends) - 1, self.width))

    def save(self, folder: Path) -> None:
        """Write columns and weights; the lexicon is data of its own."""
        arrays = {f"keys_{group}": self._keys[group] for group in GROUPS} | {f"weights_{group}": self._weights[group] for group in GROUPS}
        np.savez(folder / "features.npz", **arrays)

    @classmethod
    def load(cls, folder: Path, lexicon: Lexicon) -> Features:
        """Read what `save` wrote."""
        with np.load(folder / "features.npz") as found:
            return cls(lexicon, {g: found[f"keys_{g}"] for g in GROUPS}, {g: found[f"weights_{g}"] for g in GROUPS})
