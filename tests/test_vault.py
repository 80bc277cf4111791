"""What is stored is closed, and old keys still open it."""

from __future__ import annotations

import pytest

from bot.vault import Vault

OLD, NEW = "an-old-key-of-sixteen", "a-new-key-of-sixteen!"


def test_a_closed_text_does_not_show_it_and_opens_again() -> None:
    vault = Vault([OLD])
    sealed = vault.close("schulden")
    assert sealed is not None
    assert b"schulden" not in sealed
    assert vault.open(sealed) == "schulden"
    assert vault.open(None) is None


def test_keys_are_a_list_newest_first() -> None:
    sealed, digest = Vault([OLD]).close("hallo"), Vault([OLD]).hash("+31600000001")
    both = Vault([NEW, OLD])
    assert both.open(sealed) == "hallo"
    assert digest in both.hashes("+31600000001")
    assert both.hash("+31600000001") != digest


def test_a_missing_key_is_said_in_words() -> None:
    with pytest.raises(ValueError, match="INLOOP_SECRET_KEY"):
        Vault([NEW]).open(Vault([OLD]).close("hallo"))


@pytest.mark.parametrize("keys", [[], ["short"]])
def test_weak_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        Vault(keys)
