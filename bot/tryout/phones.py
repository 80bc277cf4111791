"""The phones on the page: who holds each, what is on its screen, and what happens when somebody writes or taps."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from bot.clock import now
from bot.messages import ChannelName
from bot.tryout.telegram import Json, TelegramDouble
from bot.tryout.twilio import File, Message, TwilioDouble

STATIC = Path(__file__).parent / "static"
HERE = (52.3731, 4.8926)  # what "send my place" sends: Dam square, Amsterdam
SHOWN = 200  # bubbles a screen keeps
REACHED = frozenset({"sent", "delivered", "read"})
ActName = Literal["write", "start", "voice", "photo", "location", "tap", "new"]


@dataclass
class Bubble:
    """One message on a screen. `state`: sending, sent, or late (our desk has not taken it yet)."""

    id: str
    mine: bool
    text: str = ""
    kind: str = "text"
    source: str = ""
    buttons: list[dict[str, str]] = field(default_factory=list)
    automatic: bool = False
    state: str = "sent"
    at: str = field(default_factory=lambda: now().isoformat())


@dataclass
class Phone:
    """A phone and the person who holds it, who came by a link in this language with this code."""

    name: ChannelName
    number: str
    person: str = ""
    language: str = "nl"
    code: str = ""
    bubbles: list[Bubble] = field(default_factory=list)

    def put(self, bubble: Bubble) -> None:
        """Show a bubble, in place of an earlier one with its id."""
        for index, shown in enumerate(self.bubbles):
            if shown.id == bubble.id:
                bubble.at = shown.at
                self.bubbles[index] = bubble
                return
        self.bubbles = [*self.bubbles, bubble][-SHOWN:]


class Phones:
    """All phones of the page, and who watches them."""

    def __init__(self, twilio: TwilioDouble | None, telegram: TelegramDouble | None) -> None:
        self.twilio, self.telegram = twilio, telegram
        self.all: dict[ChannelName, Phone] = {}
        self._watchers: set[asyncio.Queue[Json]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        for number in twilio.webhooks if twilio else ():
            name: ChannelName = "whatsapp" if number.startswith("whatsapp:") else "sms"
            self.all[name] = Phone(name, number)
        if twilio:
            twilio.listeners.append(self._heard_twilio)
        if telegram:
            self.all["telegram"] = Phone("telegram", telegram.name)
            telegram.listeners.append(self._heard_telegram)
        for phone in self.all.values():
            self.new_person(phone)

    # What the page asks

    def act(self, name: ChannelName, do: ActName, *, text: str = "", bubble: str = "", choice: str = "") -> bool:
        """Do on a phone what a thumb does; False for what that phone cannot do now."""
        phone = self.all[name]
        if (do == "write" and not text.strip()) or (name != "telegram" and do in ("start", "tap")):
            return False
        if do == "tap" and not any(shown.id == bubble and choice in [one["id"] for one in shown.buttons] for shown in phone.bubbles):
            return False
        if name == "telegram":
            self._on_telegram(phone, do, text, bubble, choice)
        else:
            self._on_twilio(phone, do, text)
        return True

    def new_person(self, phone: Phone, language: str = "nl", code: str = "") -> None:
        """Somebody new picks up the phone, by a link in this language with this code."""
        phone.language, phone.code, phone.bubbles = language, code, []
        unique = 100_000 + secrets.randbelow(900_000)
        phone.person = str(unique * 1000 + 7) if phone.name == "telegram" else f"+31600{unique}"
        self._changed(phone)

    async def watch(self) -> AsyncIterator[Json]:
        """All screens as they are, then each as it changes."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._watchers.add(queue)
        try:
            for phone in self.all.values():
                yield asdict(phone)
            while True:
                yield await queue.get()
        finally:
            self._watchers.discard(queue)

    # WhatsApp and SMS

    def _on_twilio(self, phone: Phone, do: ActName, text: str) -> None:
        assert self.twilio is not None
        sender = ("whatsapp:" if phone.name == "whatsapp" else "") + phone.person
        files, fields = [], {}
        if do == "voice":
            files = [File("audio/wav", (STATIC / "voice.wav").read_bytes())]
        elif do == "photo":
            files = [File("image/png", (STATIC / "photo.png").read_bytes())]
        elif do == "location" and phone.name == "whatsapp":
            fields = {"Latitude": str(HERE[0]), "Longitude": str(HERE[1])}
        message = Message(sender, phone.number, text, "inbound", "received", files)
        self._show(phone, Bubble(message.sid, True, text, do if do != "write" else "text", _source(do), state="sending"))
        self._run(self._deliver(phone, message, fields))

    async def _deliver(self, phone: Phone, message: Message, fields: dict[str, str]) -> None:
        assert self.twilio is not None
        status = await self.twilio.receive(message, **fields)
        self._settle(phone, message.sid, "sent" if 200 <= status < 300 else "late")

    def _heard_twilio(self, message: Message) -> None:
        for phone in self.all.values():
            is_theirs = message.to.removeprefix("whatsapp:") == phone.person and message.sender == phone.number
            if is_theirs and message.status in REACHED:
                kind, source = ("voice", self._sound(message.files[0])) if message.files else ("text", "")
                automatic = message.direction == "outbound-reply"
                self._show(phone, Bubble(message.sid, False, message.body, kind, source, automatic=automatic))

    def _sound(self, file: File) -> str:
        """Where the carrier keeps what it fetched."""
        assert self.twilio is not None
        return f"{self.twilio.base_url}/content/{file.sid}"

    # Telegram

    def _on_telegram(self, phone: Phone, do: ActName, text: str, bubble: str, choice: str) -> None:
        assert self.telegram is not None
        chat = int(phone.person)
        if do == "tap":
            self.telegram.tap(chat, int(bubble), choice, language=phone.language)
            return
        if do == "start":
            text = f"/start {phone.code}".strip()
        message = self.telegram.write(chat, text, language=phone.language, **self._attached(do))
        shown = Bubble(str(message["message_id"]), True, text, "text" if do in ("write", "start") else do, _source(do), state="sending")
        self._show(phone, shown)
        self._run(self._taken(phone, shown.id))

    def _attached(self, do: ActName) -> Json:
        assert self.telegram is not None
        if do == "location":
            return {"location": {"latitude": HERE[0], "longitude": HERE[1]}}
        if do == "voice":
            file = self.telegram.keep_file((STATIC / "voice.wav").read_bytes(), "audio/wav")
            return {"voice": {"file_id": file, "file_unique_id": file[:8], "duration": 1, "mime_type": "audio/wav"}}
        if do == "photo":
            file = self.telegram.keep_file((STATIC / "photo.png").read_bytes(), "image/png")
            return {"photo": [{"file_id": file, "file_unique_id": file[:8], "width": 240, "height": 160}]}
        return {}

    async def _taken(self, phone: Phone, bubble: str) -> None:
        """Telegram delivers until the desk takes it: it is only late, never lost."""
        assert self.telegram is not None
        try:
            await asyncio.wait_for(self.telegram.delivered(), 3)
        except TimeoutError:
            self._settle(phone, bubble, "late")
            await self.telegram.delivered()
        self._settle(phone, bubble, "sent")

    def _heard_telegram(self, message: Json) -> None:
        phone = self.all["telegram"]
        if str(message["chat"]["id"]) != phone.person:
            return
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [{"id": button["callback_data"], "label": button["text"]} for row in rows for button in row]
        text, voice = message.get("text") or message.get("caption", ""), message.get("voice", {}).get("file_id", "")
        kind, source = ("voice", f"/sounds/{voice}") if voice else ("text", "")
        self._show(phone, Bubble(str(message["message_id"]), False, text, kind, source, buttons))

    # The screens

    def _show(self, phone: Phone, bubble: Bubble) -> None:
        phone.put(bubble)
        self._changed(phone)

    def _settle(self, phone: Phone, bubble: str, state: str) -> None:
        for shown in phone.bubbles:
            if shown.id == bubble:
                shown.state = state
                self._changed(phone)

    def _changed(self, phone: Phone) -> None:
        for queue in self._watchers:
            queue.put_nowait(asdict(phone))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _source(do: ActName) -> str:
    return {"voice": "/static/voice.wav", "photo": "/static/photo.png"}.get(do, "")
