"""How every page looks, for everybody: contrast of the theme, tokens only, axe and our own checks, light and dark, nl and en, and as RTL.

The pages are found by their routers: one that is added later is looked at too.
"""

from __future__ import annotations

import importlib.util
import itertools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bot import facts, totp, users
from bot.console import app, words
from bot.console.pages import ROUTERS
from bot.settings import ROOT
from tests import servers
from tests.console.conftest import House
from tests.console.test_browser import CHECKS, Open, address, chromium, signed_in  # noqa: F401 (fixtures)
from tests.people import write

STATIC = Path(app.__file__).parent / "static"
THEME, CSS = ((STATIC / name).read_text(encoding="utf-8") for name in ("theme.css", "console.css"))
COLOR, MESSAGE = "--basis-color-", "--inloop-message-"
GROUNDS = (
    f"{COLOR}default-bg-document", f"{COLOR}default-bg-default", f"{COLOR}action-1-bg-hover", f"{COLOR}selected-bg-default",
    f"{COLOR}positive-bg-default", f"{COLOR}negative-bg-default", f"{COLOR}warning-bg-default", "--basis-form-control-background-color",
    f"{MESSAGE}person-background-color", f"{MESSAGE}bot-background-color", f"{MESSAGE}human-background-color",
)  # fmt: skip
PAIRS = [
    *((f"{COLOR}default-color-default", ground, 4.5) for ground in GROUNDS),
    *((f"{COLOR}default-color-subtle", ground, 4.5) for ground in (*GROUNDS[:2], *GROUNDS[8:10])),
    *((f"{COLOR}action-1-color-default", ground, 4.5) for ground in GROUNDS[:3]),
    (f"{COLOR}selected-color-default", f"{COLOR}selected-bg-default", 4.5),
    *((f"{COLOR}action-1-inverse-color-default", f"{COLOR}action-1-inverse-bg-{state}", 4.5) for state in ("default", "hover")),
    *((f"{COLOR}negative-color-default", ground, 4.5) for ground in (f"{COLOR}negative-bg-default", *GROUNDS[:2])),
    *((f"{COLOR}warning-color-default", ground, 4.5) for ground in (f"{COLOR}warning-bg-default", GROUNDS[1])),
    ("--basis-form-control-color", "--basis-form-control-background-color", 4.5),
    *(("--basis-form-control-border-color", ground, 3.0) for ground in GROUNDS[:2]),
    *((f"{COLOR}default-border-default", ground, 3.0) for ground in (*GROUNDS[:2], f"{MESSAGE}bot-background-color")),
    *(("--basis-focus-outline-color", ground, 3.0) for ground in GROUNDS),
]


