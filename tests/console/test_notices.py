"""How staff choose to hear that somebody waits: an address that was proven, and browsers; and what the queue says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from bot import push
from bot.clock import Clock, clock
from bot.console import words
from bot.staff_notices import KINDS
from bot.tables import cases, pushes, users
from tests.console.conftest import Browser, House
from tests.post import Mailbox, Phone, mail_server

ADDRESS = "sara@voorbeeldstad.example"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as found:
        yield found


@pytest.fixture
def mailing(house: House, box: Mailbox) -> House:
    """A console that can mail."""
    return House(house.store, INLOOP_SMTP_URL=f"smtp://127.0.0.1:{box.port}", INLOOP_MAIL_FROM="inloop@voorbeeldstad.example")


def link(box: Mailbox) -> str:
    found = re.search(r"http://testserver(/account/email/\S+)", box.text())
    assert found
    return found[1]


def test_an_address_is_used_once_its_reader_opens_the_link(mailing: House, box: Mailbox) -> None:
    sara = mailing.browser()
    assert sara.form("/account/email", email=ADDRESS).headers["location"] == "/account?done=email_asked"
    assert box.letters[0]["to"] == ADDRESS
    assert ADDRESS not in sara.get("/account").text
    assert ADDRESS not in link(box)
    page = sara.get(link(box))
    assert ADDRESS in page.text
    assert sara.form(f"{link(box)}/mine").headers["location"] == "/account?done=email_set"
    assert ADDRESS in sara.get("/account").text
    assert "Mail mij niet meer" in sara.get("/account").text


def test_mail_is_stopped_begun_again_and_the_address_forgotten(mailing: House, box: Mailbox) -> None:
    sara = mailing.browser()
    sara.form("/account/email", email=ADDRESS)
    sara.form(f"{link(box)}/mine")
    for on, shown in (("no", "Mail mij weer"), ("yes", "Mail mij niet meer")):
        sara.form("/account/mails", on=on)
        assert shown in sara.get("/account").text
    sara.form("/account/email-away")
    with mailing.store.begin() as connection:
        row = connection.execute(select(users).where(users.c.name == "Sara")).one()
    assert (row.email, row.email_hash, row.mails) == (None, None, False)


def test_a_link_is_no_good_for_a_colleague_nor_an_hour_later(mailing: House, box: Mailbox, moved: Clock) -> None:
    sara, noor = mailing.browser(), mailing.browser(name="Noor")
    sara.form("/account/email", email=ADDRESS)
    assert "werkt niet meer" in noor.get(link(box)).text
    assert noor.form(f"{link(box)}/mine").status_code == 422
    moved.shift += timedelta(hours=2)
    assert sara.form(f"{link(box)}/mine").status_code == 422


def test_an_address_of_a_colleague_is_refused_in_words(mailing: House, box: Mailbox) -> None:
    for name, status in (("Sara", 303), ("Noor", 422)):
        one = mailing.browser(name=name)
        one.form("/account/email", email=ADDRESS)
        answer = one.form(f"{link(box)}/mine")
        assert answer.status_code == status
    assert "Een collega gebruikt dit adres al" in answer.text


def test_a_wrong_address_or_a_mail_that_cannot_go_is_said(mailing: House, box: Mailbox) -> None:
    sara = mailing.browser()
    assert "geen e-mailadres" in sara.form("/account/email", email="sara").text
    box.answers = ["550 no"]
    assert "kon niet weg" in sara.form("/account/email", email=ADDRESS).text


def test_nobody_floods_a_strangers_mailbox(mailing: House, box: Mailbox) -> None:
    sara = mailing.browser()
    answers = [sara.form("/account/email", email=ADDRESS).status_code for _ in range(10)]
    assert answers[-1] == 429
    assert len(box.letters) < 10


def test_without_a_mail_server_the_page_says_so(house: House) -> None:
    page = house.browser().get("/account").text
    assert "Mailen staat bij ons nog niet aan." in page
    assert 'name="email"' not in page


@pytest.mark.parametrize("path", ["/account/email", "/account/mails", "/account/email-away", "/account/push", "/account/push/off"])
def test_another_sites_form_changes_nothing(house: House, path: str) -> None:
    assert house.browser().post(path, data={"mark": "x"}).status_code == 403


def test_a_browser_is_added_and_taken_away(house: House) -> None:
    sara, phone = house.browser(), Phone("https://push.example")
    assert sara.form("/account/push", subscription=json.dumps(phone.subscription)).status_code == 204
    assert "Aan in 1 browser" in sara.get("/account").text
    assert sara.form("/account/push/off", endpoint=phone.endpoint).status_code == 204
    assert "nog in geen enkele browser" in sara.get("/account").text.lower()
    sara.form("/account/push", subscription=json.dumps(phone.subscription))
    sara.form("/account/push/off")
    with house.store.begin() as connection:
        assert connection.execute(select(pushes)).all() == []


@pytest.mark.parametrize("given", ["", "{", "[]", "{}", '{"endpoint": "http://127.0.0.1/x", "keys": {}}'])
def test_what_is_no_browser_is_refused(house: House, given: str) -> None:
    assert house.browser().form("/account/push", subscription=given).status_code == 422


def test_the_service_worker_is_ours_and_speaks_for_every_page(house: House) -> None:
    sara: Browser = house.browser()
    answer = sara.get("/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    assert "Er wacht iemand op u." in answer.text
    assert "Somebody is waiting for you." in sara.get("/worker.js?language=en").text
    assert "Er wacht iemand op u." in sara.get("/worker.js?language=xx").text
    assert "showNotification" in sara.get("/static/worker.js").text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_kind_of_notice_has_its_sentence(language: str) -> None:
    assert set(words.listing(language, "notices")["kinds"]) == set(KINDS)


def test_the_queue_says_who_waits_too_long(house: House) -> None:
    case, sara = house.case(), house.browser()
    assert "wacht te lang" not in sara.get("/queue").text
    with house.store.begin() as connection:
        connection.execute(update(cases).where(cases.c.id == case).values(escalated_at=clock.now()))
    assert "wacht te lang" in sara.get("/queue").text
    sara.form(f"/cases/{case}/reply", text="ik ben er")
    assert "wacht te lang" not in sara.get("/queue").text


def test_the_log_tells_that_it_was_set_and_not_what(mailing: House, box: Mailbox) -> None:
    sara, marijke = mailing.browser(), mailing.browser("coordinator", "Marijke")
    sara.form("/account/email", email=ADDRESS)
    sara.form(f"{link(box)}/mine")
    page = marijke.get("/audit").text
    assert "zette het eigen e-mailadres" in page
    assert ADDRESS not in page


def test_our_key_is_on_the_page_as_browsers_want_it(house: House) -> None:
    page = house.browser().get("/account").text
    with house.store.begin() as connection:
        own = push.public(push.key(connection, house.store.vault))
    assert f'data-key="{own}"' in page
    assert len(own) == 87  # 65 bytes
