"""The try-out page in a real browser: seen, tapped and typed as a newcomer would, wide and on a phone, by keyboard alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests import servers

from .conftest import Desk

pytestmark = pytest.mark.anyio
CHROMIUM = "/usr/bin/chromium"
HAS_CHROMIUM = Path(CHROMIUM).exists()
OPTIONS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:
    if not HAS_CHROMIUM:
        servers.missing("chromium", "chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield opened
        await opened.close()


@pytest.fixture
async def page(browser: Browser, desk: Desk) -> AsyncIterator[Page]:
    """The page in Dutch, 390 pixels wide; any error in it, and any request that leaves this machine, fails the test."""
    wrong: list[str] = []
    opened = await browser.new_page(viewport={"width": 390, "height": 780})
    opened.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda asked: None if asked.url.startswith("http://127.0.0.1:") else wrong.append(asked.url))
    await opened.goto(f"http://127.0.0.1:{desk.settings.tryout_port}/?lang=nl")
    yield opened
    await opened.close()
    assert wrong == []


async def test_a_newcomer_writes_taps_and_changes_phones(page: Page, desk: Desk) -> None:
    await page.get_by_label("Schrijf een bericht: WhatsApp").fill("ik zoek werk")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-phone=whatsapp] .bubble")).to_have_count(2)
    await expect(page.locator("[data-phone=whatsapp] .bubble").last).to_contain_text("2. Een mens")
    await page.get_by_role("button", name="Telegram").click()
    await expect(page.locator("[data-phone=whatsapp]")).to_be_hidden()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.get_by_role("button", name="Een mens").click()
    await expect(page.locator("[data-phone=telegram] .bubble")).to_have_count(3)
    assert [one.picked for one in desk.heard] == [None, None, "ask_human"]


async def test_by_keyboard_alone_and_shift_enter_makes_a_line(page: Page, desk: Desk) -> None:
    await page.get_by_role("button", name="Sms").focus()
    await page.keyboard.press("Enter")
    box = page.get_by_label("Schrijf een bericht: Sms")
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await box.evaluate("box => box === document.activeElement"):
            break
    await page.keyboard.type("een")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("twee")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert (await desk.until(1))[0].text == "een\ntwee"
    await expect(box).to_be_focused()


async def test_right_to_left_words_start_at_the_right(page: Page) -> None:
    await page.get_by_label("Schrijf een bericht: WhatsApp").fill("أبحث عن عمل\nhallo")
    await page.get_by_role("button", name="Stuur", exact=True).click()
    text = page.locator("[data-phone=whatsapp] .mine .text")
    await expect(text).to_have_count(1)
    assert await text.evaluate("text => getComputedStyle(text).direction") == "rtl"


async def test_a_new_person_by_a_link_finds_its_words_in_the_typing_box(page: Page, desk: Desk) -> None:
    before = await page.locator("[data-phone=whatsapp] .person").inner_text()
    await page.get_by_text("Nieuwe persoon").first.click()
    await page.get_by_label("Taal van de link").first.select_option("ar")
    await page.get_by_label("Code van de link").first.fill("AB2CD3")
    await page.get_by_role("button", name="Begin opnieuw").first.click()
    box = page.get_by_label("Schrijf een bericht: WhatsApp")
    await expect(box).to_have_value("مرحبا (AB2CD3)")
    await expect(box).to_be_focused()
    await expect(page.locator("[data-phone=whatsapp] .person")).not_to_have_text(before)


async def test_the_last_words_stay_in_sight_when_the_screen_turns(page: Page) -> None:
    await page.get_by_label("Schrijf een bericht: WhatsApp").fill("een lang bericht\n" * 30)
    await page.get_by_role("button", name="Stuur", exact=True).click()
    last = page.locator("[data-phone=whatsapp] .bubble").nth(1)
    await expect(last).to_be_in_viewport()
    await page.set_viewport_size({"width": 390, "height": 560})
    await expect(last.locator("time")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [320, 390, 1300])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_and_can_be_read(page: Page, width: int, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 780})
    await page.get_by_label("Schrijf een bericht: WhatsApp").fill("Donaudampfschifffahrtsgesellschaft" * 5)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-phone=whatsapp] .bubble")).to_have_count(2)
    assert await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [width, 780]
    assert await page.locator("[data-phone]:visible").count() == (3 if width > 960 else 1)
    assert await page.evaluate(CONTRAST) == []
    assert await page.evaluate(SMALL) == []


# Texts under 4.5 : 1 against what is painted behind them (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
  const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const behind = one => { for (; one; one = one.parentElement) {
    const c = parts(getComputedStyle(one).backgroundColor); if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll("h1,h2,p,a,button,small,time,summary,label,textarea")]
    .filter(one => one.checkVisibility() && (one.innerText || one.placeholder)?.trim())
    .map(one => { const ink = parts(getComputedStyle(one, one.placeholder && "::placeholder").color);
      const [a, b] = [light(ink), light(behind(one))].sort((x, y) => y - x);
      return [one.className || one.tagName, (a + 0.05) / (b + 0.05)]; })
    .filter(([, ratio]) => ratio < 4.5);
}"""
# Targets under 24 pixels (WCAG 2.2, 2.5.8).
SMALL = """() => [...document.querySelectorAll("a,button,summary,textarea,select,input")].filter(one => one.checkVisibility())
  .map(one => [one.outerHTML.slice(0, 60), one.getBoundingClientRect()]).filter(([, box]) => box.width < 24 || box.height < 24)
  .map(([html]) => html)"""
