"""The concept lexicon: language-neutral ideas (CHILD, NOBODY, LOOK_AFTER …) with the words that say them, as data."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import yaml

from bot.rasa.text import normal

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Lexicon:
    """Finds concepts in the words of a message, in all languages at once: people mix them.

    A stem is one or more words; one ending in `*` matches every word that begins so, one beginning with `*` every word that ends so.
    """

    def __init__(self, stems: dict[str, list[str]]) -> None:
        self.stems = stems
        self._whole: dict[str, set[str]] = defaultdict(set)
        self._begin: dict[str, set[str]] = defaultdict(set)
        self._end: dict[str, set[str]] = defaultdict(set)
        self._phrases: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        for concept, found in stems.items():
            for stem in found:
                self._add(concept, stem)

    def _add(self, concept: str, stem: str) -> None:
        parts = stem.split()
        if len(parts) > 1:
            self._phrases[parts[0].rstrip("*")[:3]].append((concept, parts))
        elif stem.endswith("*"):
            self._begin[stem[:-1]].add(concept)
        elif stem.startswith("*"):
            self._end[stem[1:]].add(concept)
        else:
            self._whole[stem].add(concept)

    @classmethod
    def read(cls, folder: Path) -> Lexicon:
        """The lexicon of every language file in a folder (data/concepts)."""
        stems: dict[str, list[str]] = defaultdict(list)
        for path in sorted(folder.glob("*.yml")):
            for concept, found in (yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}).items():
                stems[concept].extend(_stem(str(one)) for one in found)
        return cls({concept: sorted(set(found)) for concept, found in sorted(stems.items())})

    def find(self, words: list[str]) -> list[tuple[str, int, int]]:
        """Concepts in the words of a message (normalised), as (concept, first word, one past the last), in order."""
        found: set[tuple[str, int, int]] = set()
        for index, word in enumerate(words):
            found |= {(concept, index, index + 1) for concept in self._of_word(word)}
            for concept, parts in self._phrases.get(word[:3], ()):
                if _matches(parts, words[index : index + len(parts)]):
                    found.add((concept, index, index + len(parts)))
        return sorted(found, key=lambda one: (one[1], one[2], one[0]))

    def _of_word(self, word: str) -> Iterable[str]:
        found = set(self._whole.get(word, ()))
        for cut in range(2, len(word) + 1):
            found |= self._begin.get(word[:cut], set())
            found |= self._end.get(word[-cut:], set())
        return found

    def save(self, folder: Path) -> None:
        """Write the lexicon into a model."""
        (folder / "concepts.json").write_text(json.dumps(self.stems, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read what `save` wrote."""
        return cls(json.loads((folder / "concepts.json").read_text(encoding="utf-8")))


def _stem(stem: str) -> str:
    """A stem in the spelling of messages; its stars stay."""
    head, tail = stem.startswith("*"), stem.endswith("*")
    return ("*" if head else "") + normal(stem.strip("*")) + ("*" if tail else "")


def _matches(parts: list[str], words: list[str]) -> bool:
    return len(parts) == len(words) and all(
        word.startswith(part[:-1]) if part.endswith("*") else part == "_" or word == part for part, word in zip(parts, words)
    )
