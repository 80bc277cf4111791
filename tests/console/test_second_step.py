"""The second step and the number of a person in chromium: everybody can use them, and the pages' own rules let the drawing through."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from bot import users
from tests import servers
from tests.console.conftest import House
from tests.console.test_browser import CHECKS, Open, address, chromium, signed_in  # noqa: F401 (fixtures)
from tests.test_totp import code_now

pytestmark = pytest.mark.browser


def wrong_on(page: Page) -> list[str]:
    """What our own checks and axe-core find on this page."""
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or not found.submodule_search_locations:
        servers.missing("axe-playwright-python", "it is on PyPI: make setup")
        return []
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    ours = [name for name, check in CHECKS.items() if not page.evaluate(check)]
    page.evaluate((Path(found.submodule_search_locations[0]) / "axe.min.js").read_text(encoding="utf-8"))
    return ours + [f"{one['id']} ({one['impact']})" for one in page.evaluate("axe.run()")["violations"]]


@pytest.mark.parametrize(("width", "mode"), [(390, "dark"), (1280, "light")])
def test_setting_up_a_code_and_coming_in_with_a_recovery_code(house: House, signed_in: Open, width: int, mode: str) -> None:  # noqa: F811
    page, errors = signed_in(width=width, color_scheme=mode), []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    wrong: dict[str, list[str]] = {}
    page.goto("/account")
    page.get_by_role("button", name="Code instellen").click()
    expect(page.locator("svg.qr")).to_be_visible()
    drawing = page.locator("svg.qr").bounding_box()
    assert drawing is not None
    assert min(drawing["width"], drawing["height"]) > 150
    wrong["scan"] = wrong_on(page)
    with house.store.begin() as connection:
        row = users.find(connection, "Sara")
    assert row is not None
    page.get_by_label("Welke 6 cijfers").fill(code_now(house.store, row.id))
    page.get_by_role("button", name="Code aanzetten").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Uw herstelcodes")
    wrong["recovery"] = wrong_on(page)
    code = page.locator("code").first.text_content() or ""
    page.get_by_role("link", name="Ik heb ze bewaard").click()
    expect(page.get_by_text("10 herstelcodes")).to_be_visible()
    wrong["account"] = wrong_on(page)
    page.get_by_role("button", name="Afmelden", exact=True).click()
    expect(page.get_by_text("U bent afgemeld.")).to_be_visible()
    with house.store.begin() as connection:
        link = users.sign_in_link(connection, row.id)
    page.goto(f"/sign-in/{link}")
    page.get_by_role("button", name="Aanmelden").click()
    expect(page.get_by_label("Code van uw telefoon")).to_be_visible()
    page.locator("summary", has_text="Geen telefoon bij u?").click()
    wrong["code"] = wrong_on(page)
    page.get_by_label("Herstelcode").fill(code)
    page.get_by_role("button", name="Aanmelden").last.click()
    expect(page).to_have_url(re.compile("/queue$"))
    assert wrong == {name: [] for name in wrong}
    assert errors == []


@pytest.mark.parametrize(("width", "mode"), [(390, "light"), (1280, "dark")])
def test_the_number_of_a_person_by_keyboard(house: House, signed_in: Open, width: int, mode: str) -> None:  # noqa: F811
    case = house.case("bel mij maar")
    page = signed_in(width=width, color_scheme=mode)
    page.goto(f"/cases/{case}")
    page.get_by_role("button", name="Neem dit gesprek").click()
    expect(page.get_by_text("Dit gesprek is nu van u.")).to_be_visible()
    wrong = wrong_on(page)
    page.get_by_label("Waarom hebt u het nummer nodig?").focus()
    page.keyboard.type("de persoon wil")
    page.get_by_label("In uw eigen woorden").press("Enter")
    expect(page.get_by_text("+31600000001")).to_be_visible()
    assert page.get_by_text("+31600000001").count() == 1
    wrong += wrong_on(page)
    page.goto(f"/cases/{case}")
    assert page.get_by_text("+31600000001").count() == 0
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # nor is it kept for the way back
        page.go_back()
    assert wrong == []
