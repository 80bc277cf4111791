"""Appointments on the console: proposed by a form or the API, seen in head, talk and queue, taken into one's own calendar."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import expect
from sqlalchemy import select

from bot import appointments, facts
from bot.clock import Clock, now
from bot.console import words
from bot.messages import ChannelName
from bot.store import Store
from bot.tables import appointments as rows
from bot.tables import joined
from tests.console.conftest import Browser, House
from tests.console.test_browser import Open, address, chromium, signed_in, tab_to  # noqa: F401 (fixtures)
from tests.console.test_looks import window, wrong_on
from tests.people import texts, write
from tests.test_appointments import QUIET, run

PLACE = "Buurthuis De Brug"
NUMBER = "085 000 00 00"


@pytest.fixture
def desk(house: House) -> House:
    with house.store.begin() as connection:
        facts.write(connection, "places", [{"name": PLACE, "address": "Brugstraat 4"}])
        facts.write(connection, "call_number", NUMBER)
        facts.write(connection, "time_zone", "Europe/Amsterdam")
    return house


def local(days: int, time: str = "14:00") -> str:
    """As a browser's field gives it."""
    return f"{(now() + timedelta(days=days)).date().isoformat()}T{time}"


def mine(house: House, **more: Any) -> tuple[Browser, str]:
    """Sara, and a case of hers."""
    sara, case = house.browser(), house.case(**more)
    sara.form(f"/cases/{case}/take")
    return sara, case


def propose(browser: Browser, case: str, *options: str, **fields: Any) -> Any:
    given = {"kind": "place", "place": PLACE, "option": [*options, ""], **fields}
    return browser.post(f"/cases/{case}/appointments", data={"mark": browser.mark, **given})


def answers(store: Store, text: str, channel: ChannelName = "whatsapp") -> str:
    write(store, text, channel=channel)
    run(store, QUIET)
    return texts(store)[-1][2]


def one(house: House) -> Any:
    with house.store.begin() as connection:
        return connection.execute(select(rows)).one()


def plain(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split()).replace("&#39;", "'")


def test_proposed_agreed_and_seen_in_head_talk_and_queue(desk: House) -> None:
    sara, case = mine(desk)
    assert propose(sara, case, local(3), local(4), interpreter="yes").headers["location"] == f"/cases/{case}?done=proposed"
    page = plain(sara.get(f"/cases/{case}?done=proposed"))
    assert "Het voorstel is verstuurd." in page
    assert "Voorgesteld" in page
    assert answers(desk.store, "1").startswith("Afgesproken:")
    said = f"Afspraak: {words.say('nl', 'appointments.status.agreed').lower()}"
    page = plain(sara.get(f"/cases/{case}"))
    assert re.search(r"Afspraak: \w+ \d+ \w+, 's middags om 14:00 · Buurthuis De Brug, Brugstraat 4 · met tolk", page)
    assert re.search(rf"{said} · \w+ \d+ \w+, 's middags om 14:00", page)
    assert re.search(r"afspraak \w+ \d+ \w+ 14:00", plain(sara.get("/queue")))
    assert "'s middags om 14:00" in plain(sara.get(f"/cases/{case}/live"))


def test_today_and_tomorrow_are_said_as_such(desk: House, moved: Clock) -> None:
    sara, case = mine(desk)
    propose(sara, case, local(3))
    answers(desk.store, "1")
    at = one(desk).at
    for before, said in ((timedelta(hours=1), "afspraak vandaag 14:00"), (timedelta(hours=25), "afspraak morgen 14:00")):
        moved.shift = at - before - (now() - moved.shift)
        assert said in plain(desk.browser().get("/queue"))


def test_a_call_tells_its_number_and_needs_no_place(desk: House) -> None:
    sara, case = mine(desk)
    assert NUMBER in sara.get(f"/cases/{case}").text  # filled in already
    propose(sara, case, local(3), kind="call", calls_from=NUMBER)
    assert f"wij bellen met {NUMBER}" in plain(sara.get(f"/cases/{case}"))
    assert one(desk).place is None


REFUSED: list[tuple[list[str], dict[str, str], str]] = [
    ([], {"kind": "call", "calls_from": NUMBER}, "Kies 1 tot 3 momenten"),
    (["gisteren"], {}, "Kies 1 tot 3 momenten"),
    ([local(-2)], {}, "Kies 1 tot 3 momenten"),
    ([local(3)], {"place": "Nergens"}, "Kies een plek uit de wegwijzer"),
    ([local(3)], {"place": ""}, "Kies een plek uit de wegwijzer"),
    ([local(3)], {"kind": "call", "calls_from": "thuis"}, "Vul het nummer in"),
    ([local(3)], {"minutes": "eeuwig"}, "Kies hoe lang het duurt"),
]


