"""Ready phrases: checked sentences in the person's language, with typed places to fill in (bot/phrases/)."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot import moments
from bot.inbox import clean
from bot.replies import SOURCE

FOLDER = Path(__file__).resolve().parents[1] / "phrases"
LONGEST = {"name": 40, "person": 40, "place": 80, "word": 24}


@dataclass(frozen=True)
class Phrase:
    """A phrase in a person's language, with the Dutch beside it; `values`: what to fill in, by kind."""

    name: str
    topic: str
    values: dict[str, str]
    text: str
    source: str


def offered(language: str | None) -> list[Phrase]:
    """All phrases in a language; none when it has no file."""
    ours, theirs = _texts(SOURCE), _texts(language or SOURCE)
    rows = [(name, turn or {}) for name, turn in _turns().items() if name in theirs]
    return [Phrase(name, turn["topic"], turn.get("values", {}), theirs[name]["text"], ours[name]["text"]) for name, turn in rows]


def source(name: str) -> str:
    """The Dutch of a phrase, its places open; empty when there is none of this name."""
    return str(_texts(SOURCE).get(name, {}).get("text", ""))


def by_topic(language: str | None) -> dict[str, list[Phrase]]:
    """All phrases in a language under their topics, both in the order of phrases.yml."""
    found: dict[str, list[Phrase]] = {}
    for phrase in offered(language):
        found.setdefault(phrase.topic, []).append(phrase)
    return found


def render(name: str, language: str | None, channel: str, values: Mapping[str, str]) -> str:
    """A phrase ready to send. Raises KeyError (no such phrase in this language) or ValueError (a value is missing or wrong)."""
    code = language or SOURCE
    text, turn = str(_texts(code)[name]["text"]), _turns()[name] or {}
    wanted = turn.get("values", {})
    filled = {key: _value(kind, values.get(key, ""), code, channel) for key, kind in wanted.items()}
    return text.format_map(filled)


def _value(kind: str, given: str, language: str, channel: str) -> str:
    given = " ".join(clean(given).split())
    if kind == "day":
        return moments.day(date.fromisoformat(given), language)
    if kind == "time":
        return moments.clock(time.fromisoformat(given), language, channel)
    if not given or len(given) > LONGEST[kind]:
        raise ValueError(kind)
    return given


def places(text: str) -> set[str]:
    """The names of the places to fill in."""
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


@cache
def _turns() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "phrases.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def _texts(language: str) -> dict[str, Any]:
    path = FOLDER / f"{language}.yml"
    if not (language.isalpha() and path.exists()):
        return {}
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["phrases"]
    return found
