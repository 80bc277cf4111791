"""Aftercare on the case page: check-ins and the first day, a safe time, a word about a transfer; who may do what."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot import aftercare
from bot.clock import Clock
from bot.tables import contacts, feedback, timers
from tests.console.conftest import Browser, House


@pytest.fixture
def house(house: House, moved: Clock) -> House:
    """Monday 23 November 2026, ten in the morning."""
    moved.shift = datetime(2026, 11, 23, 9, 0, tzinfo=UTC) - datetime.now(UTC)
    return house


def mine(house: House, *, closed: bool = True) -> tuple[Browser, str]:
    """A case Sara took, and closed."""
    sara, case = house.browser(), house.case()
    sara.form(f"/cases/{case}/take")
    if closed:
        sara.form(f"/cases/{case}/close", outcome="helped", first_day="2026-11-25")
    return sara, case


def quiet(house: House) -> None:
    with house.store.begin() as connection:
        connection.execute(contacts.update().values(quiet=True))


def agrees(house: House) -> None:
    contact = house.contact()
    with house.store.begin() as connection:
        aftercare.agree(connection, house.store.vault, contact, [])


def block(page: str) -> str:
    """The aftercare part of a page, without marks of layout."""
    found = re.search(r'<section class="card" id="aftercare".*?</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def test_check_ins_are_shown_with_their_days_and_follow_the_first_day(house: House) -> None:
    sara, case = mine(house)
    assert "nog niet gezegd" in block(sara.get(f"/cases/{case}").text)
    agrees(house)
    page = sara.get(f"/cases/{case}").text
    for day in ("vr 27 nov", "wo 2 dec", "wo 16 dec"):
        assert day in block(page)
    assert 'value="2026-11-25"' in page
    answer = sara.form(f"/cases/{case}/first-day", day="2026-12-01")
    assert answer.headers["location"] == f"/cases/{case}?done=first_day"
    page = sara.get(f"/cases/{case}?done=first_day").text
    assert "De eerste dag is bewaard." in page
    for day in ("do 3 dec", "di 8 dec", "di 22 dec"):
        assert day in block(page)


def test_what_was_asked_is_marked(house: House, moved: Clock) -> None:
    sara, case = mine(house)
    agrees(house)
    with house.store.begin() as connection:
        planned = timers
        asked = planned.c.name == "check_in"
        first = planned.update().where(asked, planned.c.due_at < datetime(2026, 11, 28, tzinfo=UTC))
        connection.execute(first.values(done_at=datetime(2026, 11, 27, 12, tzinfo=UTC)))
    assert "vr 27 nov, gevraagd" in block(sara.get(f"/cases/{case}").text)


def test_a_date_that_is_none_is_refused_and_said_so(house: House) -> None:
    sara, case = mine(house)
    answer = sara.form(f"/cases/{case}/first-day", day="morgen")
    assert answer.status_code == 422
    assert "Schrijf een datum" in answer.text


def test_the_first_day_may_be_set_before_closing_and_is_there_when_closing(house: House) -> None:
    sara, case = mine(house, closed=False)
    sara.form(f"/cases/{case}/first-day", day="2026-12-01")
    assert sara.get(f"/cases/{case}").text.count('value="2026-12-01"') == 2
    sara.form(f"/cases/{case}/close", outcome="helped")
    assert house.calls("coordinator", "K").get(f"/api/v1/cases/{case}").json()["first_day"] == "2026-12-01T08:00:00Z"


def test_a_safe_time_ends_the_silence_and_taking_it_away_brings_it_back(house: House) -> None:
    sara, case = mine(house)
    assert "Veilig moment" not in block(sara.get(f"/cases/{case}").text), "offered only to who is in danger"
    quiet(house)
    assert "Nu beginnen wij niet zelf met sturen." in block(sara.get(f"/cases/{case}").text)
    sara.form(f"/cases/{case}/safe-time", start="10:00", end="12:00")
    page = sara.get(f"/cases/{case}?done=safe_set").text
    assert "Wij sturen alleen van 10:00 tot 12:00." in block(page)
    assert "Begin niet zelf met sturen" not in page
    sara.form(f"/cases/{case}/safe-time", drop="1")
    assert "Begin niet zelf met sturen" in sara.get(f"/cases/{case}").text


@pytest.mark.parametrize(("start", "end"), [("12:00", "10:00"), ("10:00", "10:10"), ("", "")])
def test_hours_that_are_none_are_refused(house: House, start: str, end: str) -> None:
    sara, case = mine(house)
    quiet(house)
    answer = sara.form(f"/cases/{case}/safe-time", start=start, end=end)
    assert answer.status_code == 422
    assert "minstens 1 uur uit elkaar" in answer.text


def test_only_who_has_the_case_sets_days_and_times(house: House) -> None:
    _, case = mine(house)
    quiet(house)
    for role, name in (("advisor", "Noor"), ("coordinator", "Marijke"), ("ambassador", "Amir"), ("outreach", "Olga")):
        other = house.browser(role, name)
        for path, fields in (("first-day", {"day": "2026-12-01"}), ("safe-time", {"start": "10:00", "end": "12:00"})):
            assert other.form(f"/cases/{case}/{path}", **fields).status_code in (403, 409), (role, path)
    with house.store.begin() as connection:
        assert connection.execute(contacts.select()).one().quiet


def test_the_log_says_who_set_a_safe_time_and_nothing_of_why(house: House) -> None:
    sara, case = mine(house)
    quiet(house)
    sara.form(f"/cases/{case}/safe-time", start="10:00", end="12:00")
    page = house.browser("coordinator", "Marijke").get("/audit").text
    assert "zette een veilig moment." in page
    assert "12:00" not in page
    assert "geweld" not in page


def test_both_sides_of_a_transfer_may_say_how_it_went(house: House) -> None:
    sara, case = mine(house, closed=False)
    noor = house.browser(name="Noor")
    sara.form(f"/cases/{case}/assign", to="Noor")
    assert "Hoe ging de overdracht?" in block(noor.get(f"/cases/{case}").text)
    assert sara.get(f"/cases/{case}").status_code == 403, "it is no case of hers any more"
    assert 'href="/feedback"' in sara.get("/queue").text
    page = sara.get("/feedback").text
    assert "Hoe ging de overdracht?" in page
    assert "ik zoek werk" not in page
    sara.form(f"/cases/{case}/feedback", about="transfer", answer="better", words="het ging snel", away="1")
    assert 'href="/feedback"' not in sara.get("/queue").text
    noor.form(f"/cases/{case}/feedback", about="transfer", answer="good")
    assert "Dank u, dat is bewaard." in noor.get(f"/cases/{case}?done=said").text
    assert "het ging snel" not in noor.get(f"/cases/{case}").text, "a colleague's words are for the coordinator"
    told = block(house.browser("coordinator", "Marijke").get(f"/cases/{case}").text)
    assert "Sara , de overdracht: kan beter het ging snel" in told


def test_a_word_of_who_is_not_asked_is_refused(house: House) -> None:
    _, case = mine(house, closed=False)
    for name in ("Noor", "Sara"):
        assert house.browser(name=name).form(f"/cases/{case}/feedback", about="transfer", answer="good", away="1").status_code == 404
    sara, other = mine(house)[0], case
    assert sara.form(f"/cases/{other}/feedback", about="close", answer="fantastic", away="1").status_code == 422


def test_what_the_person_answered_is_shown(house: House) -> None:
    sara, case = mine(house, closed=False)
    with house.store.begin() as connection:
        connection.execute(
            feedback.insert().values(
                case_id=case, about="transfer", answer="less", asked_at=datetime.now(UTC), at=datetime.now(UTC) + timedelta(1)
            )
        )
    assert "Persoon, de overdracht: niet zo goed" in block(sara.get(f"/cases/{case}").text)
