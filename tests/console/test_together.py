"""More humans on a case, in the console: who sees and does what beside the owner, a word with a transfer, hand-back and debrief."""

from __future__ import annotations

import asyncio
import re

import pytest
from sqlalchemy import select, update

from bot import transfer, users
from bot.tables import cases, joined, knows
from bot.tables import users as staff
from tests.console.conftest import Browser, House
from tests.people import answering, texts, turns, write


def id_of(house: House, name: str) -> str:
    with house.store.begin() as connection:
        return str(connection.scalar(select(staff.c.id).where(staff.c.name == name)))


def answers(house: House, text: str) -> None:
    """The person answers, and all that waits is handled."""
    write(house.store, text)
    worker = turns(house.store, answering("all_right"))
    while asyncio.run(worker.run_one()):
        pass


def shared(house: House, role: str = "ambassador", answer: str = "ja") -> tuple[Browser, Browser, str]:
    """Sara has a case and asked Amir in; the person answered."""
    sara, amir, case = house.browser(), house.browser(role, "Amir"), house.case("ik zoek werk")
    answers(house, "hallo")
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/join", who=id_of(house, "Amir"))
    if answer:
        answers(house, answer)
    return sara, amir, case


def test_asked_is_shown_and_reads_nothing_yet(house: House) -> None:
    sara, amir, case = shared(house, answer="")
    assert "de persoon is gevraagd of het mag" in sara.get(f"/cases/{case}").text
    assert amir.get(f"/cases/{case}").status_code == 403
    assert amir.form(f"/cases/{case}/reply", text="dag").status_code in (403, 409)
    assert case not in amir.get("/queue").text


@pytest.mark.parametrize("role", ["ambassador", "advisor", "coordinator"])
def test_after_the_yes_both_read_and_write_and_only_the_owner_decides(house: House, role: str) -> None:
    sara, amir, case = shared(house, role)
    page = amir.get(f"/cases/{case}").text
    assert "ik zoek werk" in page
    assert f'id="row-{case}"' in amir.get("/queue").text
    mine = amir.get("/queue").text.split('id="mine"')[1].split("<section")[0]
    assert f'id="row-{case}"' in mine, "joined cases are among mine"
    assert f'action="/cases/{case}/reply"' in page
    for act in ("close", "return", "assign", "reveal", "hand-back", "join"):
        assert f'action="/cases/{case}/{act}"' not in page, act
    assert amir.form(f"/cases/{case}/reply", text="Dag, ik ben er ook").status_code == 303
    assert texts(house.store)[-1][2] == "Amir:\nDag, ik ben er ook"
    for act, fields in (("close", {"outcome": "helped"}), ("return", {}), ("hand-back", {}), ("take", {}), ("join", {"who": "x"})):
        amir.form(f"/cases/{case}/{act}", **fields)
    with house.store.begin() as connection:
        row = connection.execute(select(cases)).one()
    assert (row.status, row.owner_id) == ("taken", id_of(house, "Sara"))
    assert f'action="/cases/{case}/close"' in sara.get(f"/cases/{case}").text


def test_the_persons_no_keeps_the_page_closed(house: House) -> None:
    sara, amir, case = shared(house, answer="nee")
    assert amir.get(f"/cases/{case}").status_code == 403
    assert "Niet erbij" in sara.get(f"/cases/{case}").text
    again = sara.form(f"/cases/{case}/join", who=id_of(house, "Amir"))
    assert again.status_code == 409
    assert "De persoon wil deze collega er niet bij" in again.text


def test_a_joined_volunteer_sees_no_address_and_no_notes_of_others(house: House) -> None:
    sara, amir, case = shared(house)
    sara.form(f"/cases/{case}/notes", note="alleen voor ons")
    page = amir.get(f"/cases/{case}").text
    assert "alleen voor ons" not in page
    assert "reveal" not in page
    assert amir.form(f"/cases/{case}/reveal", reason="asked").status_code == 403
    assert "+316" not in page


