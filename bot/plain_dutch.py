"""A look at Dutch that staff type: hard words with a simpler one beside it, long sentences, sentences without a doer.

A help, no judge: nothing is refused. The words are data: data/plain/simpler.yml. Nothing that was typed is kept or logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import yaml
from wordfreq import zipf_frequency

from bot.gate import COMMON, FOLDER, lists, sentences, words

WORDS_A_SENTENCE = 15
SHORT = 4  # letters: a part of a compound has at least these, and a shorter word is never rare
PART = 2.9  # Zipf frequency of each part of a compound that everybody reads
NEAR = 8  # words between "wordt" and its participle
DUTCH = 0.3  # of the words of a Dutch text are on the list of small words
BECOME = ("word", "wordt", "worden", "werd", "werden")
PARTICIPLE = re.compile(r"(?:\w{2,5})?ge\w{2,}(?:d|t|en)|(?:be|ver|ont|her|er)\w{3,}(?:d|t|en)")

Kind = Literal["word", "long", "passive"]


@dataclass(frozen=True)
class Finding:
    """What is hard to read: a word (with a simpler one where we know it) or a sentence."""

    kind: Kind
    found: str
    suggestion: str | None = None


def check(text: str) -> list[Finding]:
    """What is hard in a Dutch text, in its order, each thing once: sentences before the words in them."""
    found: list[Finding] = []
    for sentence in sentences(text):
        found += [*_long(sentence), *_passive(sentence), *_hard_words(sentence)]
    return list(dict.fromkeys(found))


def is_dutch(text: str) -> bool:
    """Whether a text of three words or more is Dutch, by its small words."""
    said = words(text)
    return len(said) > 2 and sum(word in _known()["dutch"] for word in said) >= DUTCH * len(said)


def pairs() -> dict[str, str]:
    """Every hard word or turn of phrase and what is simpler."""
    found: dict[str, str] = _known()["pairs"]
    return found


def _long(sentence: str) -> Iterator[Finding]:
    if len(sentence.split()) > WORDS_A_SENTENCE:
        yield Finding("long", sentence)


def _passive(sentence: str) -> Iterator[Finding]:
    said = words(sentence)
    for place, word in enumerate(said):
        after, before = said[place + 1 : place + 1 + NEAR], said[max(place - 1, 0) : place]
        if word in BECOME and any(_is_participle(one) for one in (*before, *after)):
            yield Finding("passive", sentence)
            return


def _is_participle(word: str) -> bool:
    return bool(PARTICIPLE.fullmatch(word)) and word not in _known()["participles"]


def _hard_words(sentence: str) -> Iterator[Finding]:
    rest = re.sub(r"\S*(?:@|://|www\.)\S*", " ", sentence)  # addresses are no words
    for match in _pattern().finditer(rest):
        yield Finding("word", match[0], pairs()[_plain(match[0])])
    rest = _pattern().sub(" ", rest)
    for place, word in enumerate(re.findall(r"[^\W\d_]+", rest)):
        named = word[0].isupper() and place > 0  # a name
        if not named and _is_rare(word.casefold()):
            yield Finding("word", word)


def _is_rare(word: str) -> bool:
    if len(word) < SHORT or word in _known()["known"] or zipf_frequency(word, "nl") >= COMMON:
        return False
    return not any(_is_common(word[:cut], word[cut:]) for cut in range(2, len(word) - 2))


def _is_common(first: str, last: str) -> bool:
    """Whether two parts are ordinary: a little word before a word (op-schrijven), or two words as one (fiets-les, verkeers-regel)."""
    if not _ordinary(last):
        return False
    return first in _known()["parts"] or _ordinary(first) or (first.endswith("s") and _ordinary(first[:-1]))


def _ordinary(part: str) -> bool:
    return len(part) >= SHORT and zipf_frequency(part, "nl") >= PART


def _plain(said: str) -> str:
    return " ".join(said.casefold().split())


@cache
def _pattern() -> re.Pattern[str]:
    """All hard words, the longest first: "aanvraag indienen" before "indienen"."""
    hard = sorted(pairs(), key=len, reverse=True)
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in hard) + r")(?!\w)", re.IGNORECASE)


@cache
def _known() -> dict[str, Any]:
    held = yaml.safe_load((FOLDER / "simpler.yml").read_text(encoding="utf-8"))
    known = {*held["known"], *(str(word) for many in lists("nl")["uncommon"].values() for word in many)}
    forms = {form.strip(): simpler for many, simpler in held["pairs"].items() for form in many.split("|")}
    return {"pairs": forms, "known": known, **{name: set(held[name]) for name in ("parts", "participles", "dutch")}}
