"""Warm handover in a real browser: two advisors, one ambassador, three people, from the link to the close.

The time is moved by the test: a week of appointments, reminders and check-ins passes in a minute.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from bot import sites, users
from bot.clock import clock, now
from bot.messages import ChannelName
from bot.replies import texts
from tests import servers
from tests.journeys.test_road import HELLO
from tests.stack import Near, Phone

ZONE = ZoneInfo("Europe/Amsterdam")
WORKS: dict[str, dict[str, Any]] = {
    "Kim": {"role": "coordinator"},
    "Sara": {"role": "advisor", "languages": ["nl", "ar"]},
    "Tom": {"role": "advisor", "languages": ["nl", "en"]},
    "Olena Kovalenko": {"role": "ambassador", "languages": ["uk", "nl"], "alias": "Lena"},
}


@pytest.fixture(scope="module")
def near(model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Near]:
    with Near(tmp_path_factory.mktemp("near")) as running:
        with running.store.begin() as connection:
            for name, more in WORKS.items():
                users.add_user(connection, name, **more)
        yield running
    clock.shift = timedelta()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with servers.chromium() as browser:
        yield browser


class Desk:
    """Staff at their screens; a new day is a new sign-in."""

    def __init__(self, near: Near, chromium: Browser) -> None:
        self.near, self.chromium = near, chromium

    def sits(self, name: str, *, width: int = 1280) -> Page:
        """Somebody at the queue."""
        with self.near.store.begin() as connection:
            found = users.find(connection, name)
            assert found is not None
            link = users.sign_in_link(connection, found.id)
        window = self.chromium.new_context(viewport={"width": width, "height": 844}, locale="nl-NL", base_url=self.near.url("console"))
        window.set_default_timeout(10_000)
        page = window.new_page()
        page.goto(f"/sign-in/{link}")
        with page.expect_navigation():
            page.get_by_role("button", name="Aanmelden").click()
        return page

    def opens(self, page: Page, goal: str) -> None:
        """Open the case of this goal from the queue."""
        visits(page, "/queue")
        page.locator("#lists a", has_text=goal).first.click()
        expect(page.locator("#talk")).to_be_visible()


@pytest.fixture(scope="module")
def desk(near: Near, chromium: Browser) -> Desk:
    return Desk(near, chromium)


def visits(page: Page, path: str) -> None:
    """Go to a page; a page that renews itself at that moment is left all the same."""
    for _ in range(3):
        try:
            page.goto(path)
            return
        except Error:
            page.wait_for_load_state()


def local(moment: datetime) -> str:
    """A moment as a form field takes it."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")


def go_to(day: datetime) -> None:
    """It is this moment now, for everybody."""
    clock.shift += day - now()


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """A moment some days after the first Tuesday of the test, in the deployment's zone."""
    first = datetime(2026, 12, 1, tzinfo=ZONE)
    return (first + timedelta(days=days)).replace(hour=hour, minute=minute)


def comes_by_link(near: Near, channel: ChannelName, address: str, language: str) -> Phone:
    """A person who comes by a site's link and says hello."""
    with near.store.begin() as connection:
        site = sites.create(connection, "De taalklas", "language_class", language, None)
    phone = Phone(near, channel, address)
    if channel == "telegram":
        phone.say(f"/start {site.code}", language=language)
    else:
        phone.say(f"{HELLO[language]} ({site.code})")
    if phone.offers(language, f"lang_{language}"):
        phone.choose(language, f"lang_{language}")
    return phone


def to_a_human(phone: Phone, language: str, *steps: str) -> None:
    """By these choices, in this order; a question that offers none of them is skipped."""
    left = list(steps)
    while left:
        offered = phone.offered(language)
        step = next((one for one in left if one in offered), "skip")
        assert step in offered, f"none of {left} is offered here: {phone.seen()[-1]}"
        phone.choose(language, step)
        left = left[left.index(step) + 1 :] if step in left else left


def heard(phone: Phone, language: str, reply: str, seconds: float = 15) -> str:
    """The next message not yet read that says a reply of ours (its words without values)."""
    parts = [part.strip() for part in re.split(r"\{\w+\}|\n", texts(language)["replies"][reply]["text"]) if part.strip(' :,."')]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            said = phone.hear(end - time.monotonic())
        except TimeoutError:
            break
        if all(part in said for part in parts):
            return said
    pytest.fail(f"{reply} was not heard; last: {phone.seen()[-2:]}")


