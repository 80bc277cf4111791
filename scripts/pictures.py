"""The pictures in docs/, taken from the real pages: `make pictures`. A whole Inloop, three talks, a morning at the console."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot import users
from bot.messages import ChannelName
from bot.replies import choice
from bot.settings import ROOT, load
from bot.store import Store
from bot.tryout import missing_channels
from bot.vault import Vault
from scripts.camera import ANSWER, CHROMIUM, PICTURES, QUIET, Camera
from scripts.screens import STAFF, Screens
from tests.servers import free_port

PARTS = ("TRYOUT", "BOT", "CONSOLE", "ACTIONS", "RASA")

# Who writes: channel, language, the first words, and what this person wants when it is offered ("" taps it, else these words say it).
Wants = dict[str, str]
TALKS: list[tuple[ChannelName, str, str, Wants]] = [
    (
        "whatsapp",
        "nl",
        "Hallo, ik zoek werk",
        {"cooking": "Ik kook elke dag voor mijn gezin", "language": "Ik heb geen oppas"},
    ),
    ("telegram", "ar", "مرحبا، أريد أن أساعد أولادي في المدرسة", {"parenting": "", "language": "", "fit_peer": "", "wish_none": ""}),
    ("sms", "en", "Hello, I do not understand my letters", {"goal_paperwork": "", "autonomy": "", "complex_rules": ""}),
]
# What everybody chooses where they want nothing else.
ANYBODY: Wants = dict.fromkeys(("family", "cooking", "digital_access", "fit_advisor", "wish_none", "share_all", "skip"), "")
MOST_TURNS = 20


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """`inloop up` on free ports with a database of its own; gives its environment."""
    if len(missing_channels(load())) < 3:
        raise SystemExit("Real accounts are set, in the environment or .env: pictures are taken with try-out phones only.")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **_settings(Path(folder))}
        command = [sys.executable, "-m", "bot", "up"]
        # A group of its own: Ctrl-C here ends it in order, by the line below.
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert process.stdout is not None
            if not any(line.startswith("ready") for line in process.stdout):
                raise SystemExit("Inloop did not start: var/log/ says why.")
            yield environment
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def _settings(folder: Path) -> dict[str, str]:
    ports = {part: free_port() for part in PARTS}
    local = {part: f"http://127.0.0.1:{port}" for part, port in ports.items()}
    return {
        **{f"INLOOP_{part}_PORT": str(port) for part, port in ports.items() if part != "RASA"},
        "INLOOP_RASA_URL": local["RASA"],
        "INLOOP_PUBLIC_URL": local["BOT"],
        "INLOOP_CONSOLE_URL": local["CONSOLE"],
        "INLOOP_DATABASE_URL": f"sqlite:///{folder / 'pictures.db'}",
        "INLOOP_SECRET_KEY": "only-for-pictures",
        "INLOOP_TRYOUT": "on",
    }


class Talk:
    """One person on a try-out phone: opens in own words, and chooses what they want until a human is told."""

    def __init__(self, page: Page, channel: ChannelName, language: str) -> None:
        self.page, self.language = page, language
        self.phone = page.locator(f"[data-phone={channel}]")
        self.heard = self.phone.locator(".bubble:not(.mine)")

    def hold(self, opening: str, wants: Wants) -> None:
        """Talk to the handover. Raises LookupError where nothing this person wants is offered."""
        self.write(opening)
        left = {**wants, **{name: "" for name in ANYBODY if name not in wants}}
        for _ in range(MOST_TURNS):
            wanted = next((name for name in left if self.offer(name)), None)
            if wanted is None:
                break
            if words := left[wanted]:
                left[wanted] = ""
                self.write(words)
            else:
                self.choose(wanted)
            if wanted == "share_all":
                return
        raise LookupError(f"no handover in {self.language}:\n{self.phone.inner_text()}")

    def offer(self, name: str) -> str:
        """How a choice is made now: its button's label, its number, or "" when it is not offered."""
        label = choice(self.language, name).label
        if label in self.heard.last.locator(".buttons button").all_inner_texts():
            return label
        for line in self.heard.last.locator(".text").inner_text().splitlines():
            number, _, offered = line.partition(". ")
            if offered == label:
                return number
        return ""

    def choose(self, name: str) -> None:
        """Tap the button, or send the number where there are no buttons."""
        button = self.heard.last.locator(".buttons").get_by_role("button", name=choice(self.language, name).label, exact=True)
        if button.count():
            self._await(button.click)
        else:
            self.write(self.offer(name))

    def write(self, text: str) -> None:
        """Type, send, and wait for the answer."""
        self.phone.locator("textarea").fill(text)
        self._await(self.phone.locator(".send").click)

    def _await(self, act: Callable[[], None]) -> None:
        before = self.heard.count()
        act()
        expect(self.heard.nth(before)).to_be_visible(timeout=ANSWER)
        while (now := self.heard.count()) > before:  # a turn may be two messages
            before = now
            self.page.wait_for_timeout(700)


def on_the_phones(camera: Camera, environment: dict[str, str]) -> None:
    """Three people talk until a human is told."""
    page = camera.open(f"http://127.0.0.1:{environment['INLOOP_TRYOUT_PORT']}/?lang=nl")
    for channel, language, opening, wants in TALKS:
        Talk(page, channel, language).hold(opening, wants)
    page.locator("h1").click()  # no field has the focus
    camera.take_both(page, "tryout")


def at_the_console(browser: Browser, environment: dict[str, str]) -> None:
    """Every page of the console (scripts/screens.py)."""
    for name, who in STAFF.items():
        alias = ["--alias", who["alias"]] if "alias" in who else []
        _inloop(environment, "user", "add", name, "--role", who["role"], "--languages", ",".join(who["languages"]), *alias)
    Screens(browser, environment["INLOOP_CONSOLE_URL"], lambda name: _link(environment, name)).take()


def _link(environment: dict[str, str], name: str) -> str:
    """A fresh sign-in link of somebody."""
    store = Store(environment["INLOOP_DATABASE_URL"], Vault([environment["INLOOP_SECRET_KEY"]]))
    with store.begin() as connection:
        secret = users.sign_in_link(connection, name)
    store.dispose()
    return f"{environment['INLOOP_CONSOLE_URL']}/sign-in/{secret}"


def _inloop(environment: dict[str, str], *words: str) -> None:
    subprocess.run([sys.executable, "-m", "bot", *words], cwd=ROOT, env=environment, capture_output=True, check=True)


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(exist_ok=True)
    with running() as environment, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        camera = Camera(browser)
        on_the_phones(camera, environment)
        at_the_console(browser, environment)
        camera.take(camera.open(f"{environment['INLOOP_PUBLIC_URL']}/privacy?lang=nl"), "privacy")
        browser.close()


if __name__ == "__main__":
    main()
