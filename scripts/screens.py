"""Every page of the console as a picture: who looks, at which address, and how. A new page is one more line in SHOTS."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from bot import totp
from scripts.camera import PICTURES, Camera

# Who works here; the words after the name are those of `inloop user add`.
STAFF: dict[str, dict[str, Any]] = {
    "Sara": {"role": "advisor", "languages": ["nl", "en"]},
    "Noor": {"role": "advisor", "languages": ["nl", "tr"]},
    "Yusuf Haddad": {"role": "ambassador", "languages": ["ar", "nl"], "alias": "Yusuf"},
    "Marijke": {"role": "coordinator", "languages": ["nl"]},
}
SARA, YUSUF, MARIJKE, NOBODY = "Sara", "Yusuf Haddad", "Marijke", ""


@dataclass(frozen=True)
class Shot:
    """One page: the picture's name, who looks (nobody: signed out), the address as the routers have it."""

    name: str
    who: str
    path: str
    language: str = "nl"
    narrow: bool = False  # on a phone too
    dark: bool = False  # dark too
    press: str = ""  # the form whose button is pressed first, by its address


SHOTS = [
    Shot("sign-in", NOBODY, "/sign-in", narrow=True),
    Shot("sign-in-link", NOBODY, "/sign-in/{secret}"),
    Shot("console", SARA, "/queue", narrow=True),
    Shot("case", SARA, "/cases/{case}", narrow=True, dark=True),
    Shot("feedback", SARA, "/feedback"),
    Shot("account", SARA, "/account", narrow=True),
    Shot("profile", YUSUF, "/profile"),
    Shot("queue-ar", YUSUF, "/queue", language="ar", narrow=True),
    Shot("case-ar", YUSUF, "/cases/{theirs}", language="ar", narrow=True),
    Shot("case-uk", YUSUF, "/cases/{theirs}", language="uk"),
    Shot("case-ti", YUSUF, "/cases/{theirs}", language="ti"),
    Shot("sites", MARIJKE, "/sites"),
    Shot("users", MARIJKE, "/users"),
    Shot("user-profile", MARIJKE, "/users/{user}/profile"),
    Shot("directory", MARIJKE, "/directory"),
    Shot("place", MARIJKE, "/directory/places/{key}"),
    Shot("audit", MARIJKE, "/audit"),
    Shot("accessibility", MARIJKE, "/accessibility"),
    Shot("account-code", MARIJKE, "/account", press="/account/code/begin"),
]
# No picture, and why.
NOT_SHOWN = {
    "/account/email/{secret}": "its address comes by mail",
    "/sign-in/organisation": "leads to the organisation's own page",
    "/sign-in/organisation/back": "comes back from there",
    "/sign-in/code": "taken after the phone's code is set",
    "/account/code": "as account-code",
}


class Screens:
    """A console with waiting cases, its staff in a browser each, and a believable morning at the desk."""

    def __init__(self, browser: Browser, url: str, link: Callable[[str], str], folder: Path = PICTURES) -> None:
        self.browser, self.url, self.link, self.folder = browser, url, link, folder
        self.cameras: dict[str, Camera] = {}
        self.found: dict[str, str] = {}

    def take(self) -> None:
        """The story, then every picture."""
        self.tell()
        for shot in SHOTS:
            self.shoot(shot)
        self.with_the_phones_code()

    def page(self, who: str) -> Page:
        """A window of somebody, signed in."""
        if who not in self.cameras:
            self.cameras[who] = Camera(self.browser, self.folder, self.url)
            if who:
                self.enter(self.cameras[who], self.link(who))
        return self.cameras[who].context.new_page()

    def enter(self, camera: Camera, link: str) -> Page:
        """Open a sign-in link and press its button."""
        page = camera.open(link)
        page.locator("main form button").click()
        page.wait_for_url(lambda url: link not in url)
        return page

    def tell(self) -> None:
        """Sara takes a case, answers, notes and plans; another waits for an ambassador; the coordinator made a place for the link."""
        page = self.page(SARA)
        page.goto("/queue")
        page.locator("#lists .row", has_text="WhatsApp").get_by_role("link").first.click()
        self.press(page, "/take")
        self.found["case"] = self.last(page.url)
        page.locator("textarea#text").fill("Dag, ik ben Sara. Ik lees uw bericht nu. Wanneer kan ik u bellen?")
        self.press(page, "/reply")
        expect(page.locator("#talk .human").first).to_be_visible()
        self.write(page, "/notes", "Kookt elke dag voor haar gezin, en kan na 10 uur.")
        self.write(page, "/tasks", "Bellen met Buurthuis De Brug over de oppas")
        page.close()
        marijke = self.page(MARIJKE)
        marijke.goto("/sites")
        marijke.locator("main input#name").fill("School De Kring")
        self.press(marijke, "/sites")
        self.found["user"] = self.first(marijke, "/users", r"/users/(\w+)/profile", "Yusuf")
        self.found["key"] = self.first(marijke, "/directory", r"/directory/places/(?!new)([\w-]+)")
        marijke.close()
        yusuf = self.page(YUSUF)
        self.found["theirs"] = self.first(yusuf, "/queue", r"/cases/(\w+)")
        yusuf.close()

    def press(self, page: Page, address: str) -> None:
        """Press the button of the form of this address, and see the next page."""
        with page.expect_navigation():
            page.locator(f"form[action$='{address}']").first.locator("button:not([type=button])").first.click()

    def write(self, page: Page, address: str, words: str) -> None:
        """Fill the one field of a folded form and send it; left out where the page has none."""
        form = page.locator(f"form[action$='{address}']").first
        if not form.count():
            return
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        form.locator("textarea, input[type='text'], input:not([type])").first.fill(words)
        self.press(page, address)

    def first(self, page: Page, path: str, pattern: str, near: str = "") -> str:
        """The part of the first link on a page that fits (after these words)."""
        page.goto(path)
        held = page.content()
        match = re.search(rf'href="{pattern}"', held[max(held.find(near), 0) :])
        assert match is not None, f"{path} has no link like {pattern}"
        return match[1]

    def last(self, url: str) -> str:
        """The id at the end of an address."""
        return url.partition("?")[0].rstrip("/").rpartition("/")[2]

    def shoot(self, shot: Shot) -> None:
        """One page, in every way it is wanted."""
        page = self.page(shot.who)
        camera = self.cameras[shot.who]
        camera.context.add_cookies([{"name": "inloop_language", "value": shot.language, "url": self.url}])
        if "{secret}" in shot.path:
            self.found["secret"] = self.last(self.link(SARA))
        page.goto(shot.path.format(**self.found))
        if shot.press:
            self.press(page, shot.press)
        camera.take(page, shot.name)
        if shot.narrow:
            camera.take_narrow(page, shot.name)
        if shot.dark:
            page.emulate_media(color_scheme="dark")
            page.reload()
            camera.take(page, f"{shot.name}-dark")
        page.close()

    def with_the_phones_code(self) -> None:
        """The recovery codes, once the code of a phone is set, and the door that asks for it."""
        page = self.page(MARIJKE)
        page.goto("/account/code")
        secret = b32decode((page.locator(".secret code").text_content() or "").replace(" ", ""))
        page.locator("input#code").fill(totp.code(secret, int(time.time()) // totp.STEP))
        self.press(page, "/account/code/confirm")
        self.cameras[MARIJKE].take(page, "recovery")
        door = Camera(self.browser, self.folder, self.url)
        door.take(self.enter(door, self.link(MARIJKE)), "sign-in-code")
