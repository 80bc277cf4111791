"""Places to walk in: a coordinator adds, changes, checks and removes them; a wrong field loses nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from bot import facts
from bot.clock import Clock, now
from bot.tables import audit
from tests.console.conftest import Browser, House

FIELDS: dict[str, Any] = {
    "name": "Huis Oost", "kind": "community", "neighbourhood": "Oost", "town": "Amsterdam", "postcodes": "1091, 1092 1093",
    "also": "Oosten، شرق, Схід", "address": "Weesperzijde 1", "hours": "maandag 9:00-12:00", "languages": ["nl", "ar"],
    "can": ["work", "meet"], "child_welcome": "yes", "checked": "2026-11-20",
}  # fmt: skip
PLACE = {
    "name": "Huis Oost", "kind": "community", "neighbourhood": "Oost", "town": "Amsterdam", "address": "Weesperzijde 1",
    "hours": "maandag 9:00-12:00", "checked": "2026-11-20", "postcodes": ["1091", "1092", "1093"], "also": ["Oosten", "شرق", "Схід"],
    "languages": ["nl", "ar"], "can": ["work", "meet"], "child_welcome": True,
}  # fmt: skip
FIRST = {"name": "Eerste", "hours": "altijd"}
NEW = "/directory/places/new"


@pytest.fixture
def marijke(house: House) -> Browser:
    with house.store.begin() as connection:
        facts.write(connection, "places", [FIRST])
    return house.browser("coordinator", "Marijke")


def held(house: House) -> list[dict[str, Any]]:
    with house.store.begin() as connection:
        return list(facts.read(connection)["places"])


def address(browser: Browser, name: str) -> str:
    """Where a place is changed, as the page links to it."""
    page = browser.get("/directory").text
    return str(re.search(rf'href="(/directory/places/\w+)" aria-label="Veranderen: {name}"', page)[1])  # type: ignore[index]


def fields_of(page: str) -> dict[str, Any]:
    """What a form would send, as it stands on the page."""
    found: dict[str, Any] = dict(re.findall(r'<input id="\w+" name="(\w+)"[^>]*? value="([^"]*)"', page))
    found["kind"] = (re.findall(r'<option value="(\w+)" selected', page) or [""])[0]
    for name, value in re.findall(r'<input type="checkbox" name="(\w+)" value="(\w+)" checked>', page):
        found.setdefault(name, []).append(value)
    return found


def test_a_place_is_added_whole(house: House, marijke: Browser) -> None:
    assert marijke.form(NEW, **FIELDS).headers["location"] == "/directory?done=place_saved"
    assert held(house) == [FIRST, PLACE]
    assert "De plek is bewaard" in marijke.get("/directory?done=place_saved").text


def test_what_is_shown_to_be_changed_is_what_is_held(house: House, marijke: Browser) -> None:
    marijke.form(NEW, **FIELDS)
    where = address(marijke, "Huis Oost")
    again = fields_of(marijke.get(where).text)
    assert marijke.form(where, **again).status_code == 303
    assert held(house) == [FIRST, PLACE]
    assert marijke.form(address(marijke, "Huis Oost"), **{**again, "hours": "dinsdag"}).status_code == 303
    assert held(house) == [FIRST, {**PLACE, "hours": "dinsdag"}]


def test_checked_today_and_removed_by_one_button(house: House, marijke: Browser, moved: Clock) -> None:
    assert "nog nooit nagekeken" in marijke.get("/directory").text
    assert marijke.form(address(marijke, "Eerste") + "/checked").headers["location"] == "/directory?done=place_checked"
    assert held(house) == [FIRST | {"checked": now().date().isoformat()}]
    assert "nog nooit nagekeken" not in marijke.get("/directory").text
    marijke.form(address(marijke, "Eerste") + "/remove")
    assert held(house) == []


WRONG = [
    ("name", ""), ("name", "x" * 41), ("kind", "shop"), ("neighbourhood", "x" * 41), ("town", "x" * 41), ("postcodes", "109, 1092"),
    ("also", "x" * 41), ("address", "x" * 61), ("hours", "x" * 61), ("languages", "Dutch"), ("can", "dance"), ("checked", "gisteren"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named_and_nothing_typed_is_lost(house: House, marijke: Browser, field: str, value: str) -> None:
    answer = marijke.form(NEW, **{**FIELDS, field: value})
    assert answer.status_code == 422
    assert re.findall(r'id="wrong-(\w+)"', answer.text) == [field]
    assert held(house) == [FIRST]
    kept = fields_of(answer.text)
    lines = {"also": "Oosten, شرق, Схід", "postcodes": "1091, 1092, 1093"}
    assert {name: kept[name] for name in FIELDS if name != field and name != "child_welcome"} == {
        name: lines.get(name, told) for name, told in FIELDS.items() if name != field and name != "child_welcome"
    }
    if field not in ("kind", "languages", "can"):
        assert kept[field] == value


def test_two_who_change_the_same_place_do_not_undo_each_other(house: House, marijke: Browser) -> None:
    where = address(marijke, "Eerste")
    house.browser("coordinator", "Youssef").form(where, name="Eerste", hours="vrijdag")
    answer = marijke.form(where, **FIELDS)
    assert answer.status_code == 409
    assert "intussen veranderd" in answer.text
    assert fields_of(answer.text)["address"] == "Weesperzijde 1"
    for act in ("", "/checked", "/remove"):
        gone = marijke.get(where) if not act else marijke.form(where + act)
        assert gone.headers["location"] == "/directory?done=place_gone"
    assert held(house) == [{"name": "Eerste", "hours": "vrijdag"}]


@pytest.mark.parametrize("role", ["advisor", "ambassador", "outreach"])
def test_others_read_only(house: House, marijke: Browser, role: str) -> None:
    other, where = house.browser(role, "Sara"), address(marijke, "Eerste")
    assert "Eerste" in other.get("/directory").text
    assert "Weghalen" not in other.get("/directory").text
    assert {other.get(path).status_code for path in (NEW, where)} == {403}
    assert {other.form(path, **FIELDS).status_code for path in (NEW, where, where + "/checked", where + "/remove")} == {403}
    assert held(house) == [FIRST]


def test_a_form_without_its_mark_changes_nothing(house: House, marijke: Browser) -> None:
    where = address(marijke, "Eerste")
    assert {marijke.post(path, data=FIELDS).status_code for path in (NEW, where, where + "/checked", where + "/remove")} == {403}
    assert held(house) == [FIRST]


def test_the_log_says_who_did_what_and_not_which_place(house: House, marijke: Browser) -> None:
    marijke.form(NEW, **FIELDS)
    with house.store.begin() as connection:
        rows = connection.execute(select(audit.c.act, audit.c.detail).where(audit.c.act == "directory_changed")).all()
    assert [(row.act, row.detail) for row in rows] == [("directory_changed", {"what": "places", "how": "added"})]


def test_a_wrong_line_of_the_directory_loses_nothing_typed(marijke: Browser) -> None:
    answer = marijke.form("/directory", public_name="Ons loket", hours_monday="altijd", hours_friday="9:00-12:00", holidays="2026-12-25")
    assert answer.status_code == 422
    for typed in ("Ons loket", "altijd", "9:00-12:00", "2026-12-25"):
        assert typed in answer.text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_form_speaks_both_languages(marijke: Browser, language: str) -> None:
    marijke.cookies.set("inloop_language", language)
    assert f'<html lang="{language}">' in marijke.get(NEW).text
    assert marijke.form(NEW, postcodes="x").status_code == 422
