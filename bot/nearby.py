"""Which places are near what somebody wrote: by name, neighbourhood, town or postcode. No map, no network.

The standard library and bot.choices only: actions read this.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.choices import plain

Place = TypeVar("Place", bound=Mapping[str, Any])
# How near, nearest first.
HERE, QUARTER, DISTRICT, TOWN, REGION = range(5)
NAMED = {"name": HERE, "neighbourhood": QUARTER, "also": QUARTER, "town": TOWN}
ENDED = 5  # letters a name has at least before an ending is overlooked
MISTYPED = 6  # … or one wrong letter, never the first: woorden is not Noorden
LONGEST = 120  # words of a message that are looked at
ENDING = 3  # letters: Amsterdamda, Amsterdamie
BEFORE = ("ال", "ب", "بال", "ل", "لل", "في", "و")  # what Arabic writes on to a name
YEARS = {str(year) for year in range(1940, 2040)}
_POSTCODE = re.compile(r"([1-9]\d{3})(?:[a-z]{2})?")


@dataclass(frozen=True)
class _Match:
    """A name found in the words from `start` up to `end`."""

    place: int
    level: int
    start: int
    end: int
    exact: bool

    def gives_way_to(self, other: _Match) -> bool:
        """Zuid-Oost is not Oost, and what is written right is no other name with a mistake."""
        within = other.start <= self.start and self.end <= other.end
        longer = other.end - other.start > self.end - self.start
        return within and (longer or (other.exact and not self.exact))


def nearby(text: str, places: Sequence[Place]) -> list[Place]:
    """The places a text names or that lie near what it names, nearest first; as near, in the order given. Empty when it names none."""
    said = _words(text)[:LONGEST]
    found = [one for index, place in enumerate(places) for one in _named(said, place, index)]
    found = [one for one in found if not any(one.gives_way_to(other) for other in found)]
    levels = {index: level for index, place in enumerate(places) if (level := _by_postcode(said, place)) is not None}
    for one in found:
        levels[one.place] = min(one.level, levels.get(one.place, one.level))
    in_town = {one.place for one in found if one.level == TOWN}
    nearest = min(levels.values(), default=REGION)
    near = [index for index, level in levels.items() if (not in_town or index in in_town) and (level < REGION or nearest == REGION)]
    return [places[index] for index in sorted(near, key=lambda index: (levels[index], index))]


def _words(text: str) -> list[str]:
    """The words as compared: no case or marks, our digits, ij as y."""
    digits = "".join(str(unicodedata.decimal(char, char)) for char in text)
    return [word.replace("ij", "y") for word in plain(digits).split()]


def _named(said: Sequence[str], place: Mapping[str, Any], index: int) -> Iterator[_Match]:
    for field, level in NAMED.items():
        value = place.get(field) or []
        for name in [value] if isinstance(value, str) else value:
            words = _words(str(name))
            for start, end in _windows(len(said), len(words) + 1):
                written, meant = "".join(said[start:end]), "".join(words)
                if len(meant) > 1 and (written == meant or _like(written, meant)):
                    yield _Match(index, level, start, end, written == meant)


def _windows(words: int, longest: int) -> Iterator[tuple[int, int]]:
    """Words may be written apart or together: Zuid Oost, Zuidoost."""
    for length in range(1, longest + 1):
        yield from ((start, start + length) for start in range(words - length + 1))


def _like(written: str, meant: str) -> bool:
    ended = len(meant) >= ENDED and written.startswith(meant) and len(written) - len(meant) <= ENDING
    begun = written.endswith(meant) and written.removesuffix(meant) in BEFORE
    return ended or begun or (len(meant) >= MISTYPED and written[0] == meant[0] and _one_off(written, meant))


def _one_off(one: str, other: str) -> bool:
    """Whether one letter is wrong, too many, missing or swapped with the next."""
    short, long = sorted((one, other), key=len)
    same = next((at for at, (left, right) in enumerate(zip(short, long, strict=False)) if left != right), len(short))
    if len(long) - len(short) == 1:
        return short[same:] == long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    return len(short) == len(long) and (short[same + 1 :] == long[same + 1 :] or swapped)


def _by_postcode(said: Sequence[str], place: Mapping[str, Any]) -> int | None:
    """How near a place is by the postcodes it serves: the same, the same first three digits, the same first two."""
    codes = {found[1] for word in said if (found := _POSTCODE.fullmatch(word))}
    served = [str(code) for code in place.get("postcodes") or []]
    for level, digits in ((HERE, 4), (DISTRICT, 3), (REGION, 2)):
        if {code[:digits] for code in codes} & {code[:digits] for code in served}:
            return level
        codes = {code for code in codes if code not in YEARS}  # "since 2020" is a postcode only where a place has it
    return None
