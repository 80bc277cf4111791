"""The real pages in chromium: by keyboard, on a phone, live, with hostile words, and without script."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from smsutil import split  # type: ignore[import-untyped]

from bot import users
from tests import servers
from tests.console.conftest import House, Labels
from tests.people import texts, write

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with servers.chromium() as browser:
        yield browser


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """The console, served on a free port."""
    with servers.serving(house.app) as url:
        yield url


@pytest.fixture
def signed_in(chromium: Browser, house: House, address: str) -> Iterator[Open]:
    """A browser window of a signed-in member of staff: `signed_in("advisor", width=390)`."""
    windows: list[BrowserContext] = []

    def enter(role: str = "advisor", name: str = "Sara", *, width: int = 1280, **options: Any) -> Page:
        with house.store.begin() as connection:
            known = users.find(connection, name)
            user = known.id if known else users.add_user(connection, name, role)
            link = users.sign_in_link(connection, user)
        window = chromium.new_context(viewport={"width": width, "height": 844}, locale="nl-NL", base_url=address, **options)
        window.set_default_timeout(8000)
        windows.append(window)
        page = window.new_page()
        page.goto(f"/sign-in/{link}")
        with page.expect_navigation():  # a key pressed while a page gives way to the next goes nowhere
            page.get_by_role("button", name="Aanmelden").click()
        return page

    yield enter
    for window in windows:
        window.close()


def tab_to(page: Page, target: Locator, most: int = 80) -> None:
    """Reach something with the Tab key alone; it then shows its focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError("not reached with the Tab key")


