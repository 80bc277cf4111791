"""Telegram's double: chats, updates by webhook or polling, buttons, files, blocking, "too many requests"."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.settings import is_loopback
from bot.tryout.carrier import Faults

Json = dict[str, Any]


class TelegramDouble:
    """A bot as Telegram keeps it. Listeners hear every message that is sent, edited or taken away."""

    def __init__(self, token: str, name: str = "inloop_tryout_bot") -> None:
        self.token, self.name = token, name
        self.chats: dict[int, list[Json]] = {}
        self.blocked: set[int] = set()
        self.files: dict[str, tuple[bytes, str]] = {}
        self.answered: list[str] = []
        self.updates: list[Json] = []
        self.webhook, self.secret, self.allowed = "", "", list[str]()
        self.faults = Faults()
        self.again = 1.0  # seconds until a webhook call that failed is made again (Telegram's own pause is longer)
        self.listeners: list[Callable[[Json], None]] = []
        # Never an id again, also after a restart: a bot that saw it would take it for a duplicate.
        self._update_id, self._message_id = int(time.time()), 0
        self._client = httpx.AsyncClient(timeout=15, trust_env=False, verify=False)  # loopback only
        self._delivering: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.poller: asyncio.Future[None] | None = None

    async def close(self) -> None:
        """End what is under way."""
        if self._delivering is not None:
            self._delivering.cancel()
            await asyncio.gather(self._delivering, return_exceptions=True)
        await self._client.aclose()

    # A phone

    def write(self, chat: int, text: str = "", *, language: str = "nl", **more: Any) -> Json:
        """A person writes; `more` is what else the message holds (voice, photo, location …)."""
        message = self._message(chat, _person(chat, language), text, **more)
        if text.startswith("/"):
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        self.arrive({"message": message})
        return message

    def edit(self, chat: int, message_id: int, text: str) -> None:
        """A person changes what they wrote."""
        message = next(one for one in self.chats[chat] if one["message_id"] == message_id)
        message |= {"text": text, "edit_date": int(time.time())}
        self.arrive({"edited_message": message})

    def tap(self, chat: int, message_id: int, data: str, *, language: str = "nl") -> str:
        """A person taps a button under a message; returns the query's id."""
        message = next(one for one in self.chats[chat] if one["message_id"] == message_id)
        query = {"id": secrets.token_hex(8), "from": _person(chat, language), "chat_instance": str(chat), "message": message, "data": data}
        self.arrive({"callback_query": query})
        return str(query["id"])

    def keep_file(self, content: bytes, content_type: str) -> str:
        """Put a file up; returns its id."""
        file_id = secrets.token_hex(12)
        self.files[file_id] = (content, content_type)
        return file_id

    def arrive(self, update: Json) -> None:
        """Something happens in a chat: the bot hears of it, if it asked for such news."""
        kind = next(iter(update))
        if self.allowed and kind not in self.allowed:
            return
        self._update_id += 1
        self.updates.append({"update_id": self._update_id, **update})
        self._news.set()
        if self.webhook:
            self._deliver_soon()

    # Updates: webhook or polling

    def set_webhook(self, url: str, secret: str, allowed: list[str]) -> None:
        """Deliver to this address from now on; "" is no webhook."""
        self.webhook, self.secret = url, secret
        self.allowed = allowed or self.allowed
        if url:
            self._deliver_soon()

    def _deliver_soon(self) -> None:
        if self._delivering is None or self._delivering.done():
            self._delivering = asyncio.create_task(self._deliver())

    async def _deliver(self) -> None:
        """In order, each again until it is taken."""
        while self.webhook and self.updates:
            update = self.updates[0]
            if not await self._post(update):
                await asyncio.sleep(self.again)
            elif self.updates and self.updates[0] is update:
                self.updates.pop(0)

    async def _post(self, update: Json) -> bool:
        if not is_loopback(urlsplit(self.webhook).hostname or ""):
            return False  # a double never calls anybody off this machine
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.secret} if self.secret else {}
        try:
            return (await self._client.post(self.webhook, json=update, headers=headers)).is_success
        except httpx.HTTPError:
            return False

    async def delivered(self) -> None:
        """Wait until everything is taken."""
        while self.updates:  # noqa: ASYNC110 (by webhook or polling alike)
            await asyncio.sleep(0.02)

    async def news(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Updates from this offset on; those before it are confirmed and gone. Waits for one, at most `seconds`."""
        if offset:
            self.updates = [update for update in self.updates if update["update_id"] >= offset]
        if not self.updates and seconds:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), seconds)
            except TimeoutError:
                return []
        return self.updates[:limit]

    # What the bot sends

    def post(self, chat: int, text: str = "", **more: Any) -> Json:
        """The bot's message arrives in a chat."""
        message = self._message(chat, self.me(), text, **more)
        for listener in self.listeners:
            listener(message)
        return message

    def me(self) -> Json:
        """The bot itself."""
        return {"id": int(self.token.partition(":")[0] or 1), "is_bot": True, "first_name": "Inloop", "username": self.name}

    def _message(self, chat: int, sender: Json, text: str, **more: Any) -> Json:
        self._message_id += 1
        message: Json = {"message_id": self._message_id, "date": int(time.time()), "from": sender}
        message |= {"chat": {"id": chat, "type": "private", "first_name": "Try-out"}} | ({"text": text} if text else {}) | more
        self.chats.setdefault(chat, []).append(message)
        return message


def _person(chat: int, language: str) -> Json:
    return {"id": chat, "is_bot": False, "first_name": "Try-out", "language_code": language}
