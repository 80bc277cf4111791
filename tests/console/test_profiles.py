"""The profile of staff, and on the queue and a case: for whom it is, why, and two ways to say no."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import facts, profiles, users
from bot.clock import Clock, now
from bot.tables import audit, cases, sites
from bot.tables import users as staff
from tests.console.conftest import Browser, House, Labels

FIELDS: dict[str, Any] = {
    "alias": "Amira", "languages": ["nl", "ar"], "woman": "yes", "neighbourhood": "Noord", "most": "5",
    "hours_monday": "9.00 - 12:30, 13:00-17:00",
    "hours_thursday": "18:00–20:00", "hours_friday": "9-17", "away": "2027-01-04", "road": ["goal_find_work", "childcare"],
}  # fmt: skip
HELD = {
    "alias": "Amira", "languages": ["nl", "ar"], "woman": True, "neighbourhood": "Noord", "most": 5, "sites": [], "away": "2027-01-04",
    "hours": {"monday": ["09:00-12:30", "13:00-17:00"], "thursday": ["18:00-20:00"], "friday": ["09:00-17:00"]},
    "road": ["goal_find_work", "childcare"],
}  # fmt: skip
EMPTY = {
    "alias": "", "languages": [], "woman": False, "neighbourhood": None, "most": None, "sites": [], "away": None, "hours": {}, "road": [],
}  # fmt: skip


def held(house: House, name: str) -> dict[str, Any]:
    with house.store.begin() as connection:
        row = users.find(connection, name)
        assert row is not None
        return profiles.read(connection, row)


def path(house: House, name: str) -> str:
    with house.store.begin() as connection:
        row = users.find(connection, name)
    assert row is not None
    return f"/users/{row.id}/profile"


def fields_of(page: str) -> dict[str, Any]:
    """What a form would send, as it stands on the page."""
    found: dict[str, Any] = dict(re.findall(r'<input id="\w+" name="(\w+)"[^>]*? value="([^"]*)"', page))
    for name, value in re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)" checked>', page):
        found.setdefault(name, []).append(value)
    return found


@pytest.fixture
def marijke(house: House) -> Browser:
    return house.browser("coordinator", "Marijke")


def test_a_coordinator_fills_in_a_profile_and_sees_it_again(house: House, marijke: Browser) -> None:
    house.browser("ambassador", "Amir")
    where = path(house, "Amir")
    assert where in marijke.get("/users").text
    assert marijke.form(where, **FIELDS).headers["location"] == f"{where}?done=saved"
    assert held(house, "Amir") == HELD
    assert "Het profiel is bewaard" in marijke.get(f"{where}?done=saved").text
    assert marijke.form(where, **fields_of(marijke.get(where).text)).status_code == 303
    assert held(house, "Amir") == HELD
    marijke.form(where)
    assert held(house, "Amir") == EMPTY


def test_the_places_somebody_comes_are_chosen_from_those_there_are(house: House, marijke: Browser) -> None:
    house.browser(name="Sara")
    marijke.form("/sites", name="Moskee Noord", kind="mosque", language="")
    with house.store.begin() as connection:
        place = connection.scalar(select(sites.c.id))
    assert "Moskee Noord" in marijke.get(path(house, "Sara")).text
    marijke.form(path(house, "Sara"), sites=[place, "nosuchplace"])  # type: ignore[arg-type]
    assert held(house, "Sara")["sites"] == [place]


def test_of_oneself_one_says_hours_absence_languages_road_and_alias_and_nothing_else(house: House) -> None:
    sara = house.browser()
    assert '/profile"' in sara.get("/account").text
    assert sara.form("/profile", **FIELDS).headers["location"] == "/profile?done=saved"
    assert held(house, "Sara") == HELD | {"woman": False, "neighbourhood": None, "most": None}
    page = sara.get("/profile").text
    assert set(re.findall(r' name="(woman|neighbourhood|most|sites)"', page)) == set()


def test_a_colleagues_profile_is_the_coordinators(house: House, marijke: Browser) -> None:
    where = path(house, "Marijke")
    for role in ("advisor", "ambassador", "outreach"):
        other = house.browser(role, role)
        assert [other.get(where).status_code, other.form(where, **FIELDS).status_code] == [403, 403]
        assert other.get("/profile").status_code == 200
    assert held(house, "Marijke") == EMPTY
    assert marijke.get("/users/nobody/profile").status_code == 404
    assert marijke.form("/users/nobody/profile").status_code == 404


def test_a_form_without_its_mark_changes_nothing(house: House, marijke: Browser) -> None:
    assert {marijke.post(one, data=FIELDS).status_code for one in ("/profile", path(house, "Marijke"))} == {403}
    assert held(house, "Marijke") == EMPTY


WRONG = [
    ("alias", "x" * 81), ("languages", "Dutch"), ("neighbourhood", "x" * 41), ("most", "veel"), ("most", "-1"), ("most", "100"),
    ("hours_monday", "altijd"), ("hours_monday", "17:00-9:00"), ("away", "morgen"), ("road", "rich"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(house: House, marijke: Browser, field: str, value: str) -> None:
    answer = marijke.form(path(house, "Marijke"), **{**FIELDS, field: value})
    assert answer.status_code == 422
    assert re.findall(r'id="wrong-(\w+)"', answer.text) == [field.partition("_")[0]]
    assert held(house, "Marijke") == EMPTY
    kept = fields_of(answer.text)
    assert kept["hours_thursday"] == "18:00-20:00"
    assert {name: kept[name] for name in ("alias", "neighbourhood", "most", "away") if name != field} == {
        name: FIELDS[name] for name in ("alias", "neighbourhood", "most", "away") if name != field
    }
    if field not in ("languages", "road"):
        assert kept[field] == value.replace("17:00-9:00", "17:00-09:00")


def test_most_may_be_none_at_all(house: House, marijke: Browser) -> None:
    marijke.form(path(house, "Marijke"), most="0")
    assert held(house, "Marijke")["most"] == 0
    assert fields_of(marijke.get(path(house, "Marijke")).text)["most"] == "0"


def test_away_counts_to_the_morning_of_the_first_day_back(house: House, marijke: Browser) -> None:
    marijke.form(path(house, "Marijke"), away="2027-01-04")
    with house.store.begin() as connection:
        assert connection.scalar(select(staff.c.away_until)) == datetime(2027, 1, 3, 23, 0, tzinfo=UTC)  # midnight in Amsterdam


def test_the_log_says_whose_profile_and_nothing_of_it(house: House, marijke: Browser) -> None:
    house.browser(name="Sara").form("/profile", **FIELDS)
    marijke.form(path(house, "Sara"), **FIELDS)
    with house.store.begin() as connection:
        details = connection.scalars(select(audit.c.detail).where(audit.c.act == "profile_changed")).all()
    assert [set(one) for one in details] == [{"who"}, {"who"}]
    assert "Marijke veranderde het profiel van Sara." in re.sub(r"</?bdi>", "", marijke.get("/audit").text)


def test_a_volunteer_without_alias_is_told_why_nothing_comes(house: House, marijke: Browser) -> None:
    amir = house.browser("ambassador", "Amir")
    for one, where in ((amir, "/profile"), (marijke, path(house, "Amir")), (marijke, "/users")):
        assert "bieden we geen gesprekken aan" in one.get(where).text
    amir.form("/profile", alias="Amir uit Oost")
    assert "bieden we geen gesprekken aan" not in amir.get("/profile").text


def test_who_says_to_be_away_gets_no_more(house: House) -> None:
    anna, case = house.browser(name="Anna"), house.case()
    house.browser(name="Omar")
    assert asked(house, case) == "Anna"
    anna.form("/profile", away=(now().date().replace(year=now().year + 1)).isoformat())
    assert asked(house, case) == "Omar"


# The queue and the case


def asked(house: House, case: str) -> str | None:
    with house.store.begin() as connection:
        return connection.scalar(select(staff.c.name).join(cases, cases.c.offered_to == staff.c.id).where(cases.c.id == case))


def waiting(browser: Browser) -> list[tuple[str, bool]]:
    """The waiting cases of the queue page, in order, and whether each is for who looks."""
    section = browser.get("/queue").text.partition('id="mine"')[0]
    rows = re.findall(r'id="row-(\w+)">(.*?)</li>', section, flags=re.DOTALL)
    return [(case, "voor u" in row) for case, row in rows]


def test_what_is_offered_to_me_stands_first_but_never_before_urgent(house: House, moved: Clock) -> None:
    anna, omar = house.browser(name="Anna"), house.browser(name="Omar")
    order = []
    for number in range(3):  # Anna, Omar, Anna
        order.append(house.case(address=f"+3160000000{number}"))
        moved.shift += timedelta(minutes=1)
    urgent = house.alert("hij slaat mij")
    first, second, third = order
    with house.store.begin() as connection:
        connection.execute(update(cases).where(cases.c.id == urgent).values(offered_to=None))
    assert waiting(anna) == [(urgent, False), (first, True), (third, True), (second, False)]
    assert waiting(omar) == [(urgent, False), (second, True), (first, False), (third, False)]
    assert [one["id"] for one in house.calls("advisor", "Anna").get("/api/v1/cases").json()["items"]] == [urgent, *order]


def test_the_api_says_to_whom_it_is_offered_while_it_waits(house: House) -> None:
    client, case = house.calls("advisor", "Anna"), house.case()
    assert client.get("/api/v1/cases").json()["items"][0]["offered_to"] == "Anna"
    client.post(f"/api/v1/cases/{case}/take")
    assert client.get(f"/api/v1/cases/{case}").json()["offered_to"] is None


def reasons(browser: Browser, case: str) -> str:
    """What the card says, as one line."""
    card = re.search(r'<section class="card" id="match".*?</section>', browser.get(f"/cases/{case}").text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", card[0]).split()) if card else ""


def test_the_case_says_in_plain_words_why_it_is_for_whom(house: House, marijke: Browser) -> None:
    with house.store.begin() as connection:
        facts.write(connection, "helps", {"debts": {"name": "Buurtteam Geld"}})
    anna, omar = house.browser(name="Anna"), house.browser(name="Omar")
    marijke.form(path(house, "Anna"), languages=["ar"], woman="yes", road=["childcare", "debts"])  # type: ignore[arg-type]
    said = (("barrier", "childcare"), ("barrier", "debts"), ("wish", "wish_woman"))
    labels: Labels = [(kind, label, "tapped", True, None) for kind, label in said]
    case = house.case(labels=labels, language="ar")
    hers = reasons(anna, case)
    assert "als eerste aan u aangeboden" in hers
    for part in ("een vrouw, zoals gevraagd", "taal: Arabisch", "eigen weg: geen oppas, schulden"):
        assert part in hers
    assert "Goed om te weten bij schulden eerst: Buurtteam Geld; adviseur later" in hers
    his = reasons(omar, case)
    assert "als eerste aangeboden aan Anna" in his
    assert "eigen weg: geen oppas" in his
    assert "geen oppas, schulden" not in his  # of her own life he reads nothing delicate
    assert "Niet voor mij" not in his
    assert "geen oppas, schulden" in reasons(marijke, case)


def test_not_for_me_goes_to_the_next_and_stays_in_sight(house: House) -> None:
    anna, omar = house.browser(name="Anna"), house.browser(name="Omar")
    case = house.case()
    answer = anna.form(f"/cases/{case}/decline")
    assert answer.headers["location"] == "/queue?done=declined"
    assert "Een collega krijgt het gesprek aangeboden" in anna.get(answer.headers["location"]).text
    assert (waiting(anna), waiting(omar)) == ([(case, False)], [(case, True)])
    anna.form(f"/cases/{case}/decline")  # it is not hers any more: nothing happens
    assert asked(house, case) == "Omar"


def ambassadors(house: House, *names: str) -> list[Browser]:
    found = [house.browser("ambassador", name) for name in names]
    for name, one in zip(names, found, strict=True):
        one.form("/profile", alias=name)
    return found


def test_i_know_this_person_takes_it_out_of_my_sight(house: House) -> None:
    amir, youssef = ambassadors(house, "Amir", "Youssef")
    case, other = house.case(to="ambassador"), house.case(address="+31600000002", to="ambassador")
    assert asked(house, case) == "Amir"
    answer = amir.form(f"/cases/{case}/known")
    assert "Het gesprek gaat naar een ander" in amir.get(answer.headers["location"]).text
    assert asked(house, case) == "Youssef"
    assert {one for one, _ in waiting(amir)} == {other}
    assert {one for one, _ in waiting(youssef)} == {case, other}
    gone = [amir.get(f"/cases/{case}{part}").status_code for part in ("", "/live")]
    assert [*gone, *(amir.form(f"/cases/{case}/{act}").status_code for act in ("take", "known"))] == [403] * 4
    assert case not in str(house.calls("ambassador", "Amir").get("/api/v1/cases").json())


@pytest.mark.parametrize(("role", "before"), [("ambassador", True), ("advisor", False)])
def test_a_volunteer_can_say_i_know_this_person_before_reading_on(house: House, role: str, before: bool) -> None:
    page = house.browser(role, "Amir").get(f"/cases/{house.case(to=role)}").text
    assert page.count('id="match"') == 1
    assert (page.index('id="match"') < page.index('id="story"')) is before


def test_presence_is_told_only_of_those_it_is_kept_of(house: House, marijke: Browser) -> None:
    house.browser("ambassador", "Amir").get("/queue")
    people = dict(re.findall(r"<bdi>(\w+)</bdi>(.*?)</li>", marijke.get("/users").text, flags=re.DOTALL))
    assert {name: "aatst gezien" in told for name, told in people.items()} == {"Amir": False, "Marijke": True}


def test_known_after_it_was_taken_goes_back_to_who_waits(house: House) -> None:
    amir, _ = ambassadors(house, "Amir", "Youssef")
    case = house.case(to="ambassador")
    amir.form(f"/cases/{case}/take")
    assert "Ik ken deze persoon" in reasons(amir, case)
    house.browser(name="Sara")
    amir.form(f"/cases/{case}/known")
    assert asked(house, case) == "Sara"  # what a volunteer gives back is an advisor's
    assert amir.get(f"/cases/{case}").status_code == 403


def test_an_advisor_who_knows_the_person_has_it_in_no_list_and_is_given_it_by_nobody(house: House, marijke: Browser) -> None:
    anna, omar = house.browser(name="Anna"), house.browser(name="Omar")
    case = house.case()
    anna.form(f"/cases/{case}/known")
    assert waiting(anna) == []
    omar.form(f"/cases/{case}/take")
    assert [one for one in given_to(omar, case) if one.startswith("Anna")] == []
    answer = omar.form(f"/cases/{case}/assign", to="Anna")
    assert (answer.status_code, "kan dit gesprek niet krijgen" in answer.text) == (422, True)
    assert waiting(marijke) == []


def given_to(browser: Browser, case: str) -> list[str]:
    """The colleagues a case may be given to, as the list says it."""
    page = browser.get(f"/cases/{case}").text
    chosen = re.search(r'<select id="to".*?</select>', page, flags=re.DOTALL)
    return (
        [" ".join(one.split()) for one in re.findall(r"<option value=\"\w+\">(.*?)</option>", chosen[0], flags=re.DOTALL)] if chosen else []
    )


def test_the_list_of_colleagues_has_the_best_first_with_reasons_and_load(house: House, marijke: Browser) -> None:
    anna = house.browser(name="Anna")
    ambassadors(house, "Amir")
    for name in ("Omar", "Zoë"):
        house.browser(name=name)
    marijke.form(path(house, "Zoë"), languages=["ar"])  # type: ignore[arg-type]
    case = house.case(language="ar")
    anna.form(f"/cases/{case}/take")
    assert given_to(anna, case) == [
        "Zoë (adviseur, gesprekken nu: 0): taal: Arabisch (العربية)",
        "Omar (adviseur, gesprekken nu: 0): geen Arabisch (العربية)",
        "Marijke (coördinator, gesprekken nu: 0): als er niemand anders is; geen Arabisch (العربية)",
        "Amir (ambassadeur, gesprekken nu: 0): geen Arabisch (العربية)",
    ]


@pytest.mark.parametrize("act", ["known", "decline"])
def test_a_no_needs_the_mark_and_a_case_one_may_see(house: House, act: str) -> None:
    anna, amir, case = house.browser(name="Anna"), house.browser("ambassador", "Amir"), house.case()
    assert anna.post(f"/cases/{case}/{act}").status_code == 403
    assert amir.form(f"/cases/{case}/{act}").status_code == 403
    assert asked(house, case) == "Anna"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_pages_speak_both_languages(house: House, marijke: Browser, language: str) -> None:
    house.browser("ambassador", "Amir")
    case = house.case()
    marijke.cookies.set("inloop_language", language)
    for one in ("/profile", path(house, "Amir"), f"/cases/{case}"):
        assert f'<html lang="{language}"' in marijke.get(one).text
    assert marijke.form(path(house, "Amir"), most="x").status_code == 422
