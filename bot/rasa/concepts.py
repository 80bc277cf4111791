"""The concept lexicon: language-neutral ideas (CHILD, NOBODY, HIT …) with the words that say them, as data.

A stem ending in `*` matches words that begin so, one beginning with `*` words that end so, `a*b` words that begin and end so.
A phrase is words in this order, each at most one word after the last. Arabic words are tried without their little prefixes;
Arabic in Latin letters is compared by its consonants.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import yaml

from bot.rasa.text import normal

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Found = tuple[str, int, int]

# Arabic writes these into the word: and, so, the, with, to, like, on, this; and the marks of person and time of a verb.
_CLITICS = (
    "وال", "بال", "فال", "كال", "عال", "هال", "لل", "ال", "و", "ف", "ب", "ل", "ك", "ه", "ع", "ش",
    "عم", "رح", "كن", "كت", "كي", "بت", "بن", "بي", "با", "حن", "حت", "حي", "حا", "سن", "ست", "سي", "سا",
    "ا", "ن", "ت", "ي", "م", "ما",
)  # fmt: skip
# The consonants of Arabic in both scripts; vowels are written as it comes and left out.
_ARABIC = {
    "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "h", "خ": "X", "د": "d", "ذ": "d", "ر": "r", "ز": "z", "س": "s", "ش": "S",
    "ص": "s", "ض": "d", "ط": "t", "ظ": "z", "ع": "E", "غ": "G", "ف": "f", "ق": "q", "ك": "k", "ل": "l",
    "م": "m", "ن": "n", "ه": "h", "چ": "S", "پ": "b", "ڤ": "f",
}  # fmt: skip
_LATIN = {
    "kh": "X", "gh": "G", "sh": "S", "ch": "S", "th": "t", "dh": "d", "3": "E", "7": "h", "5": "X", "8": "G", "9": "q", "x": "X",
    "b": "b", "c": "k", "d": "d", "f": "f", "g": "j", "h": "h", "j": "j", "k": "k", "l": "l", "m": "m",
    "n": "n", "p": "b", "q": "q", "r": "r", "s": "s", "t": "t", "v": "f", "z": "z",
}  # fmt: skip
# Words shorter than this mean something else in the next language ("die", "arm", "bang"): not borrowed.
BORROWED_FROM = 5
# Institutions and everyday things keep their Dutch name in every language.
LENDERS = ("nl", "en")


def consonants(word: str) -> str:
    """What Arabic leaves of a word in either script: its consonants, doubled ones once."""
    found, index = "", 0
    while index < len(word):
        pair, letter = word[index : index + 2], word[index]
        sound = _LATIN.get(pair) if len(pair) == 2 and pair in _LATIN else _ARABIC.get(letter, _LATIN.get(letter, ""))
        index += 2 if pair in _LATIN and len(pair) == 2 else 1
        if sound and not found.endswith(sound):
            found += sound
    return found


class _Phrases:
    """Phrases by how their first word begins: most words of a message begin none."""

    def __init__(self) -> None:
        self._of: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)

    def add(self, concept: str, parts: tuple[str, ...]) -> None:
        """Add a phrase of two or more parts."""
        self._of[parts[0]].append((concept, parts))

    def find(self, words: list[str], own: bool) -> Iterator[Found]:
        """The phrases in some words; not the person's own language: only phrases of three words and more."""
        for start, word in enumerate(words):
            for begun in (word, *(f"{word[:cut]}*" for cut in range(1, len(word) + 1))):
                for concept, parts in self._of.get(begun, ()):
                    end = _match(parts, words, start)
                    if end and (own or end - start > 2):
                        yield concept, start, end


class _Stems:
    """The stems of one language, indexed by how they match."""

    def __init__(self, stems: dict[str, list[str]]) -> None:
        self.whole: dict[str, set[str]] = defaultdict(set)
        self.begin: dict[str, set[str]] = defaultdict(set)
        self.end: dict[str, set[str]] = defaultdict(set)
        self.around: list[tuple[str, str, str]] = []
        self.phrases = _Phrases()
        self.sounds: dict[str, set[str]] = defaultdict(set)
        self.spoken = _Phrases()
        for concept, found in stems.items():
            for stem in found:
                self._add(concept, stem)

    def _add(self, concept: str, stem: str) -> None:
        parts = tuple(stem.split())
        if len(parts) > 1:
            self.phrases.add(concept, parts)
        elif stem.endswith("*"):
            self.begin[stem[:-1]].add(concept)
        elif stem.startswith("*"):
            self.end[stem[1:]].add(concept)
        elif "*" in stem:
            self.around.append((*stem.split("*", 1), concept))  # type: ignore[arg-type]
        else:
            self.whole[stem].add(concept)
        if "\u0600" <= stem[:1] <= "\u06ff":
            self._add_sound(concept, parts)

    def _add_sound(self, concept: str, parts: tuple[str, ...]) -> None:
        """Index an Arabic stem by its consonants, for Arabic in Latin letters."""
        sounds = tuple(consonants(part) + ("*" if part.endswith("*") else "") for part in parts)
        heard = sum(len(sound.rstrip("*")) for sound in sounds)
        if len(parts) > 1 and heard > 3 and all(sounds):
            self.spoken.add(concept, sounds)
        elif len(parts) == 1 and heard > (3 if parts[0].endswith("*") else 2):
            self.sounds[sounds[0].rstrip("*")].add(concept)

    def of(self, word: str) -> set[str]:
        """Concepts of a word as it stands."""
        found = set(self.whole.get(word, ()))
        for cut in range(2, len(word) + 1):
            found |= self.begin.get(word[:cut], set()) | self.end.get(word[-cut:], set())
        return found | {concept for head, tail, concept in self.around if len(word) > 3 and word.startswith(head) and word.endswith(tail)}


