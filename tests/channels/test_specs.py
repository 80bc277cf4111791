"""What we ask of the carriers, and what the doubles answer, has the names of the carriers' own descriptions (tests/channels/specs)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.channels.telegram import Telegram
from bot.channels.twilio import Twilio
from bot.clock import now
from bot.messages import Choice, Media, Outgoing
from bot.tryout.server import served
from bot.tryout.telegram import TelegramDouble
from bot.tryout.telegram_api import TelegramApi
from bot.tryout.twilio import File, TwilioDouble
from bot.tryout.twilio import Message as Kept
from bot.tryout.twilio_api import TwilioApi
from bot.tryout.twilio_content import Content

from . import ACCOUNT, BOT_TOKEN, NUMBER, PERSON, PUBLIC, SECRET, TOKEN

pytestmark = pytest.mark.anyio
SPECS = Path(__file__).parent / "specs"
CHOICES = (Choice("yes", "Ja"), Choice("no", "Nee"))


class Recorder:
    """An application that keeps what it was asked and what it answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.calls = app, list[tuple[str, str, set[str]]]()
        self.answers: list[Any] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked, answered = bytearray(), bytearray()

        async def heard() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def said(message: Message) -> None:
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, heard, said)
        names = {key for key, _ in parse_qsl(scope["query_string"].decode() + "&" + asked.decode(), keep_blank_values=True)}
        self.calls.append((scope["method"], scope["path"], names))
        if answered[:1] == b"{":
            self.answers.append(json.loads(answered))


async def test_twilio() -> None:
    spec = json.loads((SPECS / "twilio.json").read_text())
    double = TwilioDouble(ACCOUNT, TOKEN, {f"whatsapp:{NUMBER}": "http://127.0.0.1:1"})
    double.largest_page = 1
    recorder = Recorder(TwilioApi(double).app())
    async with served(recorder) as double.base_url:
        channel = Twilio("whatsapp", ACCOUNT, TOKEN, NUMBER, public_url=PUBLIC, api_base_url=double.base_url)
        await channel.start()
        outgoing = Outgoing("whatsapp", PERSON, "talk", "hallo", CHOICES, media_url="https://inloop.example/v.ogg")
        sid = await channel.send(outgoing)
        held = Content("begin", "nl", {"twilio/text": {"body": "Hallo {{1}}"}}, {"1": "Sara"})
        double.contents[held.sid] = held
        await channel.send(Outgoing("whatsapp", PERSON, "talk", "", template=held.sid, values={"1": "x"}))
        for _ in range(2):
            double.messages.append(Kept(f"whatsapp:{PERSON}", f"whatsapp:{NUMBER}", "", "inbound", "received", [File("audio/ogg", b"x")]))
        await channel.find(outgoing, now())
        missed = await channel.missed(now())
        await channel.fetch(missed[0].media[0], 10)
        await channel.erase([sid])
        await channel.stop()
        await double.close()
    seen = set()
    for method, path, names in recorder.calls:
        if path.startswith("/content/"):
            continue  # where the API redirects to: no part of the API
        known = re.sub(r"/AC[0-9a-f]{32}/", "/{AccountSid}/", path)
        known = re.sub(r"/(SM)[0-9a-f]{32}(?=/Media)", "/{MessageSid}", known)
        known = re.sub(r"/(SM|ME)[0-9a-f]{32}", "/{Sid}", known)
        known += "" if known.endswith(".json") else ".json"  # without .json the same resource, as the file itself
        assert f"{method} {known}" in spec["calls"], path
        assert names <= set(spec["calls"][f"{method} {known}"])
        seen.add(f"{method} {known.rpartition('}')[2]}")
    assert seen == {"POST /Messages.json", "GET /Messages.json", "GET /Media.json", "GET .json", "DELETE .json"}
    for answer in recorder.answers:
        for message in answer.get("messages", [answer] if "direction" in answer else []):
            assert set(message) <= set(spec["message"])
            assert message["status"] in spec["statuses"]
            assert message["direction"] in spec["directions"]


async def test_telegram() -> None:
    spec = json.loads((SPECS / "telegram.json").read_text())
    double = TelegramDouble(BOT_TOKEN)
    recorder = Recorder(TelegramApi(double).app())
    async with served(recorder) as address:
        hook = Telegram(BOT_TOKEN, SECRET, mode="webhook", public_url=PUBLIC, api_base_url=address)
        await hook.start()
        await hook.stop()
        bot = Telegram(BOT_TOKEN, SECRET, mode="polling", public_url=PUBLIC, api_base_url=address)
        await bot.start()
        double.write(7001, "hallo")
        await bot.send(Outgoing("telegram", "7001", "talk", "Wat wilt u?", CHOICES))
        await bot.send(Outgoing("telegram", "7001", "talk", "Luister", media_url="https://inloop.example/v.ogg"))
        double.tap(7001, double.chats[7001][-2]["message_id"], "yes")
        await bot.updates(0)
        await bot.fetch(Media("voice", double.keep_file(b"x", "audio/ogg"), "audio/ogg"), 10)
        await bot.stop()
        await double.close()
    calls = [(path.rpartition("/")[2], names) for _, path, names in recorder.calls if not path.startswith("/file/")]
    assert {method for method, _ in calls} >= {"setWebhook", "deleteWebhook", "sendMessage", "sendVoice", "getUpdates", "getFile"}
    for method, names in calls:
        fields = spec["methods"][method]
        assert names <= set(fields), method
        assert {name for name, required in fields.items() if required} <= names, method
    for answer in recorder.answers:
        for update in answer["result"] if isinstance(answer["result"], list) else []:
            assert set(update) <= set(spec["types"]["Update"])
        if isinstance(answer["result"], dict) and "message_id" in answer["result"]:
            assert set(answer["result"]) <= set(spec["types"]["Message"])
