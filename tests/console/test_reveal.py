"""A person's number is shown to who has the case, for a reason, once, and stands nowhere else."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import select, update

from bot import cases, retention
from bot.tables import audit, contacts, reveals
from tests.console.conftest import Browser, House

NUMBER = "+31600000001"
REVEAL = {"reason": "asked"}


def taken(house: House, browser: Browser, **options: str) -> str:
    case = house.case(**options)  # type: ignore[arg-type]
    assert browser.form(f"/cases/{case}/take").status_code == 303
    return case


def lines(house: House) -> list[str]:
    with house.store.begin() as connection:
        return [str(row._asdict()) for row in connection.execute(select(audit).order_by(audit.c.at)).all()]


@pytest.mark.parametrize("channel", ["whatsapp", "sms"])
def test_who_has_the_case_sees_the_number_on_that_page_only(house: House, channel: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sara, marijke = house.browser(), house.browser("coordinator", "Marijke")
    case = taken(house, sara, channel=channel)
    assert NUMBER not in sara.get(f"/cases/{case}").text
    answer = sara.form(f"/cases/{case}/reveal", **REVEAL)
    assert answer.status_code == 200  # no redirect: no address could show it again
    assert answer.text.count(NUMBER) == 1
    assert "tel:" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    for path in (f"/cases/{case}", f"/cases/{case}/live", "/queue"):
        assert NUMBER not in sara.get(path).text, path
    pages = [
        marijke.get("/audit").text,
        marijke.form("/audit/export").text,
        house.calls("advisor", "Sara").get(f"/api/v1/cases/{case}").text,
    ]
    for kept in (*pages, *lines(house), caplog.text):
        assert NUMBER not in kept
        assert NUMBER.removeprefix("+") not in kept
    assert NUMBER not in str(answer.request.url)


def test_the_audit_says_who_when_which_case_and_why(house: House) -> None:
    sara, marijke = house.browser(), house.browser("coordinator", "Marijke")
    case = taken(house, sara)
    sara.form(f"/cases/{case}/reveal", reason="danger", words="zij belde 06 12 34 56 78, +31 6 87654321 en mail@voorbeeld.nl, ٠٦١٢٣٤٥٦٧٨")
    page = marijke.get("/audit?act=revealed").text
    assert "<bdi>Sara</bdi> zag het nummer van de persoon. Reden: <bdi>er is gevaar</bdi>." in page
    assert f'href="/cases/{case}"' in page
    assert "Erbij geschreven: <bdi>zij belde •••, ••• en •••, •••</bdi>" in page
    assert "zij belde" not in "".join(lines(house))
    assert "zij belde" not in marijke.form("/audit/export").text
    with house.store.begin() as connection:
        assert b"zij belde" not in connection.execute(select(reveals.c.words)).scalar_one()
        found = connection.execute(select(audit).where(audit.c.act == "revealed")).one()
    assert (found.case_id, found.detail["reason"]) == (case, "danger")


def test_the_words_go_with_the_person(house: House) -> None:
    sara = house.browser()
    case = taken(house, sara)
    sara.form(f"/cases/{case}/reveal", reason="other", words="de deur is dicht")
    with house.store.begin() as connection:
        retention.forget(connection, house.store.vault, house_contact(house, connection, case))
        assert connection.execute(select(reveals)).all() == []
    page = house.browser("coordinator", "Marijke").get("/audit?act=revealed").text
    assert "een andere reden" in page  # that it was done stays, tied to nobody
    assert "de deur" not in page
    assert case not in page


def house_contact(house: House, connection: object, case: str) -> str:
    return str(cases.one(connection, case).contact_id)  # type: ignore[arg-type]


REFUSED = [
    ({}, 422),
    ({"reason": ""}, 422),
    ({"reason": "curious"}, 422),
    ({"reason": "other"}, 422),
    ({"reason": "other", "words": "   "}, 422),
]


@pytest.mark.parametrize(("form", "status"), REFUSED)
def test_without_a_reason_nothing_is_shown_or_noted(house: House, form: dict[str, str], status: int) -> None:
    sara = house.browser()
    case = taken(house, sara)
    answer = sara.form(f"/cases/{case}/reveal", **form)
    assert answer.status_code == status
    assert NUMBER not in answer.text
    assert "Kies waarom" in answer.text
    assert "revealed" not in "".join(lines(house))


def test_nobody_else_sees_it(house: House) -> None:
    """Not before it is taken, not a colleague, not a coordinator, not an ambassador even with the case, not after it closed."""
    sara, case = house.browser(), house.case()
    marijke, noor, amir = house.browser("coordinator", "Marijke"), house.browser(name="Noor"), house.browser("ambassador", "Amir")
    out = house.browser("outreach", "Olga")
    answers = [(sara.form(f"/cases/{case}/reveal", **REVEAL), 409)]
    sara.form(f"/cases/{case}/take")
    answers += [
        (one.form(f"/cases/{case}/reveal", **REVEAL), status) for one, status in ((marijke, 409), (noor, 409), (amir, 403), (out, 403))
    ]
    theirs = house.case(address="+31600000005", to="ambassador")
    assert amir.form(f"/cases/{theirs}/take").status_code == 303
    assert "Nummer laten zien" not in amir.get(f"/cases/{theirs}").text
    answers.append((amir.form(f"/cases/{theirs}/reveal", **REVEAL), 403))
    sara.form(f"/cases/{case}/close", outcome="helped")
    answers.append((sara.form(f"/cases/{case}/reveal", **REVEAL), 409))
    for answer, status in answers:
        assert answer.status_code == status
        assert NUMBER not in answer.text
        assert "+31600000005" not in answer.text
    assert "revealed" not in "".join(lines(house))


@pytest.mark.parametrize(("channel", "address"), [("telegram", "123456789"), ("whatsapp", "NL.123456789")])
def test_what_is_no_telephone_number_is_not_shown(house: House, channel: str, address: str) -> None:
    sara = house.browser()
    case = taken(house, sara, channel=channel, address=address)
    assert ("Nummer laten zien" in sara.get(f"/cases/{case}").text) is (channel == "whatsapp")
    answer = sara.form(f"/cases/{case}/reveal", **REVEAL)
    assert answer.status_code == 409
    assert "geen telefoonnummer" in answer.text
    assert "123456789" not in answer.text
    assert "revealed" not in "".join(lines(house))


def test_it_is_said_when_a_call_may_be_dangerous(house: House) -> None:
    sara = house.browser()
    case = taken(house, sara)
    with house.store.begin() as connection:
        connection.execute(update(contacts).values(quiet=True))
    assert "bellen kan gevaarlijk zijn" in sara.get(f"/cases/{case}").text
