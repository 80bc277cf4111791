"""One model of choices: understood as tap, number in any script, label, cut label or answer word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.messages import Choice

BUTTON = 20  # characters WhatsApp shows on a quick-reply button (developers.facebook.com, interactive messages)

# Letters that phones of one language write in two ways, and marks decomposition leaves on them.
SAME_LETTER = str.maketrans({"ı": "i", "ł": "l", "ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه"})
SHORTEST_CUT = 8  # characters: a label begun this far, and no other, is that label


def plain(text: str) -> str:
    """A text as compared: no case, no marks, no punctuation, one space between words."""
    spread = unicodedata.normalize("NFKD", text.casefold().translate(SAME_LETTER))
    kept = "".join(char if char.isalnum() else " " for char in spread if not unicodedata.combining(char) and char != "ـ")
    return " ".join(kept.split())


def cut(label: str, length: int = BUTTON) -> str:
    """A label as a carrier cuts it."""
    return label if len(label) <= length else label[: length - 1].rstrip() + "…"


def resolve(
    text: str,
    choices: Sequence[Choice],
    numbers: Sequence[Sequence[str]] = (),
    joiners: Sequence[str] = (),
    *,
    several: bool = False,
) -> list[str]:
    """The ids of the choices a whole text names, in the order said; empty when it says anything else.

    numbers: the number words of the person's language (and of Dutch), one list per number from 1.
    joiners: the words for "and". several: whether more than one may be named ("1 en 3", "13" is one number).
    """
    if one := _one(text, choices, numbers):
        return [one]
    parts = _parts(text, joiners)
    found = [_one(part, choices, numbers) for part in parts]
    if len(parts) < 2 or not several or None in found:
        return []
    return list(dict.fromkeys(one for one in found if one))


def _parts(text: str, joiners: Sequence[str]) -> list[str]:
    words = "|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in joiners)
    pattern = r"[,;،፣፡+&/\n]|\.\s" + (f"|{words}" if words else "")
    parts = [part.strip() for part in re.split(pattern, text, flags=re.IGNORECASE) if part and part.strip()]
    if len(parts) == 1 and re.fullmatch(r"\s*\d(\s+\d)+\s*", text):  # "1 3"
        return text.split()
    return parts


def _one(text: str, choices: Sequence[Choice], numbers: Sequence[Sequence[str]]) -> str | None:
    said = plain(text)
    if not said:
        return None
    if (number := _number(said, numbers)) is not None:
        return choices[number - 1].id if 1 <= number <= len(choices) else None
    for choice in choices:
        if said in _names(choice):
            return choice.id
    begun = [choice.id for choice in choices if len(said) >= SHORTEST_CUT and plain(choice.label).startswith(said)]
    return begun[0] if len(begun) == 1 else None


def _names(choice: Choice) -> set[str]:
    names = (choice.id, choice.label, cut(choice.label).rstrip("…"), *choice.words)
    return {plain(name) for name in names} - {""}


def _number(said: str, numbers: Sequence[Sequence[str]]) -> int | None:
    """2, ٢, ۲, "2." (plain has taken the point) or a number word."""
    if len(said) <= 2 and all(unicodedata.decimal(char, None) is not None for char in said):
        return int("".join(str(unicodedata.decimal(char)) for char in said))
    for index, words in enumerate(numbers, start=1):
        if said in {plain(word) for word in words}:
            return index
    return None


def as_lines(choices: Sequence[Choice]) -> str:
    """Choices as numbered lines, for channels or menus without buttons."""
    return "\n".join(f"{index}. {choice.label}" for index, choice in enumerate(choices, start=1))
