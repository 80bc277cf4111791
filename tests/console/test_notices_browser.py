"""Notices in chromium: turned on by a button, shown by our service worker, off again; only the push service itself is played."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from bot import push
from bot.tables import pushes
from tests.console.conftest import House
from tests.console.test_browser import Open, address, chromium, signed_in  # noqa: F401 (fixtures)
from tests.post import Phone

pytestmark = pytest.mark.browser
# What a browser's own push service would answer: it is far away, and not asked.
PLAYED = """(given) => {
  let held = null;
  const unsubscribe = async () => sessionStorage.removeItem("held");
  const made = { endpoint: given.endpoint, toJSON: () => given, unsubscribe };
  PushManager.prototype.subscribe = async function (asked) {
    window.asked = [asked.userVisibleOnly, asked.applicationServerKey.length];
    sessionStorage.setItem("held", "yes");
    return made;
  };
  PushManager.prototype.getSubscription = async () => (sessionStorage.getItem("held") ? made : null);
}"""


def opened(signed_in: Open, phone: Phone) -> Page:  # noqa: F811
    page = signed_in(permissions=["notifications"])
    page.context.add_init_script(f"({PLAYED})({json.dumps(phone.subscription)})")
    page.goto("/account")
    return page


def knock(page: Page, kind: str, base: str) -> list[dict[str, Any]]:
    """A push arrives; gives the notices that are shown then."""
    tools = page.context.new_cdp_session(page)
    tools.send("ServiceWorker.enable")
    registered: list[dict[str, Any]] = []
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda found: registered.extend(found["registrations"]))
    page.reload()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_timeout(200)
    one = next(one for one in registered if one["scopeURL"] == f"{base}/")
    message = {"origin": base, "registrationId": one["registrationId"], "data": json.dumps({"kind": kind})}
    tools.send("ServiceWorker.deliverPushMessage", message)
    shown = """async () => {
      const worker = await navigator.serviceWorker.ready;
      for (let tries = 0; tries < 40; tries++) {
        const found = await worker.getNotifications();
        if (found.length) return found.map(({ title, body, tag }) => ({ title, body, tag }));
        await new Promise((done) => setTimeout(done, 100));
      }
      return [];
    }"""
    found: list[dict[str, Any]] = page.evaluate(shown)
    return found


def test_turned_on_shown_and_turned_off(house: House, signed_in: Open, address: str) -> None:  # noqa: F811
    phone, errors = Phone("https://push.example"), []
    page = opened(signed_in, phone)
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    expect(page.get_by_text("Nog in geen enkele browser aan.")).to_be_visible()
    page.get_by_role("button", name="Aan in deze browser").press("Enter")
    expect(page.get_by_text("Aan in 1 browser")).to_be_visible()
    expect(page.get_by_role("button", name="Aan in deze browser")).to_be_hidden()
    with house.store.begin() as connection:
        held = connection.execute(select(pushes)).one()
    assert house.store.vault.open_json(held.subscription)["endpoint"] == phone.endpoint
    assert knock(page, "offered", address) == [{"title": "Inloop", "body": "Er wacht iemand op u.", "tag": "offered"}]
    page.get_by_role("button", name="Uit in deze browser").press("Enter")
    expect(page.get_by_text("Nog in geen enkele browser aan.")).to_be_visible()
    with house.store.begin() as connection:
        assert connection.execute(select(pushes)).all() == []
        assert len(push.public(push.key(connection, house.store.vault))) == 87
    assert errors == []


def test_a_browser_that_says_no_is_told_what_to_do(house: House, signed_in: Open) -> None:  # noqa: F811
    page = signed_in()
    page.context.add_init_script("PushManager.prototype.subscribe = () => Promise.reject(new Error('no'))")
    page.goto("/account")
    page.get_by_role("button", name="Aan in deze browser").click()
    expect(page.get_by_text("Sta meldingen toe in uw browser")).to_be_visible()


def test_without_script_the_page_says_so_and_shows_no_dead_button(signed_in: Open) -> None:  # noqa: F811
    page = signed_in(java_script_enabled=False)
    page.goto("/account")
    expect(page.get_by_text("Uw browser kan dit niet, of script staat erin uit.")).to_be_visible()
    expect(page.get_by_role("button", name="Aan in deze browser")).to_be_hidden()
