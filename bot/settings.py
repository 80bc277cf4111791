"""One typed settings object, from the environment or `.env` (names: contract.md)."""

from __future__ import annotations

import ipaddress
import re
import secrets
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.labels import languages as all_languages

# How a value must look, and how that is said; what was given is not said back, it may be a secret.
_LOOKS = {
    (
        "public_url",
        "console_url",
        "rasa_url",
        "actions_url",
        "twilio_api_base_url",
        "telegram_api_base_url",
        "oidc_issuer",
        "translate_url",
    ): (
        r"https?://[^/\s]+\S*",
        "must be an address that begins with https:// or http://",
    ),
    ("redis_url",): (r"(rediss?|unix)://\S+", "must look like redis://host:6379/0"),
    ("database_url",): (
        r"(sqlite|postgres(ql)?)(\+\w+)?://\S*",
        "must look like postgresql://user:password@host/inloop, or sqlite:///file",
    ),
    ("smtp_url",): (r"smtps?://\S+", "must look like smtp://user:password@host:587 or smtps://user:password@host"),
    ("mail_from",): (r"[^@\s]+@[^@\s]+", "must be an e-mail address such as inloop@example.nl"),
    ("twilio_whatsapp_from", "twilio_sms_from"): (r"(whatsapp:)?\+?[0-9]{3,15}", "must be a number such as +31612345678"),
    ("telegram_bot_token",): (r"[0-9]+:[A-Za-z0-9_-]+", "must be the token BotFather gave: a number, a colon, letters"),
    ("telegram_webhook_secret",): (r"[A-Za-z0-9_-]{1,256}", "may hold 1 to 256 of A-Z a-z 0-9 _ - only"),
}

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
SHORTEST_KEY = 16  # characters (bot/vault.py)


class Settings(BaseSettings):
    """Everything that can be set; each name has a line in `.env.example`."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env", env_ignore_empty=True, extra="ignore", populate_by_name=True)

    public_url: str = Field("", alias="INLOOP_PUBLIC_URL")
    console_url: str = Field("", alias="INLOOP_CONSOLE_URL")
    bind: str = Field("127.0.0.1", alias="INLOOP_BIND")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field((), alias="INLOOP_TRUSTED_PROXIES")
    bot_port: int = Field(5005, alias="INLOOP_BOT_PORT", ge=1, le=65535)
    actions_port: int = Field(5055, alias="INLOOP_ACTIONS_PORT", ge=1, le=65535)
    console_port: int = Field(8000, alias="INLOOP_CONSOLE_PORT", ge=1, le=65535)
    tryout_port: int = Field(8080, alias="INLOOP_TRYOUT_PORT", ge=1, le=65535)
    rasa_url: str = Field("http://127.0.0.1:5006", alias="INLOOP_RASA_URL")
    actions_url: str = Field("", alias="INLOOP_ACTIONS_URL")
    database_url: str = Field(f"sqlite:///{VAR / 'inloop.db'}", alias="INLOOP_DATABASE_URL")
    redis_url: str = Field("", alias="INLOOP_REDIS_URL")
    secret_key: Annotated[tuple[str, ...], NoDecode] = Field((), alias="INLOOP_SECRET_KEY")
    languages: Annotated[tuple[str, ...], NoDecode] = Field(all_languages(), alias="INLOOP_LANGUAGES")
    directory: Path = Field(ROOT / "data" / "directory.yml", alias="INLOOP_DIRECTORY")
    metrics_token: str = Field("", alias="INLOOP_METRICS_TOKEN")
    oidc_issuer: str = Field("", alias="INLOOP_OIDC_ISSUER")
    oidc_client_id: str = Field("", alias="INLOOP_OIDC_CLIENT_ID")
    oidc_client_secret: str = Field("", alias="INLOOP_OIDC_CLIENT_SECRET")
    smtp_url: str = Field("", alias="INLOOP_SMTP_URL")
    mail_from: str = Field("", alias="INLOOP_MAIL_FROM")
    twilio_account_sid: str = Field("", alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: str = Field("", alias="TWILIO_AUTH_TOKEN")
    twilio_whatsapp_from: str = Field("", alias="TWILIO_WHATSAPP_FROM")
    twilio_sms_from: str = Field("", alias="TWILIO_SMS_FROM")
    twilio_api_base_url: str = Field("", alias="TWILIO_API_BASE_URL")
    telegram_bot_token: str = Field("", alias="TELEGRAM_BOT_TOKEN")
    telegram_bot_name: str = Field("", alias="TELEGRAM_BOT_NAME")
    telegram_webhook_secret: str = Field("", alias="TELEGRAM_WEBHOOK_SECRET")
    telegram_mode: Literal["", "webhook", "polling"] = Field("", alias="TELEGRAM_MODE")
    telegram_api_base_url: str = Field("", alias="TELEGRAM_API_BASE_URL")
    translate_url: str = Field("", alias="INLOOP_TRANSLATE_URL")
    translate_key: str = Field("", alias="INLOOP_TRANSLATE_KEY")
    tryout: Literal["auto", "on", "off"] = Field("auto", alias="INLOOP_TRYOUT")

    @field_validator("secret_key", "languages", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator(*(name for names in _LOOKS for name in names))
    @classmethod
    def _looks_right(cls, value: str, info: ValidationInfo) -> str:
        pattern, words = next(rule for names, rule in _LOOKS.items() if info.field_name in names)
        if value and not re.fullmatch(pattern, value):
            raise ValueError(words)
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(key) < SHORTEST_KEY for key in value):
            raise ValueError(f"each key must have {SHORTEST_KEY} characters or more")
        return value

    @field_validator("languages")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(value) - set(all_languages()):
            raise ValueError(f"{', '.join(sorted(unknown))} is not one of {', '.join(all_languages())}")
        return value

    @property
    def polling(self) -> bool:
        """Telegram is polled unless there is a public address or the mode says otherwise."""
        return (self.telegram_mode or ("webhook" if self.public_url else "polling")) == "polling"

    @property
    def is_public(self) -> bool:
        """Whether the public URL leaves this machine."""
        return bool(self.public_url) and not is_loopback(urlsplit(self.public_url).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def secret_file() -> str:
    """The secret in `var/secret`, made on first use, readable by its owner only."""
    path = VAR / "secret"
    if not path.exists():
        VAR.mkdir(exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


def load() -> Settings:
    """The settings, or SystemExit with one line per wrong one."""
    try:
        found = Settings()
    except ValidationError as wrong:
        lines = [f"{error['loc'][0]}: {error['msg'].removeprefix('Value error, ')}" for error in wrong.errors()]
        raise SystemExit("Wrong settings (mend them in the environment or .env):\n  " + "\n  ".join(lines)) from None
    if not found.secret_key:
        found.secret_key = (secret_file(),)
    return found
