"""The double's Bot API, as far as a channel uses it (https://core.telegram.org/bots/api#available-methods)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.tryout.carrier import Dropped, answer
from bot.tryout.telegram import Json, TelegramDouble

LONGEST, LONGEST_CAPTION, LONGEST_DATA = 4096, 1024, 64


class Refusal(Exception):
    """An answer that is an error, in Telegram's words."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        self.status, self.description, self.parameters = status, description, parameters


class TelegramApi:
    """Bot API and files of one bot."""

    def __init__(self, bot: TelegramDouble) -> None:
        self.bot = bot
        self.methods: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "getme": self._get_me,
            "getupdates": self._get_updates,
            "setwebhook": self._set_webhook,
            "deletewebhook": self._delete_webhook,
            "getwebhookinfo": self._webhook_info,
            "sendmessage": self._send_message,
            "sendvoice": self._send_voice,
            "answercallbackquery": self._answer_query,
            "getfile": self._get_file,
        }

    def app(self) -> Starlette:
        """One application for the API and its files."""
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
                Route("/file/bot{token}/{file}", self._file),
            ]
        )

    async def _call(self, request: Request) -> Response:
        try:
            self._check_token(request)
            method = self.methods.get(request.path_params["method"].lower())
            if method is None:
                raise Refusal(404, "Not Found")
            asked = await _asked(request)
            fault = await self.bot.faults.take() if method in (self._send_message, self._send_voice) else None
            if fault and fault.status >= 400:
                raise _as_refusal(fault.status, fault.retry_after)
            result = await method(asked)
        except Refusal as wrong:
            content = {"ok": False, "error_code": wrong.status, "description": wrong.description}
            return answer(wrong.status, content | ({"parameters": wrong.parameters} if wrong.parameters else {}))
        return Dropped() if fault and fault.drop else answer(200, {"ok": True, "result": result})

    def _check_token(self, request: Request) -> None:
        if request.path_params["token"] != self.bot.token:
            raise Refusal(401, "Unauthorized")

    async def _get_me(self, _asked: Json) -> Json:
        return self.bot.me() | {"can_join_groups": False, "can_read_all_group_messages": False, "supports_inline_queries": False}

    async def _get_updates(self, asked: Json) -> list[Json]:
        """The last one to ask wins; the one who was waiting gets 409."""
        if self.bot.webhook:
            raise Refusal(
                409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        if self.bot.poller is not None and not self.bot.poller.done():
            self.bot.poller.set_result(None)
        self.bot.poller = ended = asyncio.get_running_loop().create_future()
        self.bot.allowed = asked.get("allowed_updates") or self.bot.allowed
        waiting = asyncio.ensure_future(
            self.bot.news(int(asked.get("offset", 0)), int(asked.get("limit", 100)), float(asked.get("timeout", 0)))
        )
        await asyncio.wait({waiting, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise Refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
        return waiting.result()

    async def _set_webhook(self, asked: Json) -> bool:
        self.bot.set_webhook(str(asked.get("url", "")), str(asked.get("secret_token", "")), asked.get("allowed_updates") or [])
        return True

    async def _delete_webhook(self, asked: Json) -> bool:
        self.bot.set_webhook("", "", [])
        if asked.get("drop_pending_updates"):
            self.bot.updates.clear()
        return True

    async def _webhook_info(self, _asked: Json) -> Json:
        return {"url": self.bot.webhook, "has_custom_certificate": False, "pending_update_count": len(self.bot.updates)}

    async def _send_message(self, asked: Json) -> Json:
        chat, text = self._chat(asked), str(asked.get("text", ""))
        if not text:
            raise Refusal(400, "Bad Request: message text is empty")
        if len(text) > LONGEST:
            raise Refusal(400, "Bad Request: message is too long")
        return self.bot.post(chat, text, **_buttons(asked))

    async def _send_voice(self, asked: Json) -> Json:
        chat, caption = self._chat(asked), str(asked.get("caption", ""))
        if len(caption) > LONGEST_CAPTION:
            raise Refusal(400, "Bad Request: message caption is too long")
        given = asked.get("voice", "")
        file = self.bot.keep_file(given, "audio/ogg") if isinstance(given, bytes) else str(given)
        voice = {"file_id": file, "file_unique_id": file[-12:], "duration": 1, "mime_type": "audio/ogg"}
        return self.bot.post(chat, voice=voice, **({"caption": caption} if caption else {}), **_buttons(asked))

    async def _answer_query(self, asked: Json) -> bool:
        self.bot.answered.append(str(asked.get("callback_query_id", "")))
        return True

    async def _get_file(self, asked: Json) -> Json:
        file_id = str(asked.get("file_id", ""))
        if file_id not in self.bot.files:
            raise Refusal(400, "Bad Request: invalid file_id")
        size = len(self.bot.files[file_id][0])
        return {"file_id": file_id, "file_unique_id": file_id[:12], "file_size": size, "file_path": file_id}

    async def _file(self, request: Request) -> Response:
        found = self.bot.files.get(request.path_params["file"])
        if request.path_params["token"] != self.bot.token or found is None:
            return answer(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        return Response(found[0], media_type="application/octet-stream")

    def _chat(self, asked: Json) -> int:
        chat = int(asked.get("chat_id", 0))
        if chat not in self.bot.chats:
            raise Refusal(400, "Bad Request: chat not found")
        if chat in self.bot.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return chat


def _as_refusal(status: int, retry_after: int | None) -> Refusal:
    if status == 429:
        wait = retry_after or 1
        return Refusal(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
    words = {403: "Forbidden: bot was blocked by the user", 400: "Bad Request: wrong", 500: "Internal Server Error"}
    return Refusal(status, words.get(status, "Bad Gateway"))


async def _asked(request: Request) -> Json:
    """The parameters of a call: JSON, or a form or query whose values may be JSON."""
    if "json" in request.headers.get("content-type", ""):
        return dict(await request.json())
    async with request.form() as form:
        pairs = {**request.query_params, **form}
        given: Json = {key: await value.read() if isinstance(value, UploadFile) else value for key, value in pairs.items()}
    return {
        key: json.loads(value) if isinstance(value, str) and value[:1] in ("{", "[") and key != "text" else value
        for key, value in given.items()
    }


def _buttons(asked: Json) -> Json:
    """The inline keyboard of a message, refused where Telegram refuses it."""
    markup = asked.get("reply_markup")
    for row in (markup or {}).get("inline_keyboard", []):
        for button in row:
            if not 1 <= len(str(button.get("callback_data", "")).encode()) <= LONGEST_DATA:
                raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    return {"reply_markup": markup} if markup else {}
