"""LibreTranslate's place in tests: its two calls, its errors and its words for them (github.com/LibreTranslate/LibreTranslate)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests import servers

CODES = ("ar", "en", "fa", "fr", "nl", "pl", "tr", "uk")  # it has no Tigrinya and no Somali
LIMIT = 2000  # characters, as its char_limit sets


@dataclass
class LibreTranslate:
    """A service: what it was asked, and how the next calls go."""

    url: str = ""
    key: str = ""
    codes: tuple[str, ...] = CODES
    busy: bool = False
    broken: bool = False
    delay: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)

    def app(self) -> Starlette:
        """Its two calls."""
        return Starlette(routes=[Route("/languages", self._languages), Route("/translate", self._translate, methods=["POST"])])

    async def _languages(self, _request: Request) -> Response:
        names = [{"code": code, "name": code.upper(), "targets": [one for one in self.codes if one != code]} for code in self.codes]
        return JSONResponse(names)

    async def _translate(self, request: Request) -> Response:
        asked = await request.json()
        self.asked.append(asked)
        await asyncio.sleep(self.delay)
        if status := self._wrong(asked):
            return JSONResponse({"error": status[1]}, status[0])
        if self.broken:
            return Response("<html>Bad Gateway</html>", 502, media_type="text/html")
        found = {"translatedText": self.words.get(asked["q"], f"[{asked['target']}] {asked['q']}")}
        return JSONResponse(found | ({"detectedLanguage": {"confidence": 90, "language": "nl"}} if asked["source"] == "auto" else {}))

    def _wrong(self, asked: dict[str, Any]) -> tuple[int, str] | None:
        if self.key and asked.get("api_key") and asked["api_key"] != self.key:
            return 403, "Invalid API key"
        if self.key and not asked.get("api_key"):
            return 400, "Please contact the server operator to get an API key"
        if self.busy:
            return 429, "Slowdown: 20 per 1 minute"
        if len(asked["q"]) > LIMIT:
            return 400, f"Invalid request: request ({len(asked['q'])}) exceeds text limit ({LIMIT})"
        for name in ("source", "target"):
            if asked[name] not in (*self.codes, *(("auto",) if name == "source" else ())):
                return 400, f"{asked[name]} is not supported"
        return None


@contextmanager
def serving(service: LibreTranslate) -> Iterator[LibreTranslate]:
    """Serve it on a free port."""
    port = servers.free_port()
    server = uvicorn.Server(uvicorn.Config(service.app(), port=port, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    servers.wait_for(port)
    service.url = f"http://127.0.0.1:{port}"
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join(10)