class Lexicon:
    """Finds concepts in the words of a message of a known language; Dutch and English words are known everywhere."""

    def __init__(self, stems: dict[str, dict[str, list[str]]]) -> None:
        self.stems = stems
        self._of = {language: _Stems(found) for language, found in stems.items()}
        self.names = sorted({concept for found in stems.values() for concept in found})

    @classmethod
    def read(cls, folder: Path) -> Lexicon:
        """The lexicon of every language file in a folder (data/concepts)."""
        found = {}
        for path in sorted(folder.glob("??.yml")):
            entries = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER) or {}
            found[path.stem] = {concept: sorted({_spelt(str(stem)) for stem in stems}) for concept, stems in entries.items()}
        return cls(found)

    def words(self) -> list[tuple[str, str]]:
        """(text, language) of every stem: what tells languages apart where messages are few, above all in borrowed letters."""
        whole = ((stem.rstrip("*"), code) for code, found in self.stems.items() for stems in found.values() for stem in stems)
        return [(text, code) for text, code in whole if "*" not in text]

    def find(self, words: list[str], language: str | None) -> list[Found]:
        """Concepts in normalised words, as (concept, first word, one past the last), in order."""
        found: set[Found] = set()
        for index, word in enumerate(words):
            found |= {(concept, index, index + 1) for concept in self._of_word(word, language)}
        for one in dict.fromkeys((language, *LENDERS)):
            if one in self._of:
                found |= set(self._of[one].phrases.find(words, one == language))
        if language == "ar" and "ar" in self._of and any(word[:1].isascii() for word in words):
            found |= set(self._of["ar"].spoken.find([consonants(word) for word in words], True))
        return sorted(found, key=lambda one: (one[1], one[2], one[0]))

    def _of_word(self, word: str, language: str | None) -> set[str]:
        own = self._of.get(language or "")
        if own:
            found = own.of(word)
            if language == "ar":
                found |= _arabic(own, word)
            if found:
                return found
        if own and len(word) < BORROWED_FROM:
            return set()
        for lender in LENDERS:
            if lender in self._of and lender != language and (found := self._of[lender].of(word)):
                return found
        return set()

    def save(self, folder: Path) -> None:
        """Write the lexicon into a model."""
        (folder / "concepts.json").write_text(json.dumps(self.stems, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Lexicon:
        """Read what `save` wrote."""
        return cls(json.loads((folder / "concepts.json").read_text(encoding="utf-8")))


def _arabic(own: _Stems, word: str) -> set[str]:
    """Concepts of an Arabic word without its prefixes, or by its consonants when it is in Latin letters."""
    if "\u0600" <= word[:1] <= "\u06ff":
        bare = {word[len(one) :] for one in _CLITICS if word.startswith(one) and len(word) - len(one) > 2}
        return {concept for one in bare for concept in own.of(one)}
    sound = consonants(word)
    tries = (sound, sound[1:]) if len(sound) > 3 and sound[0] in "bkntlm" else (sound,)
    return {concept for one in tries for concept in own.sounds.get(one, ())}


def _spelt(stem: str) -> str:
    """A stem in the spelling of messages; its stars stay."""
    return " ".join("*".join(normal(piece) for piece in part.split("*")) for part in stem.split())


def _match(parts: tuple[str, ...], words: list[str], start: int) -> int:
    """One past the last word of a phrase that begins at a word, or 0."""
    at = start
    for place, part in enumerate(parts):
        for step in (0, 1) if place else (0,):
            if at + step < len(words) and _is(part, words[at + step]):
                at += step + 1
                break
        else:
            return 0
    return at


def _is(part: str, word: str) -> bool:
    return word.startswith(part[:-1]) if part.endswith("*") else word == part
