"""The whole of Inloop as its processes, with carrier doubles that behave as the carriers do."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
import pytest
import uvloop

from bot import gateway
from bot.begin import open_store
from bot.channels.open import open_channels
from bot.console import app as console
from bot.messages import ChannelName
from bot.replies import texts
from bot.settings import ROOT, Settings
from bot.tryout.server import served
from bot.tryout.telegram import TelegramDouble
from bot.tryout.telegram_api import TelegramApi
from bot.tryout.twilio import TwilioDouble
from bot.tryout.twilio_api import TwilioApi
from tests.servers import free_port

SID, TOKEN, SECRET = "AC" + "1" * 32, "twilio-token-for-tests", "telegram-secret-for-tests"
WHATSAPP, SMS = "+31970000001", "+31970000002"
BOT = "700000001:AAtelegram-token-for-tests"
T = TypeVar("T")


class Stack:
    """Everything on free ports. `start` and `kill` act on one process; a person is `Phone(stack, channel)`."""

    def __init__(self, folder: Path, *, languages: str = "", polling: bool = False, **settings: str) -> None:
        self.folder, self.processes = folder, dict[str, subprocess.Popen[bytes]]()
        self.ports = {name: free_port() for name in ("gateway", "rasa", "actions", "console")}
        self._loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()  # what stands for the world should cost little
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._polling, self._languages, self._settings = polling, languages, settings

    def __enter__(self) -> Stack:
        self._thread.start()
        self.run(self._open_doubles())
        for name in ("actions", "rasa", "gateway", "console"):
            self.start(name)
        for name in ("actions", "rasa", "gateway", "console"):
            self.wait_for(name)
        return self

    def __exit__(self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        self.run(self._close_doubles())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 60) -> T:
        """Run a coroutine beside the doubles."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def url(self, name: str) -> str:
        """The address of a process."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def environment(self) -> dict[str, str]:
        """The settings all processes get."""
        values = {
            "INLOOP_PUBLIC_URL": self.url("gateway"),
            "INLOOP_BOT_PORT": str(self.ports["gateway"]),
            "INLOOP_ACTIONS_PORT": str(self.ports["actions"]),
            "INLOOP_CONSOLE_PORT": str(self.ports["console"]),
            "INLOOP_RASA_URL": self.url("rasa"),
            "INLOOP_DATABASE_URL": f"sqlite:///{self.folder / 'inloop.db'}",
            "INLOOP_SECRET_KEY": "a-key-for-the-tests-only",
            "INLOOP_TRYOUT": "off",
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_WHATSAPP_FROM": WHATSAPP,
            "TWILIO_SMS_FROM": SMS,
            "TWILIO_API_BASE_URL": self.twilio_url,
            "TELEGRAM_BOT_TOKEN": BOT,
            "TELEGRAM_WEBHOOK_SECRET": SECRET,
            "TELEGRAM_MODE": "polling" if self._polling else "webhook",
            "TELEGRAM_API_BASE_URL": self.telegram_url,
            "INLOOP_LANGUAGES": self._languages,
            "RASA_TELEMETRY_ENABLED": "false",
        }
        return {**os.environ, **values, **self._settings}

    def start(self, name: str) -> None:
        """Start one process; its log goes to the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "bot", name]
            self.processes[name] = subprocess.Popen(command, cwd=ROOT, env=self.environment(), stdout=log, stderr=log)

    def kill(self, name: str) -> None:
        """kill -9 one process."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait(10)

    def wait_for(self, name: str, seconds: float = 60) -> None:
        """Wait until a process says it is ready."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.processes[name].poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self.log(name)[-2000:]}")
            try:
                if httpx.get(f"{self.url(name)}/health", timeout=2).json()["status"] in ("ready", "ok"):
                    return
            except (httpx.HTTPError, ValueError):
                pass
            time.sleep(0.1)
        raise TimeoutError(f"{name} is not ready:\n{self.log(name)[-2000:]}")

    def log(self, name: str) -> str:
        """What a process has logged."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def inloop(self, *arguments: str) -> str:
        """Run a command of the command line against this stack; gives what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *arguments], cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def _open_doubles(self) -> None:
        webhooks = {
            f"whatsapp:{WHATSAPP}": f"{self.url('gateway')}/webhooks/whatsapp/webhook",
            SMS: f"{self.url('gateway')}/webhooks/sms/webhook",
        }
        self.twilio, self.telegram = TwilioDouble(SID, TOKEN, webhooks), TelegramDouble(BOT)
        self._served = [served(TwilioApi(self.twilio).app()), served(TelegramApi(self.telegram).app())]
        self.twilio_url, self.telegram_url = [await one.__aenter__() for one in self._served]
        self.twilio.base_url = self.twilio_url

    async def _close_doubles(self) -> None:
        await self.twilio.close()
        await self.telegram.close()
        for one in self._served:
            await one.__aexit__(None, None, None)


