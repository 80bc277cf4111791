"""Twilio's double: keeps messages, calls webhooks with valid signatures, reports status, answers STOP on SMS itself."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import yaml
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.clock import now
from bot.settings import is_loopback
from bot.tryout.carrier import Faults

API = "/2010-04-01/Accounts"
WINDOW = timedelta(hours=24)


@dataclass
class File:
    """A file in a message: its content when a phone sent it, an address when we did."""

    content_type: str = ""
    content: bytes = b""
    url: str = ""
    sid: str = field(default_factory=lambda: "ME" + secrets.token_hex(16))


@dataclass
class Message:
    """One message as Twilio keeps it."""

    sender: str
    to: str
    body: str
    direction: str
    status: str
    files: list[File] = field(default_factory=list)
    callback: str = ""
    template: str = ""
    error: int | None = None
    sid: str = field(default_factory=lambda: "SM" + secrets.token_hex(16))
    at: datetime = field(default_factory=now)


class TwilioDouble:
    """A Twilio account; listeners hear every message of ours and each change of its status.

    webhooks: for each number of ours ("whatsapp:+31…" or "+31…") the address its messages are posted to.
    """

    def __init__(self, account_sid: str, auth_token: str, webhooks: Mapping[str, str], base_url: str = "") -> None:
        self.account_sid, self.auth_token, self.webhooks, self.base_url = account_sid, auth_token, dict(webhooks), base_url
        self.messages: list[Message] = []
        self.stopped: set[tuple[str, str]] = set()
        self.contents: dict[str, Any] = {}  # templates by their id (bot/tryout/twilio_content.py)
        self.approves = "approved"  # what WhatsApp says of a template when asked
        self.faults = Faults()
        self.largest_page = 1000  # messages (https://www.twilio.com/docs/usage/twilios-response#pagination)
        self.listeners: list[Callable[[Message], None]] = []
        self._client = httpx.AsyncClient(timeout=15, trust_env=False, verify=False)  # loopback only
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()

    async def reported(self) -> None:
        """Wait until the status of everything sent so far is reported."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    # A phone

    async def write(self, sender: str, to: str, text: str = "", *, files: list[File] | None = None, **fields: str) -> int:
        """A person writes; returns what our webhook answered (0: it could not be reached). `fields` go into the form as they are."""
        return await self.receive(Message(sender, to, text, "inbound", "received", files or []), **fields)

    async def receive(self, message: Message, **fields: str) -> int:
        """A person's message arrives: Twilio keeps it, answers its own keywords and calls our webhook."""
        self.messages.append(message)
        if not message.to.startswith("whatsapp:"):
            self._keyword(message)
        return await self.deliver(message, **fields)

    async def deliver(self, message: Message, **fields: str) -> int:
        """Post a message to our webhook, signed; calling it twice is a carrier's duplicate."""
        form = {"MessageSid": message.sid, "SmsMessageSid": message.sid, "SmsSid": message.sid, "AccountSid": self.account_sid}
        form |= {"From": message.sender, "To": message.to, "Body": message.body, "NumSegments": "1", "ApiVersion": "2010-04-01"}
        form |= {"SmsStatus": "received", "NumMedia": str(len(message.files))}
        if message.to.startswith("whatsapp:"):
            form |= {"WaId": message.sender.removeprefix("whatsapp:+"), "ProfileName": "Try-out", "MessageType": "text"}
        for index, file in enumerate(message.files):
            form |= {f"MediaUrl{index}": f"{self.base_url}{self.uri(message)}/Media/{file.sid}"}
            form |= {f"MediaContentType{index}": file.content_type}
        return await self._post(self.webhooks[message.to], form | fields)

    def _keyword(self, message: Message) -> None:
        """Twilio answers STOP, START and HELP on SMS itself (https://www.twilio.com/docs/messaging/features/opt-out)."""
        pair, word = (message.to, message.sender), message.body.strip().upper()
        for name, rule in keywords().items():
            if word not in rule["words"] or (name == "start" and pair not in self.stopped):
                continue
            if name == "stop":
                self.stopped.add(pair)
            elif name == "start":
                self.stopped.discard(pair)
            self._told(Message(message.to, message.sender, rule["answer"], "outbound-reply", "delivered"))

    def uri(self, message: Message) -> str:
        """The path of a message in the API."""
        return f"{API}/{self.account_sid}/Messages/{message.sid}"

    def send(self, message: Message) -> None:
        """Take a message of ours: it reaches the phone, and its status is reported."""
        self.messages.append(message)
        self._told(message)
        task = asyncio.create_task(self._report(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Webhooks

    async def _post(self, url: str, form: Mapping[str, str]) -> int:
        if self._client.is_closed or not is_loopback(urlsplit(url).hostname or ""):
            return 0  # a double never calls anybody off this machine
        signature = RequestValidator(self.auth_token).compute_signature(url, form)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
        try:
            return (await self._client.post(url, content=urlencode(form), headers=headers)).status_code
        except httpx.HTTPError:
            return 0

    async def _report(self, message: Message) -> None:
        """What becomes of a message, posted step by step."""
        whatsapp = message.to.startswith("whatsapp:")
        steps = ["sent", "delivered", *(["read"] if whatsapp else [])]
        if whatsapp and not self._approved(message) and not self._window_open(message):
            steps, message.error = ["failed"], 63016
        elif message.files and not await self._fetched(message.files[0]):
            steps, message.error = ["failed"], 63019
        for step in steps:
            await asyncio.sleep(0.05)
            message.status = step
            self._told(message)
            form = {"MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": step, "SmsStatus": step}
            form |= {"To": message.to, "From": message.sender, "AccountSid": self.account_sid, "ApiVersion": "2010-04-01"}
            if message.error:
                form["ErrorCode"] = str(message.error)
            if message.callback:
                await self._post(message.callback, form)

    def _window_open(self, message: Message) -> bool:
        return any(one.sender == message.to and one.to == message.sender and one.at > now() - WINDOW for one in self.messages)

    def _approved(self, message: Message) -> bool:
        held = self.contents.get(message.template)
        return bool(held and held.approval and held.approval["status"] == "approved")

    async def _fetched(self, file: File) -> bool:
        """Twilio comes for the file, once; WhatsApp takes OGG with Opus in it alone."""
        if self._client.is_closed or not is_loopback(urlsplit(file.url).hostname or ""):
            return False
        try:
            found = await self._client.get(file.url)
        except httpx.HTTPError:
            return False
        file.content, file.content_type = found.content, found.headers.get("content-type", "")
        spoken = file.content_type == "audio/ogg" and file.content[:4] == b"OggS" and b"OpusHead" in file.content[:80]
        return found.status_code == 200 and (spoken or file.content_type.startswith("image/"))

    def _told(self, message: Message) -> None:
        for listener in self.listeners:
            listener(message)


@cache
def keywords() -> dict[str, dict[str, Any]]:
    """The words Twilio answers itself on SMS, and what it says."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "keywords.yml").read_text(encoding="utf-8"))
    return loaded
