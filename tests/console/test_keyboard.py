"""The pages by keyboard alone: whatever can be used is reached with Tab, in sight, with its focus shown; a case from waiting to given."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot import users
from tests.console.conftest import House
from tests.console.test_browser import Open, address, chromium, signed_in, tab_to  # noqa: F401 (fixtures)

pytestmark = pytest.mark.browser
USABLE = """[...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"], audio, video')]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && !one.disabled && one.tabIndex >= 0)"""
# How what has the focus shows it: by its own outline, or by the one of what is drawn over it (a row of the queue).
SHOWN = """(() => { const one = document.activeElement;
    const wide = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    return wide(getComputedStyle(one)) || wide(getComputedStyle(one, '::after')) })()"""
IN_SIGHT = """(() => { const box = document.activeElement.getBoundingClientRect();
    return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth })()"""
NUMBERED = "document.activeElement.dataset.number ?? ''"
PAGES = ["/queue", "/cases/{waiting}", "/cases/{mine}", "/account", "/directory", "/profile"]


def walk(page: Page) -> list[str]:
    """Press Tab until the page is round: what was not reached, hides its focus or lies out of sight."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    names = page.evaluate(f"{USABLE}.map((one, index) => {{ one.dataset.number = index; return one.outerHTML.slice(0, 90) }})")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    reached: dict[int, str] = {}
    for _ in range(3 * len(names)):
        page.keyboard.press("Tab")
        number = page.evaluate(NUMBERED)
        if number == "":
            if reached and page.evaluate("document.activeElement === document.body"):
                break
            continue
        if int(number) not in reached:
            reached[int(number)] = "" if page.evaluate(SHOWN) and page.evaluate(IN_SIGHT) else f"not to be seen: {names[int(number)]}"
    missed = [f"not reached: {name}" for index, name in enumerate(names) if index not in reached and 'type="radio"' not in name]
    return missed + [wrong for wrong in reached.values() if wrong]


@pytest.mark.parametrize("width", [1280, 390])
def test_tab_reaches_all_that_can_be_used_and_shows_where_one_is(house: House, signed_in: Open, width: int) -> None:  # noqa: F811
    cases = {"waiting": house.case("hallo"), "mine": house.case("mijn brief", address="+31600000002", channel="sms")}
    page = signed_in("advisor", "Sara", width=width, reduced_motion="reduce")
    page.route("**/live", lambda route: route.fulfill(status=204))  # nothing is put anew under our steps
    house.calls("advisor", "Sara").post(f"/api/v1/cases/{cases['mine']}/reply", json={"text": "Dag."})
    wrong: dict[str, list[str]] = {}
    for path in PAGES:
        page.goto(path.format(**cases))
        wrong[path] = walk(page)
    assert wrong == {path: [] for path in PAGES}


def test_a_case_is_taken_and_given_to_a_colleague_by_keys(house: House, signed_in: Open) -> None:  # noqa: F811
    case = house.case("ik zoek werk")
    with house.store.begin() as connection:
        users.add_user(connection, "Noor", "advisor")
    page = signed_in(width=390)
    page.goto(f"/cases/{case}")
    tab_to(page, page.get_by_role("button", name="Neem dit gesprek"), most=200)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dit gesprek is nu van u.")).to_be_visible()
    tab_to(page, page.locator("summary", has_text="Aan een collega geven"), most=200)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("#to"))
    page.keyboard.type("Noor")
    tab_to(page, page.get_by_role("button", name="Geven", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Het gesprek is overgedragen.")).to_be_visible()


def test_another_language_is_chosen_by_keys_and_the_page_turns(house: House, signed_in: Open) -> None:  # noqa: F811
    page = signed_in("ambassador", "Yusuf", width=390)
    tab_to(page, page.locator("summary", has_text="Nederlands"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="العربية"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("الانتظار")
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    tab_to(page, page.locator("summary", has_text="العربية"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Nederlands"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wachtrij")
