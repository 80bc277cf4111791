"""Try-out phones: what the gateway is told about the carriers' doubles, as ordinary settings."""

from __future__ import annotations

import secrets

from bot.messages import ChannelName
from bot.settings import Settings

# Numbers nobody has: the Netherlands give out no mobile numbers that begin with 0600.
WHATSAPP, SMS = "+31600000010", "+31600000020"
BOT_NAME = "inloop_tryout_bot"


def tryout_environment(settings: Settings) -> dict[str, str]:
    """Settings for every channel that has no real account; {} where there are no try-out phones."""
    wanted = settings.tryout == "on" or (settings.tryout == "auto" and not settings.is_public)
    missing = missing_channels(settings)
    if not wanted or not missing:
        return {}
    found = {"INLOOP_TRYOUT_PHONES": ",".join(missing)}
    found["INLOOP_PUBLIC_URL"] = settings.public_url or f"http://127.0.0.1:{settings.bot_port}"
    if "whatsapp" in missing:
        found |= _twilio(settings)
    if "telegram" in missing:
        found |= _telegram(settings)
    elif settings.polling:  # the public address is ours alone: the real Telegram cannot call it
        found["TELEGRAM_MODE"] = "polling"
    return found


def missing_channels(settings: Settings) -> list[ChannelName]:
    """Channels without a real account; one Twilio account serves both of its channels."""
    missing: list[ChannelName] = []
    if not settings.twilio_account_sid:
        missing += ["whatsapp", "sms"]
    if not settings.telegram_bot_token:
        missing.append("telegram")
    return missing


def tried_out(settings: Settings) -> list[ChannelName]:
    """The channels whose carrier is our double."""
    found: list[ChannelName] = []
    if settings.twilio_api_base_url == f"{address(settings)}/twilio":
        found += ["whatsapp", "sms"]
    if settings.telegram_api_base_url == f"{address(settings)}/telegram":
        found.append("telegram")
    return found


def address(settings: Settings) -> str:
    """Where the phones and the doubles are served: this machine only."""
    return f"http://127.0.0.1:{settings.tryout_port}"


def _twilio(settings: Settings) -> dict[str, str]:
    return {
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "TWILIO_WHATSAPP_FROM": WHATSAPP,
        "TWILIO_SMS_FROM": SMS,
        "TWILIO_API_BASE_URL": f"{address(settings)}/twilio",
    }


def _telegram(settings: Settings) -> dict[str, str]:
    return {
        "TELEGRAM_BOT_TOKEN": f"{10**9 + secrets.randbelow(9 * 10**9)}:{secrets.token_urlsafe(26)}",
        "TELEGRAM_BOT_NAME": BOT_NAME,
        "TELEGRAM_WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "TELEGRAM_MODE": "webhook",
        "TELEGRAM_API_BASE_URL": f"{address(settings)}/telegram",
    }