def tokens(mode: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", THEME, flags=re.DOTALL)[:2]
    return dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", dark if mode == "dark" else light))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, 1.4.3)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(mode: str, front: str, ground: str, least: float) -> None:
    found = tokens(mode)
    lighter, darker = sorted((luminance(found[front]), luminance(found[ground])), reverse=True)
    ratio = (lighter + 0.05) / (darker + 0.05)
    assert ratio >= least, f"{front} on {ground}, {mode}: {ratio:.2f}"


# What a theme decides, and what console.css may say of it without a token: nothing, all, or as what is around it.
NAMES = "padding|margin|gap|border-radius|font-size|font-weight|font-family|line-height"
THEMED = re.compile(rf"(?:^|[{{;\s])((?:{NAMES})(?:-[a-z-]+)?): ([^;}}]+)")
FREE = re.compile(r"var\(--[\w-]+\)|calc\(-1 \*|clamp\(|min\(|[\s),]|auto|inherit|\b0\b|\d+v[wh]")
COLOURS = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|oklch\(|color-mix\(")


def test_the_pages_take_every_colour_font_and_distance_from_the_theme() -> None:
    assert COLOURS.findall(CSS) == []
    own = [f"{name}: {value}" for name, value in THEMED.findall(CSS) if FREE.sub("", value)]
    assert own == []
    used, set_ = set(re.findall(r"var\((--[\w-]+)\)", CSS)), set(re.findall(r"(--[\w-]+):", THEME))
    assert used - set_ == set()
    assert set_ - used - set(re.findall(r"var\((--[\w-]+)\)", THEME)) == set()
    assert set(tokens("dark")) == set(tokens("light"))
    assert all(name.startswith(("--basis-", "--inloop-")) for name in set_)


def test_the_layout_knows_no_left_and_right() -> None:
    """Pages in Arabic run the other way: lengths are named by start and end."""
    assert re.findall(r"(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right|float): ?|text-align: (?:left|right)", CSS) == []


# Every page, by its router


NO_PAGES = {"/live"}  # a stream without an end
SIGNED_OUT = ("/sign-in", "/sign-in/code", "/sign-in/{secret}", "/accessibility")


def paths() -> list[str]:
    found = [str(getattr(route, "path", "")) for router in ROUTERS for route in router.routes if "GET" in getattr(route, "methods", ())]
    return [path for path in dict.fromkeys(found) if path not in NO_PAGES]


class Furnished:
    """A house with something on every page, and how its addresses are filled in."""

    def __init__(self, house: House) -> None:
        self.house = house
        with house.store.begin() as connection:
            facts.seed(connection, ROOT / "data" / "directory.yml")
            self.marijke = users.add_user(connection, "Marijke", "coordinator", languages=["nl", "en"])
            users.add_user(connection, "Yusuf", "ambassador", "Yusuf", ["ar", "nl"])
            totp.begin(connection, house.store.vault, self.marijke)
        marijke = house.calls("coordinator", "Marijke")
        self.cases = {
            "waiting": house.case("عندي موعد في 14 020", language="ar"),
            "urgent": house.alert("help", "self_harm"),
            "mine": house.case("mijn brief", address="+31600000002", channel="sms"),
            "closed": house.case("dank u", address="+31600000003", channel="telegram"),
            "for an ambassador": house.case("أبحث عن عمل", address="+31600000004", language="ar", to="ambassador"),
        }
        for name in ("mine", "closed"):
            marijke.post(f"/api/v1/cases/{self.cases[name]}/reply", json={"text": "Dag, ik lees uw bericht."})
        marijke.post(f"/api/v1/cases/{self.cases['closed']}/close", json={"outcome": "helped", "next_step": {"text": "U belt morgen."}})
        marijke.post("/api/v1/sites", json={"name": "Moskee", "kind": "mosque", "language": "ar"})
        write(house.store, "dank u wel", channel="sms", address="+31600000002")

    def all(self, paths: Iterable[str]) -> list[str]:
        """The addresses of these paths."""
        return [one for path in paths for one in self.filled(path)]

    def filled(self, path: str) -> Iterator[str]:
        """The addresses of a path; a new kind of blank is told here."""
        place = re.search(r'href="/directory/places/(?!new)([^"]+)"', self.house.browser("coordinator", "Marijke").get("/directory").text)
        with self.house.store.begin() as connection:
            secret = users.sign_in_link(connection, self.marijke)
        places, none = [place[1] if place else "new", "new"], list[str]()
        blanks = {"secret": [secret], "place": places, "key": places, "user": [self.marijke], "case": [*self.cases.values()]}
        blanks |= {"file": none, "appointment": none}  # no pages
        named = re.findall(r"\{(\w+)\}", path)
        for values in itertools.product(*(blanks[name] for name in named)):
            yield path.format(**dict(zip(named, values, strict=True)))


def skipped(page: Page, path: str) -> bool:
    """No page: a file, a part of one, nothing, or a way to another."""
    answer = page.context.request.get(path, max_redirects=0)
    return answer.status in (*range(300, 400), 404) or "<html" not in answer.text()


def wrong_on(page: Page, path: str, language: str) -> list[str]:
    """What our own checks find, wide and as on a phone, and axe-core at one of both (dark: the phone), with every fold open."""
    page.goto(path)
    wrong = [] if page.evaluate("document.documentElement.lang") == language else [f"not in {language}"]
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("document.querySelectorAll('details:not(.tongues)').forEach(one => one.open = true)")
        wrong += [f"{name} ({width})" for name, check in CHECKS.items() if name != "language and title" and not page.evaluate(check)]
        if (width == 390) != page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches"):
            continue
        page.evaluate(AXE)
        found = page.evaluate("axe.run({rules: {'target-size': {enabled: true}}})")["violations"]
        wrong += [f"{one['id']} ({one['impact']}, {width}): {one['nodes'][0]['html'][:90]}" for one in found]
    return [f"{path}: {one}" for one in wrong]


def axe() -> str:
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        return ""
    return (Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8")


AXE = axe()


def window(open_window: Open, role: str, name: str, language: str, mode: str) -> tuple[Page, list[str]]:
    """A signed-in page in a language, and what goes wrong in it meanwhile."""
    if not AXE:
        servers.missing("axe-playwright-python", "it is on PyPI: make setup")
    page, wrong = open_window(role, name, color_scheme=mode), list[str]()
    page.context.add_cookies([{"name": "inloop_language", "value": language, "url": page.url}])
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" and "410" not in message.text else None)
    return page, wrong


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_is_for_everybody(house: House, signed_in: Open, language: str, mode: str) -> None:  # noqa: F811
    furnished = Furnished(house)
    page, wrong = window(signed_in, "coordinator", "Marijke", language, mode)
    seen = 0
    for path in furnished.all(one for one in paths() if one not in SIGNED_OUT):
        if not skipped(page, path):
            wrong += wrong_on(page, path, language)
            seen += 1
    page.context.clear_cookies(name="inloop_session")
    for path in furnished.all(SIGNED_OUT):
        wrong += wrong_on(page, path, language)
    assert wrong == []
    assert seen >= 12


@pytest.mark.browser
@pytest.mark.parametrize(("language", "mode"), [("ar", "light"), ("ar", "dark"), ("ti", "light"), ("uk", "dark")])
def test_an_ambassadors_screens_are_for_everybody_in_their_language(
    house: House,
    signed_in: Open,  # noqa: F811
    language: str,
    mode: str,
) -> None:
    furnished = Furnished(house)
    page, wrong = window(signed_in, "ambassador", "Yusuf", language, mode)
    case = furnished.cases["for an ambassador"]
    assert (page.goto("/queue"), page.locator("html").get_attribute("dir"))[1] == ("rtl" if language == "ar" else None)
    for path in ("/queue", f"/cases/{case}", "/account"):
        wrong += wrong_on(page, path, language)
    page.goto(f"/cases/{case}")
    page.locator(f"form[action='/cases/{case}/take'] button").click()
    page.wait_for_url("**done=taken") if "done=" in page.url else page.locator("form[action$='/close']").wait_for(state="attached")
    wrong += wrong_on(page, f"/cases/{case}", language)
    page.goto("/account")
    page.locator("form[action='/account/code/begin'] button").click()
    page.locator("svg.qr").wait_for()
    wrong += wrong_on(page, "/account/code", language)
    page.context.clear_cookies(name="inloop_session")
    for path in furnished.all(("/sign-in", "/sign-in/{secret}")):
        wrong += wrong_on(page, path, language)
    assert wrong == []


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/queue", "/cases/{case}", "/account"])
def test_paper_and_forced_colours_show_what_is_on_the_page(house: House, signed_in: Open, path: str) -> None:  # noqa: F811
    furnished = Furnished(house)
    page = signed_in("coordinator", "Marijke", color_scheme="dark", forced_colors="active")
    page.goto(path.format(case=furnished.cases["mine"]))
    edges = "[...document.querySelectorAll('.row, .bubble, .card')].filter(one => one.checkVisibility())"
    assert page.evaluate(f"{edges}.every(one => parseFloat(getComputedStyle(one).borderTopWidth) >= 1)")
    page.emulate_media(media="print", color_scheme="dark", forced_colors="none")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(250, 246, 239)"  # paper stays white
    assert page.evaluate("[...document.querySelectorAll('.top, .composer, .acts')].every(one => !one.checkVisibility())")
    assert page.evaluate("[...document.querySelectorAll('.talk')].every(one => one.scrollHeight <= one.clientHeight + 1)")
