"""The console as an ASGI application: API, pages, errors, headers."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.console import api
from bot.console.access import SignedOut
from bot.console.desk import Again, Desk, Refused
from bot.console.limits import Limits
from bot.console.live import Live
from bot.console.pages import ROUTERS
from bot.console.pages.page import back, language_of, show
from bot.console.words import say
from bot.settings import Settings
from bot.sound import LARGEST
from bot.store import Store
from bot.tables import users
from bot.wake import Wake

log = logging.getLogger("inloop.console")
STATIC = Path(__file__).resolve().parent / "static"
BIGGEST = 1_000_000  # bytes of a call; over that 413
BIGGEST_VOICE = LARGEST + 100_000  # of a recording with its form
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(self), geolocation=()",
    "Cache-Control": "no-store",
}
CHANGES_NOTHING = {"/check"}  # posted, but nobody is woken for it
STATUS_ERRORS = {401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method", 413: "too_long", 429: "too_many"}


def create_app(store: Store, settings: Settings, wake: Wake | None = None) -> FastAPI:
    """The console on a store; `wake` tells other processes that there is something to send."""
    bell = wake or Wake(settings.redis_url)

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        await bell.start()
        yield
        await bell.stop()

    about = "Cases and sites for staff. Times are ISO 8601 UTC; lists give `items` and `next`; errors `error` and `message`."
    paths: dict[str, Any] = {"docs_url": None, "redoc_url": None, "openapi_url": "/api/openapi.json"}
    app = FastAPI(title="Inloop", description=about, version="1", lifespan=life, **paths)
    app.state.desk = Desk(store, settings, Limits(settings.redis_url), Live(store, bell))
    app.add_middleware(Careful, wake=bell, https=settings.console_url.startswith("https://"))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(api.router)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    app.get("/health", include_in_schema=False)(health)
    app.add_exception_handler(Again, _again)
    for wrong, answer in ((Refused, _refused), (SignedOut, _signed_out), (RequestValidationError, _invalid), (HTTPException, _http)):
        app.add_exception_handler(wrong, answer)
    return app


def health(request: Request) -> dict[str, Any]:
    """Whether the console can work, by part."""
    desk: Desk = request.app.state.desk
    try:
        with desk.store.begin() as connection:
            connection.execute(select(users.c.id).limit(1))
        parts = {"database": "ready"}
    except SQLAlchemyError:
        parts = {"database": "down"}
    return {"status": "ready" if set(parts.values()) == {"ready"} else "degraded", "parts": parts}


class Careful:
    """Around every call: size, security headers, and a wake-up for the others after something was done."""

    def __init__(self, app: ASGIApp, wake: Wake, https: bool) -> None:
        self.app, self.wake, self.https = app, wake, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one call on."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        size = dict(scope["headers"]).get(b"content-length", b"0")
        spoken = scope["path"].startswith("/cases/") and scope["path"].endswith("/voice")
        if size.isdigit() and int(size) > (BIGGEST_VOICE if spoken else BIGGEST):
            return await error_answer(Request(scope), 413, "voice_large" if spoken else "too_long")(scope, receive, send)
        done, began = scope["method"] == "POST" and scope["path"] not in CHANGES_NOTHING, False

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._head(message, scope["path"].startswith("/static/"))
            nonlocal began
            began = True
            await send(message)
            if done and message["type"] == "http.response.body" and not message.get("more_body"):
                await self.wake.call("outbox", "live")

        try:
            await self.app(scope, receive, answer)
        except Exception as wrong:
            where = traceback.extract_tb(wrong.__traceback__)[-1]  # never the message: it may hold a person's words
            log.error("a call failed: %s at %s:%s", type(wrong).__name__, Path(where.filename).name, where.lineno)
            if not began:
                await error_answer(Request(scope), 500, "trouble")(scope, receive, answer)

    def _head(self, message: MutableMapping[str, Any], static: bool) -> None:
        held = {name.lower() for name, _ in message["headers"]}
        wanted = dict(HEADERS) | ({"Strict-Transport-Security": "max-age=31536000"} if self.https else {})
        if static:
            wanted["Cache-Control"] = "no-cache"
        fresh = [(name.lower().encode(), value.encode()) for name, value in wanted.items()]
        message["headers"] = [*message["headers"], *(one for one in fresh if one[0] not in held)]


def error_answer(request: Request, status: int, error: str) -> Response:
    """An error for a program under /api, as a page for people elsewhere."""
    language = language_of(request)
    if request.url.path.startswith("/api/"):
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
        return JSONResponse({"error": error, "message": say(language, f"errors.{error}")}, status, headers=headers)
    staff = getattr(request.state, "staff", None)
    return show(request, "error.html", staff=staff, status=status, error=error, by="", kept="")


def _refused(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, Refused)
    return error_answer(request, wrong.status, wrong.error)


def _again(request: Request, _wrong: Exception) -> Response:
    return RedirectResponse(back(request), 303)


def _signed_out(request: Request, _wrong: Exception) -> Response:
    return RedirectResponse("/sign-in", 303)


def _invalid(request: Request, _wrong: Exception) -> Response:
    """What was sent is not said back: it may hold a person's words."""
    return error_answer(request, 422, "invalid")


def _http(request: Request, wrong: Exception) -> Response:
    assert isinstance(wrong, HTTPException)
    status = 422 if wrong.status_code == 400 else wrong.status_code  # bytes that are no text are not understood either
    return error_answer(request, status, STATUS_ERRORS.get(status, "invalid"))
