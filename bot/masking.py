"""Numbers nobody needs to send here are masked before the first write (conversation.md, rule 7)."""

from __future__ import annotations

import re
from collections.abc import Callable

MARK = "•••"
_DIGITS = r"(?<![\d+])\d(?:[ .\-]?\d){%s}(?!\d)"


def _only_digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_bsn(found: str) -> bool:
    """The eleven test (Rijksdienst voor Identiteitsgegevens, BSN): weights 9 8 7 6 5 4 3 2 -1. Mobile numbers (06…) are not masked."""
    digits = _only_digits(found)
    if len(digits) != 9 or digits == "000000000":
        return False
    return sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=True)) % 11 == 0


def _is_card(found: str) -> bool:
    """The Luhn test (ISO/IEC 7812-1)."""
    if _only_digits(found).startswith(("00", "06", "316")):  # a phone number somebody wants to be called on
        return False
    digits = [int(digit) for digit in _only_digits(found)][::-1]
    return sum(digit if index % 2 == 0 else sum(divmod(digit * 2, 10)) for index, digit in enumerate(digits)) % 10 == 0


def _is_iban(found: str) -> bool:
    """The mod-97 test (ISO 13616)."""
    plain = re.sub(r"[^A-Za-z0-9]", "", found).upper()
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _without_words(found: str) -> str:
    """An IBAN may be followed by words, which look like more of it: as much of it, word by word, as holds."""
    ends = [match.start() for match in re.finditer(" ", found)]
    return next((found[:end] for end in (len(found), *reversed(ends)) if len(found[:end]) > 14 and _is_iban(found[:end])), found)


_RULES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("email", r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", lambda found: True),
    ("iban", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", _is_iban),
    ("card", _DIGITS % "12,18", _is_card),
    ("v_number", r"\b[Vv][ \-]?(?:nummer|number|nr)?[ .:\-]*(?:\d[ .]?){9}\d\b", lambda found: True),
    ("bsn", _DIGITS % "8", _is_bsn),
)


def mask(text: str) -> tuple[str, list[str]]:
    """A text without BSN, IBAN, card number, V-number or e-mail address, and which kinds were in it."""
    found: list[str] = []
    western = text.translate({ord(char): str(index % 10) for index, char in enumerate("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹")})
    for kind, pattern, holds in _RULES:
        for match in reversed(list(re.finditer(pattern, western, flags=re.IGNORECASE if kind == "iban" else 0))):
            number = _without_words(match.group()) if kind == "iban" else match.group()
            if holds(number):
                start, end = match.start(), match.start() + len(number)
                text, western = text[:start] + MARK + text[end:], western[:start] + MARK + western[end:]
                found.append(kind)
    return text, list(dict.fromkeys(found))
