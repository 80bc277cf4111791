"""Every text of the bot, by name and language, from bot/replies/ (standard library and PyYAML only)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.labels import taxonomy
from bot.messages import ChannelName, Choice, OutgoingKind

FOLDER = Path(__file__).resolve().parent / "replies"
SOURCE = "nl"
SECTIONS = ("choices", "labels", "replies")
# Left-to-right isolate and its end: keep "14 020" in order inside Arabic or Persian text (libraries.md, trap 8).
ISOLATE, END_ISOLATE = "\u2066", "\u2069"
RIGHT_TO_LEFT = frozenset({"ar", "fa"})
JOINED_ON = frozenset({"ar"})  # Arabic و, "and", is written on to the next word


@dataclass(frozen=True)
class Reply:
    """A reply rendered for one person: its kind, text and choices. `also`: replies that went before it in one message."""

    name: str
    kind: OutgoingKind
    text: str
    choices: tuple[Choice, ...] = ()
    also: tuple[str, ...] = ()


@cache
def turns() -> dict[str, dict[str, Any]]:
    """The language-free side of every reply: its choices, kind and values."""
    return {name: turn or {} for name, turn in _read("turns").items()}


@cache
def texts(language: str) -> dict[str, Any]:
    """One language's file. Raises FileNotFoundError for a language without texts."""
    return _read(language)


@cache
def available() -> tuple[str, ...]:
    """Languages whose texts are whole (those being begun are not offered), the source first."""
    found = sorted(path.stem for path in FOLDER.glob("??.yml") if texts(path.stem)["status"] != "begun")
    return (SOURCE, *(code for code in found if code != SOURCE))


def fingerprint(entry: Any) -> str:
    """The mark a translation carries of the Dutch entry it was written from."""
    canonical = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:8]


def choice(language: str, name: str) -> Choice:
    """One choice in a language; a language is called by its own name where the texts have no better."""
    found = texts(language)["choices"]
    code = name.removeprefix("lang_")
    entry = {"label": taxonomy()["languages"][code]} if name not in found and code in taxonomy()["languages"] else found[name]
    return Choice(name, entry["label"], tuple(str(word) for word in entry.get("words", ())))


def choices(language: str, names: Iterable[str]) -> tuple[Choice, ...]:
    """Choices in a language; `yes` and `no` also take the language's bare words."""
    found = []
    for name in names:
        one = choice(language, name)
        found.append(Choice(one.id, one.label, (*one.words, *words(language, name))) if name in ("yes", "no") else one)
    return tuple(found)


def words(language: str, name: str) -> tuple[str, ...]:
    """Bare words of a language: yes, no, stop, start, person, language, delete, explain, help, and."""
    return tuple(str(word) for word in texts(language).get("words", {}).get(name, ()))


def numbers(*codes: str) -> list[list[str]]:
    """Number words of several languages together, one list per number from 1."""
    lists = [texts(code).get("words", {}).get("numbers", []) for code in dict.fromkeys(codes)]
    return [[str(word) for per in lists if len(per) > index for word in per[index]] for index in range(max(map(len, lists), default=0))]


def render(
    name: str,
    language: str,
    channel: ChannelName,
    values: Mapping[str, Any] | None = None,
    offered: Iterable[str] | None = None,
    kind: OutgoingKind | None = None,
) -> Reply:
    """A reply by name in a language, its values filled in and its choices beside it.

    A value "@name" stands for that choice's or label's text; a list is joined as the language does.
    Raises KeyError when the reply or one of its values is missing: the gate keeps that from people.
    """
    turn, entry = turns()[name], texts(language)["replies"][name]
    text = entry["sms"] if channel == "sms" and "sms" in entry else entry["text"]
    filled = {key: _value(value, language, channel) for key, value in (values or {}).items()}
    ids = tuple(offered) if offered is not None else tuple(turn.get("choices", ()))
    return Reply(name, kind or turn.get("kind", "talk"), text.strip().format_map(filled), choices(language, ids))


def _value(value: Any, language: str, channel: ChannelName) -> str:
    if isinstance(value, (list, tuple)):
        return _joined([_value(one, language, channel) for one in value], language)
    text = str(value)
    if text.startswith("@"):
        return named(language, text[1:])
    if language in RIGHT_TO_LEFT and channel != "sms" and ISOLATE not in text and re.search(r"\d[\d ]*\d", text):
        return f"{ISOLATE}{text}{END_ISOLATE}"
    return text


def named(language: str, name: str) -> str:
    """The words for a label, a choice or a short text, whichever the language has."""
    found = texts(language)
    if name in found.get("labels", {}):
        entry = found["labels"][name]
        return str(entry["text"] if isinstance(entry, dict) else entry)
    return str(found["choices"][name]["label"])


def _joined(parts: list[str], language: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    joiner = words(language, "and")[0]
    between = f" {joiner}" if language in JOINED_ON else f" {joiner} "
    return "، ".join(parts[:-1]) + between + parts[-1] if language in RIGHT_TO_LEFT else ", ".join(parts[:-1]) + between + parts[-1]


def _read(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"), Loader=_Loader)
    return loaded


class _Loader(yaml.SafeLoader):
    """Keeps `yes`, `no`, `on` as words: they are answers here, not booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
