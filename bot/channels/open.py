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
