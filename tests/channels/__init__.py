"""What every channel test knows: an account, a bot, a public address, and how carriers sign."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.types import ASGIApp, Receive, Scope, Send
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.channels import Request

ACCOUNT, TOKEN, NUMBER = "AC" + "0123456789abcdef" * 2, "a-token", "+31600000009"
BOT_TOKEN, SECRET = "123456:a-bot-token", "a-webhook-secret"
PUBLIC = "https://inloop.example/desk"  # a proxy keeps the path /desk
PERSON = "+31600000001"
PAYLOADS = Path(__file__).parent / "payloads"


class Door:
    """An address where now this, now that application is served: one server is enough for all tests of a module."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.address = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        await self.app(scope, receive, send)


def signed(url: str, body: str, token: str = TOKEN) -> Request:
    """A form post as Twilio signs it."""
    pairs = ImmutableMultiDict(parse_qsl(body, keep_blank_values=True))
    return Request(url, {"x-twilio-signature": RequestValidator(token).compute_signature(url, pairs)}, body.encode())


def payload(channel: str, name: str) -> Request:
    """A recorded webhook call, signed."""
    if channel == "telegram":
        body = (PAYLOADS / channel / f"{name}.json").read_bytes()
        return Request(f"{PUBLIC}/webhooks/telegram/webhook", {"x-telegram-bot-api-secret-token": SECRET}, body)
    lines = (PAYLOADS / channel / f"{name}.form").read_text().split("\n")
    return signed(f"{PUBLIC}/webhooks/{channel}/webhook", "&".join(line for line in lines if line))
