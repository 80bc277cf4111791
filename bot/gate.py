"""The gate: what is wrong with a language's texts, by file, key and word (conversation.md, rules 2-4).

Its lists are data: data/plain/<language>.yml holds `keeps_away` (starts of words that keep people away), `other_forms` (of address)
and `uncommon` (rare words that stay: why → words).
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from wordfreq import available_languages, zipf_frequency

from bot.choices import BUTTON, plain
from bot.keywords import CARRIER
from bot.replies import SECTIONS, SOURCE, fingerprint, texts, turns
from bot.segments import GSM_7, segments

FOLDER = Path(__file__).resolve().parent.parent / "data" / "plain"
WORDS_A_SENTENCE = 10
COMMON = 3.0  # Zipf frequency: once in a million words (libraries.md, B1 gate)
SEGMENTS = 3
IN_GSM = ("nl", "en")
# What must be said whole, however long.
LONG = {"safety_exploitation"}
# Turns that may be two messages on SMS, or longer by rule (conversation.md, rules 2, 6 and 8).
TWO_MESSAGES = ("consent_", "ask_consent", "intro")
THEIR_OWN_WORDS = {"goal_learn", "bad_school", "barrier_bad_school", "integration_duty", "barrier_integration_duty", "lang_ar"}
# Choices that do what the bare word does, and so may be called by it.
SAME = {
    "person": {"ask_human", "help_person", "minor_person", "formal_yes"}, "language": {"change_language", "lang_more"},
    "stop": {"stop_asked", "stop_yes"}, "delete": {"forget_me", "forget_yes"},
}  # fmt: skip
BARE = ("person", "language", "stop", "start", "delete", "explain", "help")


@dataclass(frozen=True)
class Language:
    """One language's texts as the gate reads them; `menus`: the choices that may stand together, by id."""

    code: str
    found: dict[str, Any]
    lists: dict[str, Any]
    menus: list[list[str]] = field(default_factory=list)

    def entries(self) -> Iterator[tuple[str, str]]:
        """(key, text) of all that a person may read."""
        for name, entry in self.found["replies"].items():
            yield from ((f"replies.{name}", entry[kind]) for kind in ("text", "sms") if kind in entry)
        for name, entry in self.found["choices"].items():
            yield f"choices.{name}", entry["label"]
        for name, entry in self.found["labels"].items():
            yield f"labels.{name}", entry["text"] if isinstance(entry, dict) else entry


@dataclass(frozen=True)
class Finding:
    """What is wrong, where."""

    file: str
    key: str
    rule: str
    word: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.rule}: {self.word}"


Rule = Callable[[Language], Iterable[tuple[str, str]]]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Add a rule; it gives (key, word) for everything that breaks it."""

    def add(check: Rule) -> Rule:
        RULES[name] = check
        return check

    return add


@cache
def lists(language: str) -> dict[str, Any]:
    """A language's word lists; empty ones when it has no file."""
    path = FOLDER / f"{language}.yml"
    found = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {"keeps_away": [], "other_forms": [], "uncommon": {}, **(found or {})}


def read(language: str, menus: Iterable[list[str]] = ()) -> Language:
    """A language as its files hold it; the fixed menus of turns.yml are always looked at."""
    fixed = [list(turn["choices"]) for turn in turns().values() if turn.get("choices")]
    return Language(language, texts(language), lists(language), [*fixed, *menus])


def findings(language: Language) -> list[Finding]:
    """Everything wrong with a language's texts; nothing else is looked at while entries are missing."""
    missing = [Finding(f"{language.code}.yml", key, "missing or left over", word) for key, word in _not_the_same(language)]
    if missing:
        return missing
    return [Finding(f"{language.code}.yml", key, name, word) for name, check in RULES.items() for key, word in check(language)]


def _not_the_same(language: Language) -> Iterator[tuple[str, str]]:
    for section in SECTIONS:
        ours, theirs = set(texts(SOURCE)[section]), set(language.found.get(section) or {})
        yield from ((f"{section}.{name}", "missing") for name in sorted(ours - theirs))
        yield from ((f"{section}.{name}", "left over") for name in sorted(theirs - ours))
    wanted = {*BARE, "yes", "no", "and", "numbers"}
    yield from (
        (f"words.{name}", "missing") for name in sorted(wanted - {key for key, held in language.found.get("words", {}).items() if held})
    )


@rule("of an older Dutch text")
def stale(language: Language) -> Iterator[tuple[str, str]]:
    """A translation of a text that has changed since."""
    if language.code == SOURCE:
        return
    for section in SECTIONS:
        for name, entry in texts(SOURCE)[section].items():
            if language.found[section][name].get("source") != fingerprint(entry):
                yield f"{section}.{name}", str(language.found[section][name].get("source", "no mark"))


@rule("placeholders")
def placeholders(language: Language) -> Iterator[tuple[str, str]]:
    """Those of turns.yml, no others; an SMS text may leave some out."""
    for name, entry in language.found["replies"].items():
        values = set(turns()[name].get("values", ()))
        wrong = _fields(entry["text"]) ^ values | _fields(entry.get("sms", "")) - values
        yield from ((f"replies.{name}", f"{{{one}}}") for one in sorted(wrong))