def test_a_case_from_queue_to_close_by_keyboard_alone(house: House, signed_in: Open) -> None:
    house.case("ik zoek werk")
    page = signed_in()
    tab_to(page, page.get_by_text("Naar de inhoud"), most=1)
    tab_to(page, page.get_by_role("link", name="werk vinden"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Wil werk vinden.")
    tab_to(page, page.get_by_role("button", name="Neem dit gesprek"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Dit gesprek is nu van u.")
    tab_to(page, page.get_by_role("textbox", name="Uw antwoord"))
    page.keyboard.type("Hallo, ik ben Sara.")
    tab_to(page, page.get_by_role("button", name="Versturen", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Hallo, ik ben Sara.")
    expect(page.get_by_role("textbox", name="Uw antwoord")).to_have_value("")
    tab_to(page, page.get_by_role("button", name="Terug naar de bot"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("De bot praat nu.")).to_be_visible()
    tab_to(page, page.locator("summary", has_text="Afsluiten"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Hoe eindigt het?"))
    page.keyboard.type("geholpen")
    tab_to(page, page.get_by_label("Volgende stap voor de persoon"))
    page.keyboard.type("U belt morgen.")
    tab_to(page, page.get_by_role("button", name="Afsluiten"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Afgesloten: geholpen")).to_be_visible()
    assert [one[2] for one in texts(house.store) if one[0] == "human"] == ["Hallo, ik ben Sara.", "U belt morgen."]


def test_new_words_appear_by_themselves_and_typed_words_stay(house: House, signed_in: Open) -> None:
    case = house.case("hallo")
    page = signed_in()
    page.goto(f"/cases/{case}")
    field = page.get_by_role("textbox", name="Uw antwoord")
    field.fill("half geschreven antw")
    write(house.store, "er is haast bij")
    expect(page.get_by_role("log")).to_contain_text("er is haast bij", timeout=4000)
    expect(field).to_have_value("half geschreven antw")
    page.reload()
    expect(field).to_have_value("half geschreven antw")
    page.get_by_role("button", name="Versturen en gesprek nemen").click()
    expect(page.get_by_role("log")).to_contain_text("half geschreven antw")
    page.reload()
    expect(field).to_have_value("")


def test_tabs_share_one_stream_and_all_are_told(house: House, signed_in: Open) -> None:
    first = signed_in()
    streams: list[str] = []
    first.context.on("request", lambda request: streams.append(request.url) if request.url.endswith("/live") else None)
    tabs = [first, *(first.context.new_page() for _ in range(3))]
    for tab in tabs:
        tab.goto("/queue")
    house.case("hallo")
    for tab in tabs:
        expect(tab.get_by_role("link", name="werk vinden")).to_be_visible(timeout=5000)
    assert len([url for url in streams if re.search(r"\d/live$", url)]) <= 2  # one, and one more when the first tab came back


def test_a_colleague_takes_it_and_the_open_page_says_so(house: House, signed_in: Open) -> None:
    case = house.case("hallo")
    page = signed_in()
    page.goto(f"/cases/{case}")
    house.calls("advisor", "Noor").post(f"/api/v1/cases/{case}/take")
    expect(page.get_by_role("alert")).to_contain_text("Dit gesprek is van een collega.", timeout=5000)


EVIL = [
    "<script>window.evil=1</script>",
    "<img src=x onerror='window.evil=1'>",
    "\"'><svg onload=window.evil=1>",
    "<iframe srcdoc='<script>parent.evil=1</script>'>",
    "<a href='javascript:window.evil=1'>klik</a>",
    "\u202e<b>omgekeerd</b>",
    "😀" * 4000,
    "a" * 4000,
]


def test_hostile_words_do_nothing_and_break_nothing(house: House, signed_in: Open) -> None:
    labels: Labels = [("goal", "goal_find_work", "said", False, None), ("barrier", "language", "said", False, EVIL[0])]
    case = house.case(*EVIL, labels=labels)
    page = signed_in(width=390)
    page.goto(f"/cases/{case}")
    write(house.store, EVIL[1])  # and once more by a live update
    expect(page.get_by_text(EVIL[1])).to_have_count(2, timeout=4000)
    assert page.evaluate("window.evil") is None
    assert page.locator("#talk script, #talk img, #talk svg, #talk iframe, #talk a, #talk b").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


CHECKS = {
    "one h1": "document.querySelectorAll('h1').length === 1",
    "no level of heading left out": """[...document.querySelectorAll('h1,h2,h3,h4')].filter(one => one.checkVisibility())
        .map(one => +one.tagName[1]).every((level, index, all) => index === 0 ? level === 1 : level - all[index - 1] <= 1)""",
    "every field has a label": """[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]
        .every(one => one.labels.length || one.getAttribute('aria-label') || one.getAttribute('aria-labelledby'))""",
    "every button and link has a name": """[...document.querySelectorAll('button,a')].filter(one => one.checkVisibility())
        .every(one => (one.getAttribute('aria-label') || one.textContent).trim())""",
    "every id is used once": """[...document.querySelectorAll('[id]')].map(one => one.id)
        .every((id, index, all) => all.indexOf(id) === index)""",
    "what is named exists": """[...document.querySelectorAll('[aria-labelledby],[aria-describedby]')]
        .every(one => ((one.getAttribute('aria-labelledby') || '') + ' ' + (one.getAttribute('aria-describedby') || ''))
        .trim().split(/ +/).every(id => document.getElementById(id)))""",
    "nothing is wider than the screen": "document.documentElement.scrollWidth <= innerWidth",
    "a finger can hit it (WCAG 2.5.8: 24 px)": """[...document.querySelectorAll('button, select, input:not([type=hidden]), summary, nav a')]
        .filter(one => one.checkVisibility()).every(one => one.getBoundingClientRect().height >= 24 || one.closest('label'))""",
    "language and title": "document.documentElement.lang === 'nl' && document.title.endsWith('Inloop') && document.title.length > 10",
}


def test_a_place_is_added_mended_and_removed_by_keyboard_alone(house: House, signed_in: Open) -> None:
    page = signed_in("coordinator", "Marijke", width=390)
    page.goto("/directory")
    tab_to(page, page.get_by_role("link", name="Plek toevoegen"))
    page.keyboard.press("Enter")
    for label, words in (("Naam", "Huis Oost"), ("Postcodes", "109"), ("Adres", "Weesperzijde 1")):
        tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(words)
    tab_to(page, page.get_by_role("button", name="Bewaren"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Nog niet bewaard")
    expect(page.get_by_label("Adres", exact=True)).to_have_value("Weesperzijde 1")
    expect(page.get_by_label("Postcodes", exact=True)).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("De plek is bewaard")
    tab_to(page, page.locator("summary", has_text="Weghalen"))
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("De plek is weggehaald")
    expect(page.get_by_role("heading", name="Huis Oost")).to_have_count(0)


def test_everything_works_without_script(house: House, signed_in: Open) -> None:
    case = house.case("hallo")
    page = signed_in(java_script_enabled=False)
    page.goto(f"/cases/{case}")
    page.get_by_role("textbox", name="Uw antwoord").fill("Hallo zonder script")
    page.get_by_role("button", name="Versturen en gesprek nemen").click()
    expect(page.get_by_role("log")).to_contain_text("Hallo zonder script")
    page.locator("summary", has_text="Zinnen die klaarstaan").click()
    page.get_by_role("button", name="Ik lees uw bericht nu.").click()
    expect(page.get_by_role("log")).to_contain_text("Ik lees uw bericht nu. Ik antwoord zo.")


@pytest.mark.parametrize(("first", "then"), [(390, 1280), (1280, 390)])
def test_the_last_words_and_the_answer_stay_near_however_the_screen_turns(house: House, signed_in: Open, first: int, then: int) -> None:
    case = house.case(*(f"woord {number} " * 20 for number in range(20)))
    page = signed_in(width=first)
    page.goto(f"/cases/{case}")
    page.set_viewport_size({"width": then, "height": 844})
    talk = page.get_by_role("log")
    talk.scroll_into_view_if_needed()
    expect(talk.locator(".bubble").last).to_be_in_viewport()
    assert talk.evaluate("talk => talk.clientHeight < innerHeight")


def test_sms_parts_are_counted_as_the_carriers_do(house: House, signed_in: Open) -> None:
    case = house.case("hallo", channel="sms")
    page = signed_in()
    page.goto(f"/cases/{case}")
    page.get_by_role("textbox", name="Uw antwoord").fill("Er is een cliënt" + " en nog wat woorden" * 4)
    expect(page.locator("[data-segments]")).to_contain_text("Door ë kost dit meer sms'en.")
    chance = random.Random(7)
    for _ in range(200):
        alphabet = chance.choice(["abcé@ 12", "ab{}€~", "abë ’", "سلام 1", "a😀b"])
        text = "".join(chance.choice(alphabet) for _ in range(chance.randint(1, 400)))
        assert page.evaluate("text => segments(text).parts", text) == len(split(text).parts), text


def test_a_link_is_copied_and_a_phrase_found(house: House, signed_in: Open) -> None:
    page = signed_in("coordinator", "Marijke", permissions=["clipboard-read", "clipboard-write"])
    page.goto("/sites")
    page.get_by_label("Naam van de plek").fill("Moskee")
    page.get_by_role("button", name="Plek maken").click()
    page.get_by_role("button", name="Kopieer: Pagina met alle kanalen").click()
    assert re.fullmatch(r"http://127\.0\.0\.1:5005/k/[A-Z2-9]{6}", page.evaluate("navigator.clipboard.readText()"))
    page.goto(f"/cases/{house.case('hallo')}")
    page.locator("summary", has_text="Zinnen die klaarstaan").click()
    page.get_by_label("Zoek een zin").fill("tolk")
    assert page.locator("#phrases li:visible").count() == 1


def test_a_phrase_is_found_by_typing_and_sent_by_keyboard(house: House, signed_in: Open) -> None:
    case = house.case("hallo", language="fr")
    page = signed_in()
    page.goto(f"/cases/{case}")
    page.locator("summary", has_text="Zinnen die klaarstaan").click()
    shown = page.locator("#phrases li:visible")
    opened = shown.count()
    assert 0 < opened < 15  # the other topics wait folded
    field = page.get_by_label("Zoek een zin")
    for said, least in (("kind", 3), ("école", 1), ("ecole", 1), ("kinderen school", 1), ("brieven", 4)):  # Dutch, their words, a topic
        field.fill(said)
        assert shown.count() >= least, said
        expect(page.locator("#phrases-found")).to_have_text(f"{shown.count()} gevonden")
    field.fill("zzz")
    expect(page.locator("#phrases-found")).to_have_text("0 gevonden")
    field.fill("codewoord")
    assert shown.count() == 1
    field.press("Enter")
    expect(page.get_by_role("textbox", name="Codewoord")).to_be_focused()
    assert page.get_by_role("textbox", name="Codewoord").input_value()  # the case's own
    field.fill("")
    assert shown.count() == opened
    field.fill("tolk")
    field.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("Voulez-vous un interprète ?")
    assert texts(house.store)[-1] == ("human", "queued", "Voulez-vous un interprète ? Je le demande pour vous.")


def test_every_topic_opens_without_script(house: House, signed_in: Open) -> None:
    case = house.case("hallo")
    page = signed_in(java_script_enabled=False)
    page.goto(f"/cases/{case}")
    page.locator("summary", has_text="Zinnen die klaarstaan").click()
    page.locator("#phrases summary", has_text="Geld").click()
    page.get_by_role("button", name="Veel mensen hebben zorgen over geld.").click()
    expect(page.get_by_role("log")).to_contain_text("Goed dat u het zegt.")


def test_hard_words_are_said_under_the_field_as_one_types(house: House, signed_in: Open) -> None:
    case = house.case("hallo", language="ar")
    page = signed_in()
    page.goto(f"/cases/{case}")
    field, told = page.get_by_role("textbox", name="Uw antwoord"), page.locator("#check")
    expect(told).to_have_attribute("aria-live", "polite")
    field.press_sequentially("Indien u wilt, kunt u <b>bellen</b>.")
    expect(told.locator("li")).to_have_text(["“Indien”: liever “als”"])
    field.fill("Could you call me tomorrow, in the morning?")
    expect(told).to_be_empty()
    field.fill("Uw brief wordt door ons gelezen, dat weten wij.")
    expect(told.locator("li")).to_have_text(["Zeg wie het doet: “Uw brief wordt door ons gelezen, dat …”"])
    field.fill("")
    expect(told).to_be_empty()


DEAR = [
    ("Er is een cliënt" + " en nog wat woorden" * 4, "Door ë kost dit meer sms'en. Zonder is het 1 sms."),
    ("Wat ’n brief… ja" + " en nog wat woorden" * 4, "Door ’ … kost dit meer sms'en. Zonder is het 1 sms."),
    ("Een cliënt", None),  # it still fits in one
    ("سلام " * 40, None),  # these are the person's own letters
    ("woorden zonder iets bijzonders " * 10, None),
]


def test_the_character_that_costs_is_named_and_what_it_would_be_without(house: House, signed_in: Open) -> None:
    case = house.case("hallo", channel="sms")
    page = signed_in()
    page.goto(f"/cases/{case}")
    for text, said in DEAR:
        page.get_by_role("textbox", name="Uw antwoord").fill(text)
        told = page.locator("[data-segments]")
        if said:
            expect(told).to_contain_text(said)
        else:
            expect(told).to_have_text(f"{len(text)} tekens, {page.evaluate('text => segments(text).parts', text)} sms")
