"""Twilio's asynchronous client, made safe: a time limit, our base address, no log lines, errors that say whether to try again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.http.async_http_client import AsyncTwilioHttpClient  # type: ignore[import-untyped]

from bot.channels import media
from bot.messages import SendError


class Carrier(AsyncTwilioHttpClient):  # type: ignore[misc]
    """Twilio's client with our timeout and base address; it logs nothing, for its log lines carry numbers."""

    def __init__(self, base: str, timeout: float) -> None:
        super().__init__(pool_connections=False)
        self.base, self.limit = base, timeout
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout))

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Nothing."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Nothing."""

    async def request(self, method: str, url: str, *, auth: tuple[str, str], headers: dict[str, str], **kwargs: Any) -> Any:
        """Call Twilio. Raises SendError for what may go well later."""
        headers = {**headers, "Authorization": aiohttp.encode_basic_auth(*auth)}
        try:
            # The library asks aiohttp for no limit at all, which would win over the session's own.
            async with asyncio.timeout(self.limit):
                response = await super().request(method, at(self.base, url), headers=headers, **kwargs)
        except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
            raise SendError("unreachable", retry=True) from None
        _raise_for(response.status_code, response.headers)
        return response

    async def download(self, url: str, headers: dict[str, str], limit: int) -> tuple[bytes, str] | str:
        """A file and its type, or the address it has moved to. Raises SendError."""
        try:
            async with self.session.get(url, headers=headers, allow_redirects=False) as response:
                _raise_for(response.status, response.headers)
                if response.status in (301, 302, 303, 307, 308):
                    return str(response.headers.get("Location", ""))
                if response.status != 200:
                    raise SendError(f"twilio_http_{response.status}", retry=False)
                content_type = media.check(response.headers.get("Content-Type", ""), response.content_length or 0, limit)
                content = bytearray()
                async for part in response.content.iter_chunked(65536):
                    content += part
                    media.check(content_type, len(content), limit)
        except (aiohttp.ClientError, TimeoutError):
            raise SendError("unreachable", retry=True) from None
        return bytes(content), content_type


def at(base: str, url: str) -> str:
    """A Twilio address, on the base that stands in for all of Twilio's hosts."""
    parts = urlsplit(url)
    if not base or not (parts.hostname or "").endswith(".twilio.com"):
        return url
    return base + parts.path + (f"?{parts.query}" if parts.query else "")


def _raise_for(status: int, headers: Mapping[str, str]) -> None:
    """Raise SendError for "later" (429) and for Twilio's own trouble (5xx)."""
    if status != 429 and status < 500:
        return
    wait = headers.get("Retry-After", "")
    raise SendError("busy" if status == 429 else f"twilio_http_{status}", retry=True, after=float(wait) if wait.isdecimal() else None)
