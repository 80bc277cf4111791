"""Codes of a phone: as the standard says, each good once; recovery codes too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import select

from bot import totp, users
from bot.clock import Clock, now
from bot.store import Store
from bot.tables import factors, keys

# RFC 6238, appendix B (SHA-1), the last six of its eight digits.
SECRET = b"12345678901234567890"
VECTORS = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "expected"), VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, expected: str) -> None:
    assert totp.code(SECRET, seconds // totp.STEP) == expected


AT = datetime.fromtimestamp(1111111111, UTC)
TYPED = [
    ("050471", 0, True),
    (" 050 471", 0, True),
    ("050471", 30, True),  # a phone that is half a minute off
    ("050471", -30, True),
    ("050471", 90, False),
    ("050471", -90, False),
    ("050472", 0, False),
    ("50471", 0, False),
    ("", 0, False),
    ("０５０４７１é", 0, False),
]


@pytest.mark.parametrize(("typed", "late", "fits"), TYPED)
def test_a_code_fits_its_time(typed: str, late: int, fits: bool) -> None:
    assert (totp.step_of(SECRET, typed, AT + timedelta(seconds=late)) is not None) is fits


def test_the_qr_code_says_whose_it_is_and_holds_the_secret() -> None:
    found = urlsplit(totp.address(SECRET, "Sara & Jo", "Inloop: Noord"))
    assert (found.scheme, found.netloc, unquote(found.path)) == ("otpauth", "totp", "/Inloop: Noord:Sara & Jo")
    assert parse_qs(found.query) == {"secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"], "issuer": ["Inloop: Noord"]}


def code_now(store: Store, user: str) -> str:
    """What the phone shows."""
    with store.begin() as connection:
        sealed = connection.scalar(select(factors.c.secret).where(factors.c.user_id == user))
    assert sealed is not None
    return totp.code(store.vault.open_bytes(sealed), int(now().timestamp()) // totp.STEP)


def set_up(store: Store, name: str = "Sara") -> tuple[str, list[str]]:
    """Somebody with a phone; gives the id and the recovery codes."""
    with store.begin() as connection:
        found = users.find(connection, name)
        user = found.id if found else users.add_user(connection, name, "advisor")
        totp.begin(connection, store.vault, user)
    typed = code_now(store, user)
    with store.begin() as connection:
        made = totp.confirm(connection, store.vault, user, typed)
    assert made is not None
    return user, made


def accepts(store: Store, user: str, typed: str) -> bool:
    with store.begin() as connection:
        return totp.accepts(connection, store.vault, user, typed)


def test_nothing_is_asked_before_the_first_right_code(lite: Store) -> None:
    with lite.begin() as connection:
        user = users.add_user(connection, "Sara", "advisor")
        totp.begin(connection, lite.vault, user)
        assert totp.confirm(connection, lite.vault, user, "000000x") is None
        assert totp.find(connection, user) is None
    assert not accepts(lite, user, code_now(lite, user))


def test_a_code_to_begin_with_is_scanned_within_a_quarter_of_an_hour(lite: Store, moved: Clock) -> None:
    with lite.begin() as connection:
        user = users.add_user(connection, "Sara", "advisor")
        totp.begin(connection, lite.vault, user)
    moved.shift += timedelta(minutes=16)
    typed = code_now(lite, user)
    with lite.begin() as connection:
        assert totp.confirm(connection, lite.vault, user, typed) is None


def test_a_code_is_good_once_that_of_setting_up_too(lite: Store, moved: Clock) -> None:
    user, _ = set_up(lite)
    assert not accepts(lite, user, code_now(lite, user))
    moved.shift += timedelta(seconds=30)
    fresh = code_now(lite, user)
    assert accepts(lite, user, fresh)
    assert not accepts(lite, user, fresh)
    moved.shift += timedelta(seconds=30)
    assert not accepts(lite, user, fresh)  # still in its time, but used


def test_the_same_code_sent_at_once_lets_one_in(store: Store, moved: Clock) -> None:
    user, codes = set_up(store)
    moved.shift += timedelta(seconds=30)
    for typed in (code_now(store, user), codes[0]):
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(lambda _, typed=typed: accepts(store, user, typed), range(8))) == 1


def test_ten_recovery_codes_each_good_once_and_only_for_whom_they_are(lite: Store) -> None:
    user, codes = set_up(lite)
    other, _ = set_up(lite, "Noor")
    assert len(set(codes)) == 10
    assert not accepts(lite, other, codes[0])
    assert accepts(lite, user, codes[0].upper().replace("-", " "))
    assert not accepts(lite, user, codes[0])
    with lite.begin() as connection:
        assert totp.recovery_left(connection, user) == 9
        fresh = totp.new_recovery_codes(connection, lite.vault, user)
    assert not accepts(lite, user, codes[1])
    assert accepts(lite, user, fresh[1])


def test_neither_secret_nor_recovery_code_can_be_read_from_the_database(lite: Store) -> None:
    user, codes = set_up(lite)
    with lite.begin() as connection:
        sealed = connection.execute(select(factors.c.secret)).scalar_one()
        kept = str(connection.execute(select(keys)).all())
    secret = lite.vault.open_bytes(sealed)
    assert secret not in sealed
    assert totp.spelled(secret).encode() not in sealed
    for one in codes:
        assert one not in kept
        assert one.replace("-", "") not in kept
        assert users.digest(one.replace("-", "")) not in kept  # a plain hash of so short a code could be guessed back
    assert user in kept


def test_taken_away_nothing_of_it_works_and_who_left_keeps_it(lite: Store, moved: Clock) -> None:
    user, codes = set_up(lite)
    with lite.begin() as connection:
        users.disable(connection, user)
        users.enable(connection, user)
        assert totp.find(connection, user) is not None
        assert totp.recovery_left(connection, user) == 10
        totp.remove(connection, user, by="somebody")
        assert totp.find(connection, user) is None
    assert not accepts(lite, user, codes[0])
