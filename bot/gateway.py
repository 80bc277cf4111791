"""The gateway: carriers call it, people can read its privacy page, links arrive at it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi import Request as Call
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from bot import facts, inbox, pages, voice
from bot.brain import Brain
from bot.channels import Channel, Malformed, Refused, Request
from bot.channels.open import switched_off
from bot.messages import ChannelName, Incoming
from bot.metrics import REGISTRY, counted
from bot.postman import Postman
from bot.settings import Settings, is_loopback
from bot.staff_notices import Courier
from bot.store import Store
from bot.turns import Turns
from bot.wake import Wake
from bot.workers import Workers

log = logging.getLogger("inloop.gateway")
BIGGEST = 1_000_000  # bytes of a webhook call; over that 413


class Gateway:
    """The parts one gateway process holds."""

    def __init__(self, store: Store, settings: Settings, channels: Mapping[ChannelName, Channel]) -> None:
        self.store, self.settings, self.channels = store, settings, channels
        self.wake, self.brain = Wake(settings.redis_url), Brain(settings.rasa_url)
        turns, postman = Turns(store, self.brain, settings), Postman(store, channels)
        self.workers = Workers(store, turns, postman, Courier(store, settings), channels, self.wake)
        self.has_understood = False  # since this process began: before, a silent Rasa is one that starts

    async def start(self) -> None:
        """Seed the facts, say which channels are off, start the loops (they open the others)."""
        for line in switched_off(self.settings):
            log.warning(line)
        await asyncio.to_thread(self._seed)
        await self.wake.start()
        self.workers.start()

    async def stop(self) -> None:
        """Stop the loops and close everything."""
        await self.workers.stop()
        for channel in self.channels.values():
            await channel.stop()
        await self.wake.stop()
        await self.brain.close()

    def _seed(self) -> None:
        with self.store.begin() as connection:
            facts.seed(connection, self.settings.directory)

    def store_all(self, found: list[Incoming]) -> None:
        """Store messages before the 2xx. Raises SQLAlchemyError when they cannot be."""
        for incoming in found:
            with self.store.begin() as connection:
                if inbox.take_in(connection, self.store.vault, incoming):
                    counted("received", incoming.channel)


def create_app(store: Store, settings: Settings, channels: Mapping[ChannelName, Channel]) -> FastAPI:
    """The gateway as an ASGI application."""
    gateway = Gateway(store, settings, channels)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        yield
        await gateway.stop()

    app = FastAPI(title="Inloop gateway", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.gateway = gateway
    app.add_exception_handler(SQLAlchemyError, _cannot_store)
    # Plain routes: carriers call them several times a message, and FastAPI's own parsing has nothing to do here.
    app.router.add_route("/webhooks/{name}/webhook", _webhook, methods=["POST"])
    app.router.add_route("/webhooks/{name}/status", _status, methods=["POST"])
    app.get("/health")(_health)
    app.get("/metrics")(_metrics)
    pages.add_to(app, store, settings)
    voice.add_to(app, store)
    return app


async def _webhook(call: Call) -> Response:
    gateway: Gateway = call.app.state.gateway
    name = call.path_params["name"]
    channel = gateway.channels.get(name)
    if channel is None:
        return _say(404, "no such channel, or it is switched off")
    try:
        found = channel.read(await _request(call, gateway.settings))
    except Refused:
        return _say(403, "the signature is not the carrier's; is INLOOP_PUBLIC_URL the address the carrier calls?")
    except Malformed:
        return _say(400, "this cannot be read as a message")
    except TooLarge:
        return _say(413, "larger than 1 MB")
    await asyncio.to_thread(gateway.store_all, found)
    await gateway.wake.call("inbox", "live")
    return Response("<Response/>", media_type="text/xml") if name != "telegram" else JSONResponse({"ok": True})


async def _status(call: Call) -> Response:
    gateway: Gateway = call.app.state.gateway
    channel = gateway.channels.get(call.path_params["name"])
    if channel is None:
        return _say(404, "no such channel, or it is switched off")
    try:
        receipt = channel.read_status(await _request(call, gateway.settings))
    except Refused:
        return _say(403, "the signature is not the carrier's")
    except Malformed:
        return _say(400, "this cannot be read as a status")
    except TooLarge:
        return _say(413, "larger than 1 MB")
    if receipt is not None and receipt.status != "sent":  # that it was sent we knew
        gateway.workers.receipts.append(receipt)
    return Response(status_code=204)


class TooLarge(Exception):
    """A call over BIGGEST bytes."""


async def _request(call: Call, settings: Settings) -> Request:
    """The call with the public URL it was made to: that is what carriers sign."""
    body = bytearray()
    async for part in call.stream():
        body += part
        if len(body) > BIGGEST:
            raise TooLarge
    query = f"?{call.url.query}" if call.url.query else ""
    base = settings.public_url or f"http://127.0.0.1:{settings.bot_port}"
    return Request(base.rstrip("/") + call.url.path + query, {key.lower(): value for key, value in call.headers.items()}, bytes(body))


async def _health(call: Call) -> JSONResponse:
    gateway: Gateway = call.app.state.gateway
    can_store = await asyncio.to_thread(_can_store, gateway.store)
    understands = await gateway.brain.ready()
    parts = {"database": "ready" if can_store else "down", "rasa": "ready" if understands else "down"}
    parts |= {name: "ready" if name in gateway.channels else "off" for name in ("whatsapp", "sms", "telegram")}
    gateway.has_understood |= understands
    status = "degraded" if not can_store or (gateway.has_understood and not understands) else "ready" if understands else "starting"
    return JSONResponse({"status": status, "parts": parts}, status_code=200 if can_store else 503)


def _can_store(store: Store) -> bool:
    try:
        with store.begin() as connection:
            connection.exec_driver_sql("SELECT 1 FROM messages LIMIT 1")
    except SQLAlchemyError:
        return False
    return True


async def _metrics(call: Call) -> Response:
    settings: Settings = call.app.state.gateway.settings
    token = call.headers.get("authorization", "").removeprefix("Bearer ")
    if not (settings.metrics_token and token == settings.metrics_token) and not _from_loopback(call):
        return _say(403, "metrics are for this machine, or with INLOOP_METRICS_TOKEN")
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _from_loopback(call: Call) -> bool:
    behind_proxy = "x-forwarded-for" in call.headers or "forwarded" in call.headers
    return call.client is not None and is_loopback(call.client.host) and not behind_proxy


async def _cannot_store(_call: Call, wrong: Exception) -> Response:
    log.error("cannot store: %s", type(wrong).__name__)
    return _say(503, "cannot be stored now; send it again")


def _say(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(text, status_code=status)
