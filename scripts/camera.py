"""The camera of the pictures in docs/: windows as people have them, wide and as on a phone."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from bot.settings import ROOT

PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
WIDE, NARROW = ViewportSize(width=1280, height=1000), ViewportSize(width=390, height=844)
ANSWER = 30_000  # ms a picture waits for what must appear


class Camera:
    """One person's browser; saves its pages as FOLDER/NAME.png."""

    def __init__(self, browser: Browser, folder: Path = PICTURES, url: str | None = None) -> None:
        self.folder = folder
        self.context = browser.new_context(
            viewport=WIDE, locale="nl-NL", timezone_id="Europe/Amsterdam", device_scale_factor=1, base_url=url
        )
        self.context.set_default_timeout(ANSWER)

    def open(self, url: str) -> Page:
        """A page in a window of its own."""
        page = self.context.new_page()
        page.goto(url)
        return page

    def take(self, page: Page, name: str, *, whole: bool = False) -> None:
        """What is seen now; `whole`: also what lies below it."""
        page.screenshot(path=self.folder / f"{name}.png", full_page=whole, animations="disabled", caret="hide")
        print(f"{self.folder.name}/{name}.png", flush=True)

    def take_narrow(self, page: Page, name: str) -> None:
        """As on a phone, to its end."""
        page.set_viewport_size(NARROW)
        page.reload()  # the talk opens at its end
        self.take(page, f"{name}-390", whole=True)
        page.set_viewport_size(WIDE)

    def take_both(self, page: Page, name: str) -> None:
        """Wide, and as on a phone."""
        self.take(page, name)
        page.set_viewport_size(NARROW)
        self.take(page, f"{name}-390", whole=True)
        page.set_viewport_size(WIDE)
