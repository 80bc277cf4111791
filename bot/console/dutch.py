"""In Dutch what was said in another language: our sentences, and the choices a person named (conversation.md, the other side)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.choices import resolve
from bot.console import phrases
from bot.messages import Choice
from bot.replies import SOURCE, available, numbers, texts, words

Offered = Sequence[Mapping[str, str]]  # choices as they stand in a message's body: id, label, "as"


def ours(body: Mapping[str, Any], reply: str | None, language: str | None) -> str | None:
    """The Dutch of a message of ours, its values left open; None where it is Dutch, or somebody's own words."""
    if body.get("language", language) == SOURCE:
        return None
    if body.get("phrase"):
        return _open(phrases.source(body["phrase"]))
    held = texts(SOURCE)["replies"]
    names = body.get("said") or [reply]
    lines = [held[name]["text"].strip() for name in names if name in held]
    offered = [label for one in body.get("choices") or () if (label := _label(one))]
    return _open("\n".join([*lines, *([" · ".join(offered)] if offered else [])])) or None


def theirs(text: str, offered: Offered, language: str | None) -> str | None:
    """The Dutch of the choice a person named; None for own words."""
    code = language if language in available() else SOURCE
    found = resolve(text, [Choice(one["id"], one["label"]) for one in offered], numbers(code, SOURCE), words(code, "and"), several=True)
    named = [label for one in offered if one["id"] in found and (label := _label(one))]
    return ", ".join(named) if named and code != SOURCE else None


def _label(one: Mapping[str, str]) -> str:
    entry = texts(SOURCE)["choices"].get(one.get("as") or one["id"])
    return str(entry["label"]) if entry else ""


def _open(text: str) -> str:
    return re.sub(r"\{\w+\}", "…", text)
