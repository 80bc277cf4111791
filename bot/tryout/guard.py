"""Keeps the try-out phones on this machine: nobody else, no proxy, no page of another site may use them."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.settings import is_loopback


class LoopbackOnly:
    """Answers 403 to a request that did not come straight from this machine to this machine's own address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and not _is_ours(scope):
            await PlainTextResponse("only for this machine", 403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_ours(scope: Scope) -> bool:
    headers, client = Headers(scope=scope), scope.get("client")
    if client is None or not is_loopback(client[0]) or "x-forwarded-for" in headers or "forwarded" in headers:
        return False
    # Another name for 127.0.0.1 (DNS rebinding), or a form on another site.
    names = [_host(f"//{headers.get('host', '')}"), *([_host(headers["origin"])] if "origin" in headers else [])]
    return all(is_loopback(name) for name in names)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
