"""The page with the try-out phones, and the carriers' doubles behind it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, Field
from sse_starlette import EventSourceResponse
from starlette.staticfiles import StaticFiles

from bot import tryout
from bot.messages import ChannelName
from bot.settings import Settings
from bot.tryout.guard import LoopbackOnly
from bot.tryout.phones import STATIC, ActName, Phones
from bot.tryout.telegram import TelegramDouble
from bot.tryout.telegram_api import TelegramApi
from bot.tryout.twilio import TwilioDouble
from bot.tryout.twilio_api import TwilioApi

FOLDER = Path(__file__).parent
PAGES = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)
# Sound of a human's voice message comes from the doubles, which have fetched it.
POLICY = "default-src 'self'; media-src 'self' http://127.0.0.1:* http://localhost:*; frame-ancestors 'none'; form-action 'self'"


class Act(BaseModel):
    """What a thumb does on a phone."""

    do: ActName
    text: str = Field("", max_length=4096)
    bubble: str = Field("", max_length=64, pattern=r"^[0-9]*$")
    choice: str = Field("", max_length=64)
    language: str = Field("nl", pattern=r"^[a-z]{2}$")
    code: str = Field("", pattern=r"^[A-Za-z0-9_-]{0,64}$")


def create_app(settings: Settings) -> FastAPI:
    """Phones for the channels whose carrier is our double; for this machine only."""
    names = tryout.tried_out(settings)
    twilio = _twilio(settings) if "sms" in names else None
    telegram = TelegramDouble(settings.telegram_bot_token, settings.telegram_bot_name) if "telegram" in names else None
    phones = Phones(twilio, telegram)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        if telegram and not settings.polling:
            # Telegram remembers a webhook; a double that was started again must not forget it.
            telegram.set_webhook(f"{_public(settings)}/webhooks/telegram/webhook", settings.telegram_webhook_secret, [])
        yield
        await phones.close()
        if twilio:
            await twilio.close()
        if telegram:
            await telegram.close()

    app = FastAPI(title="Inloop try-out phones", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(LoopbackOnly)
    app.state.phones, app.state.settings = phones, settings
    app.get("/")(_page)
    app.get("/health")(_health)
    app.get("/events")(_events)
    app.post("/phones/{name}")(_act)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.get("/sounds/{file}")(_sound)
    if twilio:
        app.mount("/twilio", TwilioApi(twilio).app())
    if telegram:
        app.mount("/telegram", TelegramApi(telegram).app())
    return app


def _public(settings: Settings) -> str:
    return (settings.public_url or f"http://127.0.0.1:{settings.bot_port}").rstrip("/")


def _twilio(settings: Settings) -> TwilioDouble:
    numbers: dict[str, str] = {}
    if number := settings.twilio_whatsapp_from.removeprefix("whatsapp:"):
        numbers[f"whatsapp:{number}"] = f"{_public(settings)}/webhooks/whatsapp/webhook"
    if settings.twilio_sms_from:
        numbers[settings.twilio_sms_from] = f"{_public(settings)}/webhooks/sms/webhook"
    return TwilioDouble(settings.twilio_account_sid, settings.twilio_auth_token, numbers, settings.twilio_api_base_url)


@cache
def _captions() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "captions.yml").read_text(encoding="utf-8"))
    return loaded


async def _page(request: Request, lang: str = "") -> Response:
    wanted = lang or request.headers.get("accept-language", "nl")[:2]
    language = "en" if wanted == "en" else "nl"
    settings: Settings = request.app.state.settings
    phones: Phones = request.app.state.phones
    values = {
        "language": language,
        "say": _captions()[language],
        "phones": list(phones.all.values()),
        "languages": _captions()["languages"],
        "console": settings.console_url or f"http://127.0.0.1:{settings.console_port}",
    }
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(PAGES.get_template("phones.html").render(values), headers=headers)


async def _health() -> JSONResponse:
    return JSONResponse({"status": "ready", "parts": {"phones": "ready"}})


async def _events(request: Request) -> EventSourceResponse:
    """All screens in one stream: each event is one phone as it is now."""
    phones: Phones = request.app.state.phones

    async def screens() -> AsyncIterator[dict[str, str]]:
        async for phone in phones.watch():
            yield {"data": json.dumps(phone, ensure_ascii=False)}

    return EventSourceResponse(screens(), ping=15, headers={"Cache-Control": "no-store"})


async def _sound(request: Request, file: str) -> Response:
    """A voice message of ours, as the phone that got it on Telegram plays it."""
    phones: Phones = request.app.state.phones
    held = phones.telegram.files.get(file) if phones.telegram else None
    if held is None:
        raise HTTPException(404)
    return Response(held[0], media_type=held[1])


def _phones(request: Request) -> Phones:
    phones: Phones = request.app.state.phones
    return phones


async def _act(name: ChannelName, act: Act, phones: Annotated[Phones, Depends(_phones)]) -> JSONResponse:
    if name not in phones.all:
        raise HTTPException(404)
    if act.do == "new":
        phones.new_person(phones.all[name], act.language, act.code)
    elif not phones.act(name, act.do, text=act.text, bubble=act.bubble, choice=act.choice):
        raise HTTPException(409)
    return JSONResponse({"ok": True}, 202)
