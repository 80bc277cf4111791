"""Settings and commands that are wrong: one clear line for each, at the start and from `inloop doctor`; never a traceback or the value."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import cli, doctor, facts, totp, up, users
from bot import settings as config
from bot.begin import open_store
from bot.channels.open import switched_off
from bot.clock import now
from bot.store import Store
from tests.people import settings, write


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment with a database of its own and nothing else set."""
    for field in config.Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.setitem(config.Settings.model_config, "env_file", None)
    monkeypatch.setenv("INLOOP_DATABASE_URL", f"sqlite:///{tmp_path / 'inloop.db'}")
    monkeypatch.setenv("INLOOP_SECRET_KEY", "a-key-for-the-tests-only")
    return monkeypatch


def inloop(*arguments: str) -> tuple[Any, str]:
    """What a command ends with, and what it says."""
    done = CliRunner().invoke(cli.app, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INLOOP_PUBLIC_URL", "inloop.example.nl"),
        ("INLOOP_BOT_PORT", "abc-port"),
        ("INLOOP_TRYOUT", "maybe"),
        ("INLOOP_RASA_URL", "garbage"),
        ("INLOOP_REDIS_URL", "garbage"),
        ("INLOOP_DATABASE_URL", "mysql://inloop:pass-word@host/inloop"),
        ("INLOOP_SECRET_KEY", "too-short"),
        ("TWILIO_SMS_FROM", "our number"),
        ("TELEGRAM_BOT_TOKEN", "no-token"),
        ("TELEGRAM_WEBHOOK_SECRET", "with spaces"),
        ("TELEGRAM_MODE", "both-of-them"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_not_its_value(bare: pytest.MonkeyPatch, name: str, value: str) -> None:
    bare.setenv(name, value)
    with pytest.raises(SystemExit) as said:
        config.load()
    lines = str(said.value).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"  {name}: ")
    assert value not in str(said.value)


@pytest.mark.parametrize(
    "arguments",
    [
        ["token", "add", "--role", "boss"],
        ["token", "add", "--role", "ambassador", "--name", "Sara"],
        ["user", "add", "Sara"],
        ["user", "disable", "Niemand"],
        ["site", "add", " "],
        ["site", "add", "Bieb", "--language", "zz"],
        ["forget", "whatsapp"],
        ["forget", "fax:+31612345678"],
        ["directory", "import", "nowhere.yml"],
    ],
)
def test_a_wrong_command_says_why_on_one_line(bare: pytest.MonkeyPatch, arguments: list[str]) -> None:
    inloop("user", "add", "Sara")
    status, said = inloop(*arguments)
    assert status != 0
    assert len(said.strip().splitlines()) == 1


def test_the_key_alone_is_the_last_line(bare: pytest.MonkeyPatch) -> None:
    status, said = inloop("token", "add", "--role", "advisor")
    assert status == 0
    assert len(said.splitlines()[-1].split()) == 1


def told(store: Store, **values: Any) -> str:
    """What the doctor says of a database."""
    rasa = "http://127.0.0.1:9"
    found = settings(
        INLOOP_DATABASE_URL=str(store.engine.url), INLOOP_SECRET_KEY=("a-key-for-the-tests-only",), INLOOP_RASA_URL=rasa, **values
    )
    return "\n".join(doctor.findings(found))


def test_the_doctor_finds_a_fact_that_would_stop_every_talk_and_a_key_that_does_not_fit(lite: Store) -> None:
    write(lite)
    assert "wrong fact" not in told(lite)
    assert "INLOOP_SECRET_KEY" not in told(lite)
    with lite.begin() as connection:
        facts.write(connection, "time_zone", "Mars/Olympus")
    assert "wrong fact: time_zone" in told(lite)
    other = settings(
        INLOOP_DATABASE_URL=str(lite.engine.url), INLOOP_SECRET_KEY=("another-key-altogether",), INLOOP_RASA_URL="http://127.0.0.1:9"
    )
    assert "INLOOP_SECRET_KEY does not open" in "\n".join(doctor.findings(other))


def test_try_out_phones_are_channels_enough(lite: Store) -> None:
    assert "no channel" not in told(lite)
    assert "no channel" in told(lite, INLOOP_TRYOUT="off")


def test_a_channel_without_settings_is_off_and_says_what_would_open_it() -> None:
    half = settings(TWILIO_ACCOUNT_SID="AC1", TWILIO_AUTH_TOKEN="t", TWILIO_SMS_FROM="+31600000009")
    assert switched_off(half) == ["whatsapp is off: TWILIO_WHATSAPP_FROM not set", "telegram is off: TELEGRAM_BOT_TOKEN not set"]


def test_a_port_in_use_is_said_before_anything_starts() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert up.taken_ports(settings(INLOOP_CONSOLE_PORT=port), ["console"]) == [
            f"port {port} is in use: stop what listens there, or set INLOOP_CONSOLE_PORT"
        ]


def test_the_only_coordinator_who_lost_their_phone_comes_in_again(bare: pytest.MonkeyPatch) -> None:
    inloop("user", "add", "Kim", "--role", "coordinator")
    store = open_store(config.load())
    with store.begin() as connection:
        kim = users.find(connection, "Kim")
        assert kim is not None
        totp.begin(connection, store.vault, kim.id)
        secret = totp.begun(connection, store.vault, kim.id)
        assert secret is not None
        totp.confirm(connection, store.vault, kim.id, totp.code(secret, int(now().timestamp()) // totp.STEP))
        assert totp.find(connection, kim.id)
    code, said = inloop("user", "recover", "Kim")
    assert (code, "without a code" in said) == (0, True)
    with store.begin() as connection:
        assert totp.find(connection, kim.id) is None