@rule("sentence too long")
def long_sentences(language: Language) -> Iterator[tuple[str, str]]:
    """At most ten words (rule 2)."""
    for key, text in language.entries():
        if key.split(".")[1] not in LONG:
            yield from ((key, one) for one in sentences(text) if len(one.split()) > WORDS_A_SENTENCE)


@rule("another form of address")
def other_forms(language: Language) -> Iterator[tuple[str, str]]:
    """One form per language, fixed in its file's head."""
    other = {plain(word) for word in language.lists["other_forms"]}
    for key, text in language.entries():
        yield from ((key, word) for word in words(text) if plain(word) in other)


@rule("keeps people away")
def keeps_away(language: Language) -> Iterator[tuple[str, str]]:
    """Threshold words, before the person uses them (rule 3)."""
    starts = [str(one) for one in language.lists["keeps_away"]]
    for key, text in language.entries():
        if key.split(".")[1] not in THEIR_OWN_WORDS:
            yield from ((key, word) for word in words(text) if any(_is(word, start) for start in starts))


@rule("not a common word")
def uncommon(language: Language) -> Iterator[tuple[str, str]]:
    """Words under Zipf 3 that are not on the list that says why they stay; where there is a frequency list."""
    if language.code not in available_languages("small"):
        return
    allowed = {plain(str(word)) for many in language.lists["uncommon"].values() for word in many}
    for key, text in language.entries():
        for word in words(re.sub(r"\{\w+\}", "", text)) if not key.startswith("choices.lang_") else ():
            rare = not word.isdecimal() and zipf_frequency(word, language.code) < COMMON
            if rare and plain(word) not in allowed:
                yield key, word


@rule("too many SMS segments")
def too_many_segments(language: Language) -> Iterator[tuple[str, str]]:
    """At most three, choices included (rule 2); values are counted as they are named."""
    for name, entry in language.found["replies"].items():
        menu = [language.found["choices"][one]["label"] for one in turns()[name].get("choices", ())]
        whole = "\n".join([entry.get("sms", entry["text"]), *(f"{number} {label}" for number, label in enumerate(menu, start=1))])
        if segments(whole) > SEGMENTS and not name.startswith(TWO_MESSAGES) and name not in LONG:
            yield f"replies.{name}", f"{segments(whole)} segments"


@rule("costs a second SMS alphabet")
def second_alphabet(language: Language) -> Iterator[tuple[str, str]]:
    """Dutch and English stay in GSM-7."""
    for key, text in language.entries() if language.code in IN_GSM else ():
        if not key.startswith("choices.lang_"):
            yield from ((key, char) for char in text if char not in GSM_7)


@rule("a picture")
def pictures(language: Language) -> Iterator[tuple[str, str]]:
    """They cost on SMS and can offend."""
    for key, text in language.entries():
        yield from ((key, char) for char in re.findall("[\U0001f000-\U0001faff\u2600-\u27bf]", text))


@rule("label too long for a button")
def long_labels(language: Language) -> Iterator[tuple[str, str]]:
    """Twenty characters."""
    for name, entry in language.found["choices"].items():
        if len(entry["label"]) > BUTTON:
            yield f"choices.{name}", entry["label"]


@rule("means two choices of one menu")
def same_word(language: Language) -> Iterator[tuple[str, str]]:
    """A label or word that two choices share would pick the first by accident."""
    for menu in language.menus:
        said: dict[str, str] = {}
        for one in dict.fromkeys(menu):
            entry = language.found["choices"][one]
            for word in sorted({plain(str(word)) for word in (entry["label"], *entry.get("words", ()))}):
                if said.setdefault(word, one) != one:
                    yield f"choices.{one}", f"{word} (also {said[word]})"


@rule("reserved")
def reserved(language: Language) -> Iterator[tuple[str, str]]:
    """A menu is looked at before bare words: it may not take a carrier's word, nor one that always works."""
    carriers = {plain(word) for many in CARRIER.values() for word in many} | {"help", "info"}
    for name, entry in language.found["choices"].items():
        said = {plain(str(word)) for word in (entry["label"], *entry.get("words", ()))}
        bare = {plain(str(word)) for meaning in BARE if name not in SAME.get(meaning, ()) for word in language.found["words"][meaning]}
        yield from ((f"choices.{name}", word) for word in sorted(said & (carriers | bare)))


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text."""
    return [one.strip() for one in re.split(r"[.!?؟።፧]+(?=\s|$)|\n", text) if one.strip()]


def words(text: str) -> list[str]:
    """The words of a text, folded."""
    folded = text.replace("İ", "i").casefold()  # casefold alone leaves Turkish İ as two characters
    return re.findall(r"[^\W_]+(?:['’ʼ][^\W_]+)*", folded)


def _is(word: str, start: str) -> bool:
    return word == start or (len(start) > 3 and word.startswith(start))


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