def test_leaving_and_ending(house: House) -> None:
    sara, amir, case = shared(house)
    assert f'action="/cases/{case}/leave"' in amir.get(f"/cases/{case}").text
    left = amir.form(f"/cases/{case}/leave")
    assert left.headers["location"] == "/queue?done=left"
    assert amir.get(f"/cases/{case}").status_code == 403
    assert texts(house.store)[-1][2] == "Amir leest nu niet meer mee."
    sara.form(f"/cases/{case}/join", who=id_of(house, "Amir"))
    answers(house, "ja")
    assert amir.get(f"/cases/{case}").status_code == 200
    assert amir.form(f"/cases/{case}/joined/{id_of(house, 'Sara')}/end").status_code in (404, 409)
    assert sara.form(f"/cases/{case}/joined/{id_of(house, 'Amir')}/end").status_code == 303
    assert amir.get(f"/cases/{case}").status_code == 403
    assert amir.form(f"/cases/{case}/leave").status_code == 403


def test_a_closed_case_is_no_longer_open_to_who_joined(house: House) -> None:
    sara, amir, case = shared(house)
    sara.form(f"/cases/{case}/close", outcome="helped")
    assert amir.get(f"/cases/{case}").status_code == 403
    assert case not in amir.get("/queue").text


def test_an_outreach_worker_along_reads_and_writes_on_a_case_nobody_has_and_cannot_take_it(house: House) -> None:
    fatma, case = house.browser("outreach", "Fatma"), house.case("ik zoek werk")
    assert fatma.get(f"/cases/{case}").status_code == 403
    with house.store.begin() as connection:
        row = {"case_id": case, "user_id": users.find(connection, "Fatma").id, "how": "along", "status": "agreed"}  # type: ignore[union-attr]
        when = connection.scalar(select(cases.c.opened_at))
        connection.execute(joined.insert().values(**row, at=when, answered_at=when))
    page = fatma.get(f"/cases/{case}").text
    assert "ik zoek werk" in page
    assert f'action="/cases/{case}/take"' not in page
    assert f'id="row-{case}"' in fatma.get("/queue").text
    assert fatma.form(f"/cases/{case}/take").status_code == 403
    assert fatma.form(f"/cases/{case}/assign", to="Fatma").status_code == 403
    assert fatma.form(f"/cases/{case}/reply", text="Dag").status_code == 303
    with house.store.begin() as connection:
        assert connection.scalar(select(cases.c.status)) == "waiting"


def test_a_word_goes_with_a_transfer_and_the_first_may_stay(house: House) -> None:
    sara, noor, case = house.browser(), house.browser(name="Noor"), house.case("ik zoek werk")
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/assign", to=id_of(house, "Noor"), note="belt liever niet", stay="yes")
    assert "belt liever niet" in noor.get(f"/cases/{case}").text
    assert texts(house.store)[-1][2] == "Noor helpt u nu verder. Sara blijft erbij."
    assert sara.get(f"/cases/{case}").status_code == 200
    assert sara.form(f"/cases/{case}/reply", text="Dag!").status_code == 303


