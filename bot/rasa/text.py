"""How a message is written down before anything looks at it: one spelling for what phones type in many."""

from __future__ import annotations

import re
import unicodedata

# Letters that people and keyboards interchange; decomposition does not fold these.
_FOLDED = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ئ": "ي", "ؤ": "و", "ة": "ه", "ک": "ك", "ی": "ي", "ہ": "ه", "گ": "ك",
        "ł": "l", "ø": "o", "ı": "i", "ß": "ss", "đ": "d", "æ": "ae", "œ": "oe",
        "’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": " ... ",
        "ـ": None, "\u200c": " ", "\u200d": None, "\u200e": None, "\u200f": None, "\u2060": None, "\ufeff": None, "\ufe0f": None,
    }
)  # fmt: skip
_ARABIC_MARKS = re.compile("[\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_LONG = re.compile(r"([^\W\d])\1{2,}")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NUMBER = re.compile(r"\d{5,}")
_SPACE = re.compile(r"\s+")
# A word: letters with the digits and apostrophes inside it (Arabic in Latin letters writes 3, 7 and 2 for letters); else one emoji.
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[\U0001F300-\U0001FAFF\u2600-\u27BF]")


def _digits(text: str) -> str:
    """Digits of every script as 0-9."""
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)


def normal(text: str) -> str:
    """A message in one spelling: case, marks, letter variants, digits and elongation folded."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    text = _ARABIC_MARKS.sub("", text)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = _LONG.sub(r"\1\1", _digits(text))
    return _SPACE.sub(" ", _NUMBER.sub("00000", _LINK.sub("www", text))).strip()


def words(text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand, as (start, end)."""
    return [match.span() for match in _WORD.finditer(text)]


def tokens(text: str) -> list[str]:
    """The words of a text, each in one spelling."""
    return [normal(text[start:end]) for start, end in words(text)]