class Near(Stack):
    """A stack whose gateway and console run in this process: the tests' clock is theirs too."""

    def __enter__(self) -> Near:
        self._thread.start()
        self.run(self._open_doubles())
        for name in ("actions", "rasa"):
            self.start(name)
        self.run(self._open_near())
        for name in ("actions", "rasa"):
            self.wait_for(name)
        return self

    async def _open_near(self) -> None:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment().items():
                patch.setenv(name, value)
            settings = Settings(_env_file=None)
        self.store = open_store(settings)
        channels = open_channels(settings)
        apps = {"gateway": gateway.create_app(self.store, settings, channels), "console": console.create_app(self.store, settings)}
        for name, app in apps.items():
            self._served.append(served(app, self.ports[name]))
            await self._served[-1].__aenter__()

    async def _close_doubles(self) -> None:
        for one in reversed(self._served[2:]):
            await one.__aexit__(None, None, None)
        del self._served[2:]
        self.store.dispose()
        await super()._close_doubles()


class Phone:
    """One person's phone: what they write goes through the real webhook, what comes back is what they see."""

    def __init__(self, stack: Stack, channel: ChannelName, address: str = "") -> None:
        self.stack, self.channel, self._read = stack, channel, 0
        self.address = address or ("8000001" if channel == "telegram" else "+31612345601")

    def write(self, text: str = "", **more: Any) -> None:
        """The person sends a message."""
        if self.channel == "telegram":
            self.stack.run(_soon(lambda: self.stack.telegram.write(int(self.address), text, **more)))
        else:
            assert self.stack.run(self.stack.twilio.write(self._sender(), self._ours(), text, **more)) in (0, 200, 204)

    def tap(self, choice: str) -> None:
        """The person taps a button of the last message (Telegram)."""
        last = self.stack.telegram.chats[int(self.address)][-1]
        self.stack.run(_soon(lambda: self.stack.telegram.tap(int(self.address), last["message_id"], choice)))

    def seen(self) -> list[str]:
        """Every message of ours on this phone, oldest first."""
        if self.channel == "telegram":
            chat = self.stack.telegram.chats.get(int(self.address), [])
            return [one.get("text", "") for one in chat if one["from"]["is_bot"]]
        ours = [one for one in self.stack.twilio.messages if one.to == self._sender() and one.direction == "outbound-api"]
        return [one.body for one in ours]

    def buttons(self) -> list[tuple[str, str]]:
        """(choice, label) of the buttons under the last message (Telegram)."""
        last = [one for one in self.stack.telegram.chats[int(self.address)] if one["from"]["is_bot"]][-1]
        rows = last.get("reply_markup", {}).get("inline_keyboard", [])
        return [(button["callback_data"], button["text"]) for row in rows for button in row]

    def hear(self, seconds: float = 20) -> str:
        """The next message not yet read; TimeoutError when none comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(seen := self.seen()) > self._read:
                self._read += 1
                return seen[self._read - 1]
            time.sleep(0.02)
        raise TimeoutError(f"no answer on {self.channel} after: {self.seen()[-1:]}")

    def say(self, text: str, **more: Any) -> str:
        """Write, and hear the answer."""
        self.write(text, **more)
        return self.hear()

    def silent(self, seconds: float = 1.5) -> bool:
        """Whether nothing comes for a while."""
        time.sleep(seconds)
        return len(self.seen()) == self._read

    def offered(self, language: str) -> list[str]:
        """The choices of the last message, in the order offered."""
        if self.channel == "telegram":
            return [choice for choice, _ in self.buttons()]
        labels = {one["label"]: name for name, one in texts(language)["choices"].items()}
        lines = [line.partition(". ") for line in self.seen()[-1].splitlines()]
        return [labels[label] for number, _, label in lines if number.isdigit() and label in labels]

    def offers(self, language: str, choice: str) -> bool:
        """Whether the last message offers a choice (labels that several choices share count for each)."""
        label = texts(language)["choices"][choice]["label"]
        if self.channel == "telegram":
            return choice in self.offered(language)
        return any(line.endswith(f". {label}") for line in self.seen()[-1].splitlines())

    def choose(self, language: str, choice: str) -> str:
        """Tap a choice, or send its number where there are no buttons; gives the answer."""
        if self.channel == "telegram":
            self.tap(choice)
            return self.hear()
        label = texts(language)["choices"][choice]["label"]
        number = next(line.partition(". ")[0] for line in self.seen()[-1].splitlines() if line.endswith(f". {label}"))
        return self.say(number)

    def settle(self, seconds: float = 1.0) -> None:
        """Let what was written be taken in, and read all that came."""
        time.sleep(seconds)
        self._read = len(self.seen())

    def _sender(self) -> str:
        return f"whatsapp:{self.address}" if self.channel == "whatsapp" else self.address

    def _ours(self) -> str:
        return f"whatsapp:{WHATSAPP}" if self.channel == "whatsapp" else SMS


async def _soon(act: Callable[[], T]) -> T:
    return act()
