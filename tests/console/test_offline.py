"""Without a line: what is typed stays, a form waits and is carried out once, and the page comes back by itself and says so."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Page, Route, expect

from tests import servers
from tests.console.conftest import House
from tests.console.test_browser import Open, chromium, signed_in  # noqa: F401 (fixtures)
from tests.people import texts, write

pytestmark = pytest.mark.browser
AWAY, HELD, BACK = "Geen verbinding. Wat u typt", "Geen verbinding, uw tekst blijft staan.", "De verbinding is er weer."
SOON = 15_000  # ms: the page looks every four seconds


class Served:
    """The console on a port of its own, stopped and started as a test wants."""

    def __init__(self, house: House) -> None:
        self.house, self.port = house, servers.free_port()

    def start(self) -> None:
        config = uvicorn.Config(self.house.app, port=self.port, log_level="error", ws="none", timeout_graceful_shutdown=1)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        servers.wait_for(self.port)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture
def served(house: House) -> Iterator[Served]:
    found = Served(house)
    found.start()
    yield found
    found.stop()


@pytest.fixture
def address(served: Served) -> str:
    return f"http://127.0.0.1:{served.port}"


def sent(house: House) -> list[str]:
    return [text for kind, _, text in texts(house.store) if kind == "human"]


def fields_now(page: Page) -> list[str]:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    values: list[str] = page.locator("[data-draft]:visible:not(select)").evaluate_all("all => all.map(one => one.value)")
    return values


def answer_of(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Versturen")).first.click()


def test_every_typed_text_survives_a_reload_and_leaves_once_sent(house: House, signed_in: Open) -> None:  # noqa: F811
    case = house.case("hallo")
    page = signed_in()
    page.goto(f"/cases/{case}")
    page.get_by_role("button", name="Neem dit gesprek").click()
    expect(page.get_by_text("Dit gesprek is nu van u.")).to_be_visible()
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    names = page.locator("[data-draft]:visible:not(select)").evaluate_all("all => all.map(one => one.dataset.draft)")
    assert len(names) == len(set(names)) >= 2
    typed = {name: "2026-12-01T10:00" if "-option-" in name else f"getypt {name}" for name in names}
    for name, words in typed.items():
        page.locator(f"[data-draft='{name}']").fill(words)
    page.reload()
    assert dict(zip(names, fields_now(page), strict=True)) == typed
    answer_of(page)
    expect(page.get_by_role("log")).to_contain_text("getypt")
    page.reload()
    expect(page.get_by_role("textbox", name="Uw antwoord")).to_have_value("")
    del typed[case]  # sent; the others were not
    assert {name: value for name, value in zip(names, fields_now(page), strict=True) if value} == typed


def test_a_form_waits_while_the_browser_is_offline(house: House, signed_in: Open) -> None:  # noqa: F811
    case = house.case("hallo")
    page = signed_in(width=390)
    page.goto(f"/cases/{case}")
    field = page.get_by_role("textbox", name="Uw antwoord")
    field.fill("Ik bel u morgen.")
    page.context.set_offline(True)
    expect(page.get_by_role("status")).to_contain_text(AWAY)
    for _ in range(3):
        answer_of(page)
        expect(page.get_by_role("status")).to_contain_text(HELD)
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(field).to_have_value("Ik bel u morgen.")
    assert sent(house) == []
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text(BACK, timeout=SOON)
    answer_of(page)
    expect(page.get_by_role("log")).to_contain_text("Ik bel u morgen.")
    expect(field).to_have_value("")
    assert sent(house) == ["Ik bel u morgen."]


def test_a_text_outlives_half_a_minute_without_the_house(house: House, served: Served, signed_in: Open) -> None:  # noqa: F811
    case = house.case("hallo")
    page = signed_in()
    page.goto(f"/cases/{case}")
    field = page.get_by_role("textbox", name="Uw antwoord")
    field.fill("Getypt voor de storing,")
    served.stop()
    began = time.monotonic()
    expect(page.get_by_role("status")).to_contain_text(AWAY, timeout=SOON)
    field.press_sequentially(" en tijdens.")
    answer_of(page)
    expect(page.get_by_role("status")).to_contain_text(HELD)
    page.wait_for_timeout(max(0.0, 30 - (time.monotonic() - began)) * 1000)
    expect(page).to_have_url(re.compile(f"/cases/{case}$"))
    served.start()
    expect(page.get_by_role("status")).to_contain_text(BACK, timeout=SOON)
    expect(field).to_have_value("Getypt voor de storing, en tijdens.")
    write(house.store, "ik ben er nog")  # the stream lives again, without a reload
    expect(page.get_by_role("log")).to_contain_text("ik ben er nog", timeout=SOON)
    expect(page.get_by_role("status")).to_have_count(0, timeout=SOON)  # and what was said is gone
    answer_of(page)
    expect(page.get_by_role("log")).to_contain_text("en tijdens.")
    assert sent(house) == ["Getypt voor de storing, en tijdens."]


def test_a_page_without_a_stream_says_it_too(house: House, served: Served, signed_in: Open) -> None:  # noqa: F811
    page = signed_in("coordinator", "Marijke")
    page.goto("/sites")
    page.get_by_label("Naam van de plek").fill("Moskee Noord")
    served.stop()
    page.get_by_role("button", name="Plek maken").click()
    expect(page.get_by_role("status")).to_contain_text(HELD)
    expect(page.get_by_label("Naam van de plek")).to_have_value("Moskee Noord")
    served.start()
    expect(page.get_by_role("status")).to_contain_text(BACK, timeout=SOON)
    page.get_by_role("button", name="Plek maken").click()
    expect(page.get_by_role("heading", name="Moskee Noord")).to_be_visible()


def test_an_answer_lost_on_the_way_is_not_sent_twice(house: House, signed_in: Open) -> None:  # noqa: F811
    case = house.case("hallo")
    page = signed_in()

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # the house has it and does it
        route.abort()  # the browser never hears so

    page.route("**/reply", lose, times=1)
    page.goto(f"/cases/{case}")
    field = page.get_by_role("textbox", name="Uw antwoord")
    field.fill("Een keer is genoeg.")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/reply")):
        page.get_by_role("button", name="Versturen en gesprek nemen").click()
    assert sent(house) == ["Een keer is genoeg."]
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(f"/cases/{case}")
    field = page.get_by_role("textbox", name="Uw antwoord")
    expect(field).to_have_value("Een keer is genoeg.")  # whoever typed it cannot know
    answer_of(page)
    expect(page.get_by_text("Uw bericht is op weg.")).to_be_visible()
    expect(field).to_have_value("")
    assert sent(house) == ["Een keer is genoeg."]
    field.fill("Een keer is genoeg.")  # the same words again, meant so
    answer_of(page)
    expect(page.get_by_role("log").locator(".human")).to_have_count(2)
    assert len(sent(house)) == 2


def test_eight_tabs_share_one_stream_and_all_come_back(house: House, served: Served, signed_in: Open) -> None:  # noqa: F811
    first = signed_in()
    streams: list[str] = []
    first.context.on("request", lambda request: streams.append(request.url) if re.search(r"\d/live$", request.url) else None)
    tabs = [first, *(first.context.new_page() for _ in range(7))]
    for tab in tabs:
        tab.goto("/queue")
    house.case("hallo")
    for tab in tabs:
        expect(tab.get_by_role("link", name="werk vinden")).to_have_count(1, timeout=SOON)
    assert len(streams) <= 2  # one, and one more when the first tab came back from signing in
    served.stop()
    for tab in tabs:
        expect(tab.get_by_role("status")).to_contain_text(AWAY, timeout=SOON)
    served.start()
    house.case("hallo", address="+31600000002")
    for tab in tabs:
        expect(tab.get_by_role("link", name="werk vinden")).to_have_count(2, timeout=SOON)
