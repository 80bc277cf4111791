"""Numbers nobody needs are masked before the first write; phone numbers and amounts are not."""

from __future__ import annotations

import pytest

from bot.masking import MARK, mask


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mijn bsn is 111222333", ["bsn"]),
        ("BSN 111.222.333 ok", ["bsn"]),
        ("١١١٢٢٢٣٣٣", ["bsn"]),
        ("NL91 ABNA 0417 1643 00", ["iban"]),
        ("nl91abna0417164300", ["iban"]),
        ("mijn iban NL91ABNA0417164300 kun je geld overmaken", ["iban"]),
        ("NL91 ABNA 0417 1643 00 is van mijn man", ["iban"]),
        ("v-nummer 123 456 7890", ["v_number"]),
        ("mail mij op jan.jansen@voorbeeld.nl", ["email"]),
        ("kaart 4111 1111 1111 1111", ["card"]),
        ("bsn 111222333 en jan@voorbeeld.nl", ["email", "bsn"]),
        ("bel mij op 06 12345678", []),
        ("bel +31 6 12345678", []),
        ("0031612345678", []),
        ("020 760 0809", []),
        ("ik verdien 1450 euro per maand", []),
        ("maandag 12-11-2026 om 14:30", []),
        ("123456789", []),
    ],
)
def test_what_is_masked(text: str, kinds: list[str]) -> None:
    masked, found = mask(text)
    assert found == kinds
    assert (MARK in masked) == bool(kinds)
    assert kinds or masked == text


def test_the_rest_of_the_text_stays() -> None:
    assert mask("mijn bsn is 111222333, help")[0] == f"mijn bsn is {MARK}, help"
