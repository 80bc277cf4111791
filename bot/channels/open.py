"""The channels this deployment has settings for."""

from __future__ import annotations

from bot.channels import Channel
from bot.channels.telegram import Telegram
from bot.channels.twilio import Twilio
from bot.messages import ChannelName
from bot.settings import Settings


def open_channels(settings: Settings) -> dict[ChannelName, Channel]:
    """Every channel with an account and a number; one without is off."""
    channels: dict[ChannelName, Channel] = {}
    if settings.twilio_account_sid and settings.twilio_auth_token:
        if settings.twilio_whatsapp_from:
            channels["whatsapp"] = _twilio(settings, "whatsapp", settings.twilio_whatsapp_from)
        if settings.twilio_sms_from:
            channels["sms"] = _twilio(settings, "sms", settings.twilio_sms_from)
    if settings.telegram_bot_token:
        channels["telegram"] = Telegram(
            settings.telegram_bot_token,
            settings.telegram_webhook_secret,
            mode="polling" if settings.polling else "webhook",
            public_url=settings.public_url,
            api_base_url=settings.telegram_api_base_url,
        )
    return channels


def switched_off(settings: Settings) -> list[str]:
    """A line for each channel without settings of its own: off, and what would open it."""
    wanted = {
        "whatsapp": ("twilio_account_sid", "twilio_auth_token", "twilio_whatsapp_from"),
        "sms": ("twilio_account_sid", "twilio_auth_token", "twilio_sms_from"),
        "telegram": ("telegram_bot_token",),
    }
    missing = {name: [one.upper() for one in needed if not getattr(settings, one)] for name, needed in wanted.items()}
    return [f"{name} is off: {', '.join(names)} not set" for name, names in missing.items() if names]


def _twilio(settings: Settings, name: ChannelName, number: str) -> Twilio:
    assert name != "telegram"
    return Twilio(
        name,
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        number,
        public_url=settings.public_url,
        api_base_url=settings.twilio_api_base_url,
    )
