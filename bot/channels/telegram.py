"""Telegram, through the Bot API (https://core.telegram.org/bots/api): webhook or polling, private chats only."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

# RetryAfter gives a timedelta then, as the library's next version will; it is read when an error is made.
os.environ.setdefault("PTB_TIMEDELTA", "true")

from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels import Malformed, Refused, Request, media, telegram_update
from bot.messages import ChannelName, Incoming, Media, Outgoing, Receipt, SendError

LONGEST = 4096  # characters of a message; a caption holds fewer (https://core.telegram.org/bots/api#sendmessage)
LONGEST_CAPTION = 1024
LONGEST_DATA = 64  # bytes of callback_data (https://core.telegram.org/bots/api#inlinekeyboardbutton)
TIMEOUT = 20.0  # seconds for one call
POLL = 20  # seconds a poll waits for something new
WANTED = ["message", "edited_message", "callback_query", "my_chat_member"]

# These libraries write addresses with the token, and message texts, into their logs.
for _name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Telegram:
    """One Telegram bot. api_base_url: serves the Bot API and its files in Telegram's place; "" is Telegram itself."""

    name: ChannelName = "telegram"

    def __init__(
        self,
        token: str,
        secret: str,
        *,
        mode: Literal["webhook", "polling"],
        public_url: str = "",
        api_base_url: str = "",
        timeout: float = TIMEOUT,
    ) -> None:
        self.mode, self._secret, self._timeout = mode, secret, timeout
        self.webhook = f"{public_url.rstrip('/')}/webhooks/telegram/webhook"
        base = api_base_url.rstrip("/") or "https://api.telegram.org"
        # Two, so that a long poll never holds up sending; a base of our own is near, no proxy lies between.
        polling, sending = self._requests = tuple(
            request(
                connect_timeout=timeout,
                read_timeout=timeout,
                write_timeout=timeout,
                pool_timeout=timeout,
                httpx_kwargs={"trust_env": not api_base_url},
            )
            for request in (_Polling, HTTPXRequest)
        )
        self._bot = Bot(token, f"{base}/bot", f"{base}/file/bot", request=sending, get_updates_request=polling)
        self._answers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Set the webhook, or take it away to poll. Raises SendError."""
        try:
            if self.mode == "webhook":
                await self._bot.set_webhook(self.webhook, secret_token=self._secret, allowed_updates=WANTED)
            else:
                await self._bot.delete_webhook()
        except TelegramError as wrong:
            raise _failure(wrong) from None

    async def check(self) -> None:
        """Ask Telegram who this bot is. Raises SendError."""
        try:
            await self._bot.get_me()
        except TelegramError as wrong:
            raise _failure(wrong) from None

    async def stop(self) -> None:
        """Close the connections."""
        for task in list(self._answers):
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)
        for request in self._requests:
            await request.shutdown()

    # What comes in

    def read(self, request: Request) -> list[Incoming]:
        """The message of a webhook call; [] for what is not ours to answer. Raises Refused, Malformed."""
        said = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not self._secret or not hmac.compare_digest(said.encode(), self._secret.encode()):
            raise Refused("wrong or missing secret token")
        try:
            update = json.loads(request.body.decode("utf-8"))
        except (ValueError, RecursionError):
            raise Malformed("not JSON in UTF-8") from None
        return self._heard(telegram_update.read(update))

    def read_status(self, request: Request) -> Receipt | None:
        """Telegram sends none. Raises Refused."""
        raise Refused("Telegram sends no status")

    async def updates(self, offset: int) -> tuple[list[Incoming], int]:
        """Poll once: messages from this offset on, and the offset to ask with next, once these are stored.

        Asking with the next offset confirms them at Telegram. 0 starts at the oldest kept. Raises SendError (retry on 409).
        """
        try:
            polled = await self._bot.get_updates(offset, timeout=POLL, allowed_updates=WANTED, read_timeout=self._timeout)
        except TelegramError as wrong:
            raise _failure(wrong) from None
        found = [incoming for update in polled for incoming in self._heard(update)]
        return found, max([offset, *(update.update_id + 1 for update in polled)])

    def _heard(self, update: Update) -> list[Incoming]:
        if update.callback_query is not None:
            self._acknowledge(update.callback_query)
        return telegram_update.incoming(update)

    def _acknowledge(self, query: CallbackQuery) -> None:
        """Stop the clock Telegram shows on a tapped button; it may fail, and nobody waits for it."""
        with suppress(RuntimeError):
            asyncio.get_running_loop()
            task = asyncio.create_task(self._answer(query.id))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)

    async def _answer(self, query_id: str) -> None:
        with suppress(TelegramError):
            await self._bot.answer_callback_query(query_id)

    # What goes out

    async def send(self, outgoing: Outgoing) -> str:
        """Send a message, its choices as buttons, one on a row; returns its id. Raises SendError."""
        if len(outgoing.text) > LONGEST:
            raise SendError("too_long", retry=False)
        if any(len(choice.id.encode()) > LONGEST_DATA for choice in outgoing.choices):
            raise SendError("choice_too_long", retry=False)
        rows = [[InlineKeyboardButton(choice.label, callback_data=choice.id)] for choice in outgoing.choices]
        try:
            sent = await self._send(int(outgoing.address), outgoing, InlineKeyboardMarkup(rows) if rows else None)
        except (TelegramError, ValueError) as wrong:
            raise _failure(wrong) from None
        return str(sent.message_id)

    async def _send(self, chat: int, outgoing: Outgoing, buttons: InlineKeyboardMarkup | None) -> Message:
        recording = outgoing.voice or outgoing.media_url
        if recording and len(outgoing.text) <= LONGEST_CAPTION:
            return await self._bot.send_voice(chat, recording, filename="voice.ogg", caption=outgoing.text or None, reply_markup=buttons)
        return await self._bot.send_message(chat, outgoing.text, reply_markup=buttons)

    async def find(self, outgoing: Outgoing, since: datetime) -> list[str]:
        """[]: Telegram keeps no list."""
        return []

    async def missed(self, since: datetime) -> list[Incoming]:
        """[]: Telegram keeps what was not taken, and sends it again itself."""
        return []

    async def fetch(self, file: Media, limit: int) -> tuple[bytes, str]:
        """A file and its type. Raises SendError."""
        if held := media.open_enclosed(file, limit):
            return held
        try:
            found = await self._bot.get_file(file.reference)
            content_type = media.check(file.content_type, found.file_size or 0, limit)
            content = bytes(await found.download_as_bytearray())
        except InvalidToken:  # the library's name for 404: Telegram no longer has the file
            raise SendError("telegram_file_gone", retry=False) from None
        except TelegramError as wrong:
            raise _failure(wrong) from None
        return content, media.check(content_type, len(content), limit)

    async def erase(self, provider_ids: list[str]) -> None:
        """Nothing: Telegram erases by chat and message, and the chat is forgotten by now."""


def _failure(wrong: Exception) -> SendError:
    """Telegram's refusal, by its kind alone: its words may carry an address."""
    match wrong:
        case RetryAfter(retry_after=wait):
            return SendError("busy", retry=True, after=wait.total_seconds() if hasattr(wait, "total_seconds") else float(wait))
        case Forbidden():
            return SendError("blocked", retry=False, gone=True)
        case BadRequest():
            return SendError("telegram_bad_request", retry=False)
        case Conflict():
            return SendError("polled_elsewhere", retry=True)
        case InvalidToken():
            return SendError("telegram_token", retry=True)
        case NetworkError():
            return SendError("unreachable", retry=True)
    return SendError(f"telegram_{type(wrong).__name__.lower()}", retry=False)


class _Polling(HTTPXRequest):
    """Empties updates that cannot be read: one of them would hold up everybody's for ever."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer to a poll."""
        answer = HTTPXRequest.parse_json_payload(payload)
        if isinstance(answer.get("result"), list):
            answer["result"] = [_readable(update) for update in answer["result"]]
        return answer


def _readable(raw: dict[str, Any]) -> dict[str, Any]:
    try:
        telegram_update.incoming(telegram_update.read(raw))
    except Malformed:
        return {"update_id": raw["update_id"]}
    return {key: raw[key] for key in telegram_update.READ if key in raw}