def test_a_coordinator_who_gives_a_case_of_others_does_not_join_it(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case()
    house.browser(name="Noor")
    sara.form(f"/cases/{case}/take")
    marijke.form(f"/cases/{case}/assign", to=id_of(house, "Noor"), stay="yes")
    with house.store.begin() as connection:
        assert connection.scalar(select(joined.c.id)) is None


def test_a_volunteer_hands_back_with_a_word_only_coordinators_read(house: House) -> None:
    amir, sara, marijke = house.browser("ambassador", "Amir"), house.browser(), house.browser("coordinator", "Marijke")
    with house.store.begin() as connection:
        connection.execute(update(staff).where(staff.c.name == "Amir").values(alias="Broer A."))
    case = house.case(to="ambassador")
    amir.form(f"/cases/{case}/take")
    amir.form(f"/cases/{case}/debrief", words="eerst ging het")
    assert "eerst ging het" in amir.get(f"/cases/{case}").text
    back = amir.form(f"/cases/{case}/hand-back", words="het was te zwaar")
    assert back.headers["location"] == "/queue?done=handed_back"
    assert "Dank u voor wat u deed" in amir.get("/queue?done=handed_back").text
    assert amir.get(f"/cases/{case}").status_code == 403
    page = sara.get(f"/cases/{case}").text
    assert "het was te zwaar" not in page
    assert "eerst ging het" not in page
    assert "het was te zwaar" in marijke.get(f"/cases/{case}").text


def test_what_turned_urgent_leaves_the_volunteer_beside_it(house: House) -> None:
    amir, sara, case = house.browser("ambassador", "Amir"), house.browser(), house.case(to="ambassador")
    with house.store.begin() as connection:
        connection.execute(update(staff).where(staff.c.name == "Amir").values(alias="Broer A."))
    amir.form(f"/cases/{case}/take")
    house.alert("hij slaat mij", address="+31600000001")
    page = amir.get(f"/cases/{case}").text
    assert "Een adviseur neemt het van u over" in page
    assert f'action="/cases/{case}/take"' not in page
    assert amir.form(f"/cases/{case}/take").status_code == 403
    assert sara.form(f"/cases/{case}/take").status_code == 303
    assert amir.form(f"/cases/{case}/leave").status_code == 303
    assert amir.get(f"/cases/{case}").status_code == 403


def test_after_a_swap_the_first_is_not_asked_again_and_the_log_says_it_without_blame(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case()
    house.browser(name="Noor")
    sara.form(f"/cases/{case}/take")
    with house.store.begin() as connection:
        transfer.swap(connection, house.store.vault, str(connection.scalar(select(cases.c.contact_id))))
    assert "De persoon wilde iemand anders dan Sara." in re.sub(r"</?bdi>", "", marijke.get("/audit").text)
    with house.store.begin() as connection:
        offered, known = connection.scalar(select(cases.c.offered_to)), connection.scalar(select(knows.c.at))
    assert (offered, known) == (id_of(house, "Noor"), None)


def test_the_api_asks_in_gives_with_a_word_and_tells_who_is_there(house: House) -> None:
    sara, case = house.calls("advisor", "Sara"), house.case()
    house.calls("ambassador", "Amir")
    house.calls("advisor", "Noor")
    answers(house, "hallo")
    sara.post(f"/api/v1/cases/{case}/take")
    asked = sara.post(f"/api/v1/cases/{case}/join", json={"to": "Amir"})
    assert asked.json()["joined"] == [{"name": "Amir", "role": "ambassador", "how": "joins", "status": "asked"}]
    answers(house, "ja")
    assert [one["status"] for one in sara.get(f"/api/v1/cases/{case}").json()["joined"]] == ["agreed"]
    assert sara.post(f"/api/v1/cases/{case}/join", json={"to": "nobody"}).status_code == 422
    given = sara.post(f"/api/v1/cases/{case}/assign", json={"to": "Noor", "note": "geef tijd", "stay": True})
    assert given.status_code == 200
    assert {one["name"]: one["how"] for one in given.json()["joined"]} == {"Amir": "joins", "Sara": "bridge"}
    assert sara.post(f"/api/v1/cases/{case}/assign", json={"to": "Noor"}).status_code == 409
    assert sara.post(f"/api/v1/cases/{case}/join", json={"to": "Amir"}).status_code == 409


@pytest.mark.parametrize("path", ["join", "leave", "hand-back", "debrief", "joined/x/end"])
def test_a_stranger_cannot(house: House, path: str) -> None:
    sara, fatma, case = house.browser(), house.browser("outreach", "Fatma"), house.case()
    sara.form(f"/cases/{case}/take")
    assert fatma.form(f"/cases/{case}/{path}", words="x", who="x").status_code == 403
    assert Browser(house.app, follow_redirects=False).post(f"/cases/{case}/{path}").status_code in (303, 403)