@pytest.mark.parametrize(("options", "fields", "told"), REFUSED)
def test_a_proposal_that_cannot_be_made_says_what_to_do(desk: House, options: list[str], fields: dict[str, str], told: str) -> None:
    sara, case = mine(desk)
    answer = propose(sara, case, *options, **fields)
    assert answer.status_code == 422
    assert told in plain(answer)
    assert '<details class="fold" open>' in answer.text


def test_the_same_form_twice_is_one_proposal(desk: House) -> None:
    sara, case = mine(desk)
    for _ in range(2):
        assert propose(sara, case, local(3), once="the-same-number").status_code == 303
    assert len([text for kind, _, text in texts(desk.store) if text.startswith("Sara wil u graag zien")]) == 1


def test_only_who_has_the_case_or_joined_it(desk: House) -> None:
    sara, case = mine(desk)
    noor, marijke, amir = desk.browser(name="Noor"), desk.browser("coordinator", "Marijke"), desk.browser("ambassador", "Amir")
    assert [propose(who, case, local(3)).status_code for who in (noor, marijke, amir)] == [409, 409, 403]
    assert "Afspraak voorstellen" not in marijke.get(f"/cases/{case}").text
    assert "Afspraak voorstellen" in sara.get(f"/cases/{case}").text
    propose(sara, case, local(3))
    made = one(desk).id
    for who, path in ((noor, "withdraw"), (marijke, "record")):
        assert who.form(f"/cases/{case}/appointments/{made}/{path}").status_code == 409
    assert [who.get(f"/cases/{case}/appointments/{made}.ics").status_code for who in (noor, amir)] == [403, 403]


def test_who_joined_proposes_in_their_own_name(desk: House) -> None:
    _, case = mine(desk)
    noor = desk.browser(name="Noor")
    with desk.store.begin() as connection:
        from bot import users

        found = users.find(connection, "Noor")
        assert found is not None
        connection.execute(joined.insert().values(case_id=case, user_id=found.id, how="bridge", status="agreed", at=now()))
    assert propose(noor, case, local(3)).status_code == 303
    assert texts(desk.store)[-1][2].startswith("Noor wil u graag zien")


def test_a_case_nobody_took_must_be_taken_first(desk: House) -> None:
    sara, case = desk.browser(), desk.case()
    assert propose(sara, case, local(3)).status_code == 409
    assert "Afspraak voorstellen" not in sara.get(f"/cases/{case}").text


def test_called_off_by_us_and_written_down_afterwards(desk: House, moved: Clock) -> None:
    sara, case = mine(desk, channel="sms")
    propose(sara, case, local(3))
    answers(desk.store, "1", "sms")
    made = one(desk).id
    assert "Is gekomen" not in sara.get(f"/cases/{case}").text
    assert "moet nog komen" in plain(sara.form(f"/cases/{case}/appointments/{made}/record", came="yes"))
    moved.shift += timedelta(days=4)
    sara = desk.browser()
    page = sara.get(f"/cases/{case}").text
    assert "Is gekomen" in page
    assert "Niet gekomen" in page
    sara.form(f"/cases/{case}/appointments/{made}/record")
    assert one(desk).status == "missed"
    assert "Afspraak: niet gekomen" in plain(sara.get(f"/cases/{case}"))
    propose(sara, case, local(3))
    with desk.store.begin() as connection:
        newest = appointments.of_case(connection, case)[-1].id
    assert "afgezegd" in plain(sara.get(sara.form(f"/cases/{case}/appointments/{newest}/withdraw").headers["location"]))
    told = plain(desk.browser("coordinator", "Marijke").get("/audit"))
    for line in ("Sara stelde een afspraak voor.", "Sara schreef op hoe een afspraak ging.", "Sara zei een afspraak af."):
        assert line in told


def test_an_appointment_of_another_case_is_not_here(desk: House) -> None:
    sara, case = mine(desk)
    propose(sara, case, local(3))
    other = desk.case(address="+31600000002")
    sara.form(f"/cases/{other}/take")
    for path in ("withdraw", "record"):
        assert sara.form(f"/cases/{other}/appointments/{one(desk).id}/{path}").status_code == 404
    assert sara.get(f"/cases/{other}/appointments/{one(desk).id}.ics").status_code == 404
    assert one(desk).status == "proposed"


def event(answer: Any) -> tuple[str, Any]:
    found = Calendar.from_ical(answer.content)
    return str(found["method"]), next(iter(found.walk("VEVENT")))


