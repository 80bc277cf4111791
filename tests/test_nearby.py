"""Which places are named: by neighbourhood, town or postcode, as people write them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.nearby import nearby

PLACES: list[dict[str, Any]] = [
    {"name": "Huis Sloten", "neighbourhood": "Slotervaart", "town": "Amsterdam", "postcodes": ["1062", 1066],
     "also": ["سلوترفارت", "Слотерварт", "ስሎተርፋርት"]},
    {"name": "Oosterhuis", "neighbourhood": "Oost", "town": "Amsterdam", "postcodes": ["1091"]},
    {"name": "De Poort", "neighbourhood": "Zuidoost", "town": "Amsterdam", "postcodes": ["1101"], "also": ["Bijlmer"]},
    {"name": "De Hout", "neighbourhood": "Oost", "town": "Haarlem", "postcodes": ["2011"]},
    {"name": "Overal"},
]  # fmt: skip
SLOTEN, OOST, POORT, HAARLEM = (one["name"] for one in PLACES[:4])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # the neighbourhood, as it is written
        ("ik woon in Slotervaart", [SLOTEN]),
        ("near SLOTERVAART please", [SLOTEN]),
        ("Slotervaart'tayım", [SLOTEN]),
        ("slotervart", [SLOTEN]),
        ("Sloterfaart", [SLOTEN]),
        ("slotervarat", [SLOTEN]),
        ("ik ben in zuid oost", [POORT]),
        ("Zuid-Oost?", [POORT]),
        ("de bylmer", [POORT]),
        ("Oost", [OOST, HAARLEM]),
        ("oost in haarlem", [HAARLEM]),
        # in their own letters
        ("أسكن في سلوترفارت", [SLOTEN]),
        ("بسلوترفارت", [SLOTEN]),
        ("Я живу у Слотерварті", [SLOTEN]),
        ("ኣብ ስሎተርፋርት", [SLOTEN]),
        # the postcode
        ("1091", [OOST]),
        ("mijn postcode is 1091 AB", [OOST]),
        ("1066xz", [SLOTEN]),
        ("١٠٩١", [OOST]),
        ("1063", [SLOTEN]),
        ("1034", [SLOTEN, OOST]),
        ("2011", [HAARLEM]),
        # the town: all there, the neighbourhood first
        ("Haarlem", [HAARLEM]),
        ("w Amsterdamie", [SLOTEN, OOST, POORT]),
        ("Amsterdam oost", [OOST, SLOTEN, POORT]),
        # the place itself
        ("hoe kom ik bij De Poort", [POORT]),
        # none of them
        ("waar kan ik langskomen", []),
        ("Rotterdam", []),
        ("in losse woorden, blotervaart", []),
        ("ik kom uit Oostenrijk", []),
        ("ik ben hier sinds 2020", []),
        ("ik heb 10915 brieven", []),
        ("", []),
    ],
)
def test_what_people_write_finds_the_place(text: str, names: list[str]) -> None:
    found = [one["name"] for one in nearby(text, PLACES)]
    assert found[: len(names)] == names if names else found == []
    if len(names) == 1:
        assert found == names


def test_as_near_stays_in_the_order_given() -> None:
    assert [one["name"] for one in nearby("oost", PLACES[::-1])] == [HAARLEM, OOST]


def test_a_directory_without_places_finds_none() -> None:
    assert nearby("Oost 1091", []) == []
