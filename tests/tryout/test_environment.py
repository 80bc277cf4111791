"""Which channels get a try-out phone, and what the gateway is then told."""

from __future__ import annotations

import pytest

from bot.channels.open import open_channels
from bot.tryout import tried_out, tryout_environment
from tests import people

TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_SMS_FROM": "+31600000009"}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": "1:x"}
OWN = {"TWILIO_API_BASE_URL": "http://127.0.0.1:9999"}
PUBLIC = {"INLOOP_PUBLIC_URL": "https://inloop.example"}
LOCAL = {"INLOOP_PUBLIC_URL": "http://127.0.0.1:5005"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["whatsapp", "sms", "telegram"]),
        (LOCAL, ["whatsapp", "sms", "telegram"]),
        (PUBLIC, []),
        (PUBLIC | {"INLOOP_TRYOUT": "on"}, ["whatsapp", "sms", "telegram"]),
        ({"INLOOP_TRYOUT": "off"}, []),
        (TWILIO, ["telegram"]),
        (TWILIO | OWN, ["telegram"]),
        (TELEGRAM, ["whatsapp", "sms"]),
        (TWILIO | TELEGRAM, []),
    ],
)
def test_a_channel_without_an_account_gets_a_phone(given: dict[str, str], expected: list[str]) -> None:
    bare = people.settings(**given)
    told = tryout_environment(bare)
    assert told.get("INLOOP_TRYOUT_PHONES", "") == ",".join(expected)
    complete = people.settings(**{**bare.model_dump(by_alias=True), **told})
    assert tried_out(complete) == expected
    assert set(expected) <= set(open_channels(complete))


def test_secrets_are_new_each_time_and_a_real_account_is_left_alone() -> None:
    first, second = tryout_environment(people.settings()), tryout_environment(people.settings())
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET"):
        assert first[name] != second[name]
    assert not [name for name in tryout_environment(people.settings(**TWILIO)) if name.startswith("TWILIO")]


def test_the_real_telegram_is_polled_when_the_public_address_is_only_ours() -> None:
    told = tryout_environment(people.settings(**TELEGRAM))
    assert told["INLOOP_PUBLIC_URL"].startswith("http://127.0.0.1:")
    assert told["TELEGRAM_MODE"] == "polling"