def test_the_file_for_ones_own_calendar_knows_a_word_and_no_name(desk: House) -> None:
    sara, case = mine(desk)
    propose(sara, case, local(3), minutes="45")
    made = one(desk).id
    assert sara.get(f"/cases/{case}/appointments/{made}.ics").status_code == 404  # nothing is agreed yet
    answers(desk.store, "1")
    answer = sara.get(f"/cases/{case}/appointments/{made}.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    method, found = event(answer)
    with desk.store.begin() as connection:
        from bot import cases

        word = cases.one(connection, case).code_word
    assert (method, str(found["status"]), found["sequence"], str(found["uid"])) == ("PUBLISH", "CONFIRMED", 0, f"{made}@inloop")
    assert str(found["summary"]) == f"Afspraak met {word}"
    assert str(found["location"]) == "Buurthuis De Brug, Brugstraat 4"
    assert found["dtstart"].dt == one(desk).at
    assert found["dtend"].dt - found["dtstart"].dt == timedelta(minutes=45)
    assert "+316" not in answer.text
    assert one(desk).contact_id not in answer.text


def test_a_moved_appointment_is_the_same_one_later_and_one_called_off_takes_itself_out(desk: House) -> None:
    sara, case = mine(desk)
    propose(sara, case, local(3))
    answers(desk.store, "1")
    made = one(desk).id
    propose(sara, case, local(5), instead=made)
    answers(desk.store, "1")
    _, found = event(sara.get(f"/cases/{case}/appointments/{made}.ics"))
    assert (found["sequence"], str(found["uid"])) == (1, f"{made}@inloop")
    assert "1 keer verzet" in plain(sara.get(f"/cases/{case}"))
    sara.form(f"/cases/{case}/appointments/{made}/withdraw")
    method, found = event(sara.get(f"/cases/{case}/appointments/{made}.ics"))
    assert (method, str(found["status"])) == ("CANCEL", "CANCELLED")


def test_the_api_proposes_and_tells(desk: House) -> None:
    client, case = desk.calls("advisor", "Sara"), desk.case()
    client.post(f"/api/v1/cases/{case}/take")
    options = [f"{local(day)}:00Z" for day in (3, 4)]
    answer = client.post(f"/api/v1/cases/{case}/appointments", json={"options": options, "place": PLACE, "minutes": 60})
    assert answer.status_code == 200
    told = client.get(f"/api/v1/cases/{case}").json()["appointments"]
    assert [(row["status"], row["kind"], row["options"], row["place"], row["minutes"]) for row in told] == [
        ("proposed", "place", options, "Buurthuis De Brug, Brugstraat 4", 60)
    ]
    answers(desk.store, "2")
    assert client.get(f"/api/v1/cases/{case}").json()["appointments"][0]["at"] == options[1]


API: list[tuple[dict[str, Any], str]] = [
    ({"options": ["morgen"], "place": PLACE}, "appointment_moments"),
    ({"options": [local(3)]}, "appointment_place"),
    ({"options": [local(3)], "place": PLACE, "calls_from": NUMBER}, "appointment_place"),
    ({"options": [local(3)], "calls_from": "x"}, "appointment_number"),
    ({"options": [local(1), local(2), local(3), local(4)], "place": PLACE}, "invalid"),
    ({"options": [local(3)], "place": PLACE, "who": "me"}, "invalid"),
]


@pytest.mark.parametrize(("body", "error"), API)
def test_what_the_api_refuses(desk: House, body: dict[str, Any], error: str) -> None:
    client, case = desk.calls("advisor", "Sara"), desk.case()
    client.post(f"/api/v1/cases/{case}/take")
    answer = client.post(f"/api/v1/cases/{case}/appointments", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, error)
    assert answer.json()["message"]


def test_another_persons_case_is_refused_by_the_api_too(desk: House) -> None:
    _, case = mine(desk)
    answer = desk.calls("advisor", "Noor").post(f"/api/v1/cases/{case}/appointments", json={"options": [local(3)], "place": PLACE})
    assert (answer.status_code, answer.json()["error"]) == (409, "taken")


def test_a_field_without_zone_is_the_deployments_clock(desk: House) -> None:
    sara, case = mine(desk)
    propose(sara, case, local(3))
    at = datetime.fromisoformat(one(desk).options[0])
    assert (datetime.fromisoformat(local(3)) - at.replace(tzinfo=None)) in (timedelta(hours=1), timedelta(hours=2))


@pytest.mark.browser
def test_proposed_by_keys_alone_and_built_for_everybody(desk: House, signed_in: Open) -> None:  # noqa: F811
    sara, case = mine(desk)
    propose(sara, case, local(2))
    with ThreadPoolExecutor(1) as aside:  # playwright has this thread's event loop
        aside.submit(answers, desk.store, "1").result()
    page, wrong = window(signed_in, "advisor", "Sara", "nl", "dark")
    page.goto(f"/cases/{case}")
    tab_to(page, page.get_by_text("Afspraak voorstellen"), most=200)
    page.keyboard.press("Enter")
    page.get_by_label("Plek uit de wegwijzer").select_option(PLACE)
    page.get_by_label("Moment 1").fill(local(5))
    tab_to(page, page.get_by_role("button", name="Stuur het voorstel"), most=40)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Het voorstel is verstuurd.")).to_be_visible()
    assert "\n".join(wrong + wrong_on(page, f"/cases/{case}", "nl")) == ""
    page, wrong = window(signed_in, "advisor", "Sara", "nl", "light")
    assert "\n".join(wrong + wrong_on(page, f"/cases/{case}", "nl")) == ""
