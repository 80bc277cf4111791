"""`inloop doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from bot import facts, mail, oidc, staff_notices, translation
from bot.channels import Channel
from bot.channels.open import open_channels
from bot.clock import now
from bot.directory import wrong_in
from bot.messages import SendError
from bot.settings import Settings
from bot.store import Store
from bot.tables import messages
from bot.templates import APPROVED, MARK
from bot.tryout import tryout_environment
from bot.vault import Vault

FRESH = timedelta(days=365)  # contract.md: numbers checked within a year


def examine(settings: Settings) -> int:
    """Print a line per finding; returns 0 when nothing is wrong."""
    wrong = list(findings(settings))
    for line in wrong:
        print(f"wrong: {line}")
    print("all well" if not wrong else f"{len(wrong)} to mend")
    return int(bool(wrong))


def findings(settings: Settings) -> Iterator[str]:
    """Everything that is wrong, each with its mend."""
    yield from _settings(settings)
    yield from _database(settings)
    yield from _redis(settings)
    yield from _mail(settings)
    yield from _carriers(settings)
    yield from _work_accounts(settings)
    yield from _rasa(settings)
    if wrong := translation.wrong_with(settings):
        yield wrong


def _settings(settings: Settings) -> Iterator[str]:
    if settings.is_public and not settings.public_url.startswith("https://"):
        yield "INLOOP_PUBLIC_URL is not https: carriers call only https addresses."
    if settings.is_public and settings.tryout == "on":
        yield "INLOOP_TRYOUT is on beside a public address: set it to off."
    for one, other in (("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), ("TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID")):
        if getattr(settings, one.lower()) and not getattr(settings, other.lower()):
            yield f"{one} is set and {other} is not: both are on the first page of the Twilio console."
    if settings.telegram_bot_token and not settings.polling and not settings.telegram_webhook_secret:
        yield "TELEGRAM_WEBHOOK_SECRET is empty: make one up (A-Z a-z 0-9 _ -, up to 256 characters)."
    if settings.oidc_issuer and not (settings.oidc_client_id and settings.oidc_client_secret):
        yield "INLOOP_OIDC_ISSUER is set without INLOOP_OIDC_CLIENT_ID and INLOOP_OIDC_CLIENT_SECRET: the provider gives both."
    if settings.is_public and settings.database_url.startswith("sqlite"):
        yield "INLOOP_DATABASE_URL is SQLite: use PostgreSQL in production."


def _database(settings: Settings) -> Iterator[str]:
    try:
        store = Store(settings.database_url, Vault(list(settings.secret_key)))
        with store.begin() as connection:
            held = facts.read(connection)
            approved = any(one["status"] == APPROVED for one in (facts.mark(connection, MARK) or {}).values())
            sealed = connection.scalar(select(messages.c.body).where(messages.c.body.is_not(None)).limit(1))
            lost = list(_notices(connection))
    except (SQLAlchemyError, ValueError) as reason:
        yield f"the database does not answer ({type(reason).__name__}): look at INLOOP_DATABASE_URL, and start the gateway once."
        return
    store.dispose()
    yield from lost
    if not _opens(store.vault, sealed):
        yield "INLOOP_SECRET_KEY does not open what is stored: put the old key back, behind the new one and a comma."
    for line in wrong_in(held):
        yield f"the directory holds a wrong fact: {line} (inloop directory import)."
    if settings.is_public:
        yield from production(held)
    if settings.is_public and settings.twilio_whatsapp_from and not approved:
        yield "WhatsApp has approved no template: what we start outside 24 hours waits (inloop templates sync, then status)."


def _opens(vault: Vault, sealed: bytes | None) -> bool:
    try:
        vault.open(sealed)
    except ValueError:
        return False
    return True


def production(held: dict[str, Any]) -> Iterator[str]:
    """What a deployment for real people must have filled in."""
    for name in ("public_name", "full_name", "controller", "privacy_officer"):
        if not held.get(name) or "voorbeeld" in str(held[name]).lower():
            yield f"{name} is not filled in: console, Directory, or inloop directory import."
    for name, line in held.get("numbers", {}).items():
        checked = line.get("checked")
        if not checked or date.fromisoformat(checked) < date.today() - FRESH:
            yield f"the number for {name} was not checked within a year: call it, then set its date."


def _redis(settings: Settings) -> Iterator[str]:
    if settings.redis_url:
        try:
            Redis.from_url(settings.redis_url, socket_connect_timeout=2).ping()
        except (RedisError, ValueError) as reason:
            yield f"Redis does not answer ({type(reason).__name__}): look at INLOOP_REDIS_URL. Nothing is lost without it."


def _mail(settings: Settings) -> Iterator[str]:
    if settings.smtp_url and not settings.mail_from:
        yield "INLOOP_SMTP_URL is set and INLOOP_MAIL_FROM is not: staff get no mail until it names the address it comes from."
    elif settings.smtp_url:
        try:
            asyncio.run(mail.reach(settings))
        except SendError as wrong:
            yield f"the mail server does not let us in ({wrong.reason}): look at INLOOP_SMTP_URL. The queue shows who waits all the same."


def _notices(connection: Connection) -> Iterator[str]:
    if lost := staff_notices.given_up(connection, now() - timedelta(days=1)):
        why = ", ".join(f"{reason}: {many}" for reason, many in sorted(Counter(lost).items()))
        yield f"notices to staff could not be sent since yesterday ({why}): look at INLOOP_SMTP_URL and at those addresses."


def _carriers(settings: Settings) -> Iterator[str]:
    channels = open_channels(settings)
    if not channels and not tryout_environment(settings):
        yield "no channel is set: fill in TWILIO_… or TELEGRAM_BOT_TOKEN, or use the try-out phones (make run)."
    for name, channel in channels.items():
        if reason := asyncio.run(_reach(channel)):
            yield f"{name} does not answer ({reason}): look at its account, token and number."
    if "sms" in channels and settings.is_public:
        yield (
            "SMS: Twilio answers STOP, START and HELP itself, in English. "
            "Turn on Advanced Opt-Out in its console, or its filtering off; then ignore this line."
        )


async def _reach(channel: Channel) -> str | None:
    try:
        await channel.check()
    except SendError as wrong:
        return wrong.reason
    finally:
        await channel.stop()
    return None


def _work_accounts(settings: Settings) -> Iterator[str]:
    if settings.oidc_issuer and settings.oidc_client_id:
        try:
            oidc.begin(settings, "")
        except oidc.NotSignedIn as wrong:
            yield f"the provider of work accounts does not answer as it should ({wrong.reason}): look at INLOOP_OIDC_ISSUER."


def _rasa(settings: Settings) -> Iterator[str]:
    try:
        answer = httpx.get(f"{settings.rasa_url}/health", timeout=3)
        if answer.status_code != 200 or answer.json().get("status") != "ready":
            yield "Rasa is not ready: inloop train, then inloop rasa."
    except (httpx.HTTPError, ValueError):
        yield "Rasa does not answer: start it (inloop rasa), or look at INLOOP_RASA_URL. STOP, START and a person work without it."