def press(page: Page, button: str) -> None:
    """Press a button of a form, and see the page again."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def unfold(page: Page, summary: str) -> None:
    page.locator("summary", has_text=summary).click()


def test_arabic_on_whatsapp_with_an_appointment_that_moves_is_missed_and_kept(near: Near, desk: Desk) -> None:
    near.inloop("templates", "sync")
    near.inloop("templates", "status")
    go_to(at(0, 9, 30))
    sara, _tom = desk.sits("Sara"), desk.sits("Tom")
    amina = comes_by_link(near, "whatsapp", "+31612349001", "ar")
    to_a_human(amina, "ar", "goal_find_work", "family", "cooking", "childcare", "fit_advisor", "wish_none", "share_all")
    desk.opens(sara, "werk vinden")
    expect(sara.locator("#match")).to_contain_text("als eerste aan u aangeboden")
    press(sara, "Neem dit gesprek")
    replies(sara, "أهلا، أنا سارة. قرأت رسالتك.")
    assert "سارة" in amina.hear()

    # Two moments; she answers by number, moves it when she is reminded, and misses the other one.
    proposes(sara, at(1, 14), at(2, 9, 30))
    heard(amina, "ar", "slot_place")
    amina.write("1")
    heard(amina, "ar", "agreed_place")
    go_to(at(0, 14, 1))
    assert "3." in heard(amina, "ar", "reminder_place")
    amina.write("2")
    heard(amina, "ar", "slot_others")
    amina.write("1")
    heard(amina, "ar", "agreed_place")
    go_to(at(1, 9, 31))
    heard(amina, "ar", "reminder_place")
    go_to(at(2, 7, 31))
    go_to(at(2, 10, 30))
    sara = desk.sits("Sara")
    desk.opens(sara, "werk vinden")
    press(sara, "Niet gekomen")
    expect(sara.locator("#appointments").locator("..")).to_contain_text("Niet gekomen")
    amina.write("آسفة")
    heard(amina, "ar", "missed")
    amina.write("1")
    heard(amina, "ar", "slot_none")
    desk.opens(sara, "werk vinden")
    proposes(sara, at(3, 10))
    heard(amina, "ar", "slot_place")
    amina.write("1")
    heard(amina, "ar", "agreed_place")
    go_to(at(3, 11))
    sara = desk.sits("Sara")
    desk.opens(sara, "werk vinden")
    press(sara, "Is gekomen")

    # The close with a first day; check-ins count from it; stuck brings the same human back.
    amina.write("شكرا")
    sara.locator("#first_day").evaluate("(field, day) => (field.value = day)", at(6, 9).strftime("%Y-%m-%d"))
    closes(sara, "الخميس الساعة ١٠ في بيت الحي")
    go_to(at(5, 11, 5))
    heard(amina, "ar", "ask_how_was_it")
    amina.write("1")
    heard(amina, "ar", "good_to_hear")
    amina.choose("ar", "rather_not")
    amina.choose("ar", "check_ins_yes")
    go_to(at(8, 9, 5))
    heard(amina, "ar", "ask_how_was_it")
    to_a_human(amina, "ar", "stuck", "look_yes")
    sara = desk.sits("Sara")
    visits(sara, "/queue")
    expect(sara.locator("li.row", has_text="voor u")).to_contain_text("werk vinden")


def proposes(page: Page, *moments: datetime) -> None:
    """Propose these moments at the first place of the directory."""
    unfold(page, "Afspraak voorstellen")
    page.get_by_label("Plek uit de wegwijzer").select_option(index=1)
    for number, moment in enumerate(moments, start=1):
        page.locator(f"#meet-option-{number}").fill(local(moment))
    press(page, "Stuur het voorstel")
    expect(page.get_by_text("Het voorstel is verstuurd.")).to_be_visible()


def picks(page: Page, field: str, name: str) -> None:
    """Choose a colleague from a list."""
    value = page.locator(f"{field} option", has_text=name).get_attribute("value")
    page.locator(field).select_option(value)


def replies(page: Page, text: str) -> None:
    """Write to the person."""
    page.locator("#text").fill(text)
    with page.expect_navigation():
        page.get_by_role("region", name="Uw antwoord").get_by_role("button", name="Versturen").click()


def test_dutch_on_sms_goes_from_one_advisor_to_another_and_comes_back_to_the_same(near: Near, desk: Desk) -> None:
    go_to(at(14, 10))
    bart = comes_by_link(near, "sms", "+31612349002", "nl")
    tom, sara = desk.sits("Tom"), desk.sits("Sara")
    to_a_human(bart, "nl", "goal_paperwork", "fit_advisor", "wish_none", "share_all")
    desk.opens(tom, "brieven")
    press(tom, "Neem dit gesprek")
    replies(tom, "Dag, ik ben Tom. Ik lees mee.")
    assert "ik ben Tom" in bart.hear()
    unfold(tom, "Aan een collega geven")
    picks(tom, "#to", "Sara")
    tom.get_by_label("Een woord voor uw collega").fill("Belt liever dan dat hij schrijft.")
    press(tom, "Geven")
    assert "Sara" in heard(bart, "nl", "new_human_told")
    desk.opens(sara, "brieven")
    expect(sara.get_by_text("Belt liever dan dat hij schrijft.")).to_be_visible()
    replies(sara, "Dag, ik ben Sara. Neem de brief maar mee.")
    assert "ik ben Sara" in bart.hear()
    bart.write("ok dank u")

    go_to(at(17, 10, 5))
    heard(bart, "nl", "ask_went")
    bart.write("1")
    heard(bart, "nl", "good_to_hear")
    sara = desk.sits("Sara")
    desk.opens(sara, "brieven")
    closes(sara, "U bent altijd welkom in De Brug.")
    assert "De Brug" in bart.hear()
    heard_in_two_days = at(19, 10, 30)
    go_to(heard_in_two_days)
    heard(bart, "nl", "ask_how_was_it")

    go_to(at(30, 10))  # weeks later: a neutral welcome, then the same human
    bart.say("hallo")
    to_a_human(bart, "nl", "go_on")
    bart.say("mens")
    to_a_human(bart, "nl", "share_all")
    sara, tom = desk.sits("Sara"), desk.sits("Tom")
    expect(sara.locator("li.row", has_text="brieven").first).to_contain_text("voor u")
    expect(tom.locator("li.row", has_text="brieven").first).not_to_contain_text("voor u")


def closes(page: Page, step: str) -> None:
    """Close the case with a next step."""
    unfold(page, "Afsluiten")
    page.get_by_label("Hoe eindigt het?").select_option("helped")
    page.locator("#next_step").fill(step)
    press(page, "Afsluiten")


def test_ukrainian_on_telegram_with_an_ambassador_on_a_phone_and_an_advisor_who_joins(near: Near, desk: Desk) -> None:
    go_to(at(35, 10))
    lena, sara = desk.sits("Olena Kovalenko", width=390), desk.sits("Sara")
    oksana = comes_by_link(near, "telegram", "8009003", "uk")
    to_a_human(oksana, "uk", "goal_other", "goal_meet_people", "fit_peer", "wish_none", "share_all")
    desk.opens(lena, "mensen ontmoeten")
    press(lena, "Neem dit gesprek")
    replies(lena, "Привіт, я Лена. Я теж так починала.")
    assert "Лена" in oksana.hear()

    unfold(lena, "Een collega erbij vragen")
    picks(lena, "#join-who", "Sara")
    press(lena, "Vraag het de persoon")
    assert "Lena" in heard(oksana, "uk", "ask_join")
    oksana.tap(oksana.buttons()[0][0])
    heard(oksana, "uk", "joins")
    desk.opens(sara, "mensen ontmoeten")
    replies(sara, "Я Сара, радниця.")
    assert oksana.hear().startswith("Sara")
    desk.opens(lena, "mensen ontmoeten")
    unfold(lena, "Aan een collega geven")
    picks(lena, "#to", "Sara")
    lena.get_by_label("Ik blijf erbij").check()
    press(lena, "Geven")
    assert "Lena" in heard(oksana, "uk", "new_human_stays")
    desk.opens(lena, "mensen ontmoeten")
    replies(lena, "Я ще тут.")
    assert "Я ще тут." in oksana.hear()
    desk.opens(sara, "mensen ontmoeten")
    closes(sara, "Приходьте у вівторок о 10:00.")
    assert "вівторок" in oksana.hear()
    go_to(at(37, 10, 30))
    heard(oksana, "uk", "ask_how_was_it")
