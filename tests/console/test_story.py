"""What a case shows: only what the person said yes to, and what came after (contract.md; conversation.md, rules 1, 7 and 8)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from bot import cases, consent, outbox
from bot.clock import Clock, now
from bot.tables import cases as case_table
from bot.tables import contacts, media, messages
from tests.console.conftest import House, Labels, TestClient
from tests.people import write

PERSON = "+31600000001"


def seen(client: TestClient, case: str) -> list[str]:
    """The texts a member of staff reads."""
    return [one["text"] for one in client.get(f"/api/v1/cases/{case}").json()["messages"]]


def bot_says(house: House, text: str, address: str = PERSON, kind: str = "talk") -> None:
    row = outbox.Row(house.contact(address), kind, {"text": text})  # type: ignore[arg-type]
    with house.store.begin() as connection:
        outbox.put(connection, house.store.vault, row)


SCOPES = [("all", ["ik zoek werk", "ik heb schulden", "daarna"]), ("story", ["daarna"]), ("this", ["daarna"])]


@pytest.mark.parametrize(("scope", "texts"), SCOPES)
def test_what_was_said_before_shows_only_when_all_was_agreed_to(both: House, scope: str, texts: list[str]) -> None:
    case = both.case("ik zoek werk", "ik heb schulden", scope=scope)
    write(both.store, "daarna")
    assert seen(both.calls("advisor"), case) == texts


def test_an_urgent_case_shows_that_one_message(both: House) -> None:
    case = both.alert("hij slaat mij", before="ik heb geen papieren")
    bot_says(both, "Bel Veilig Thuis.", "+31600000009", "safety")
    write(both.store, "en ik ben ziek", address="+31600000009")
    bot_says(both, "Wat wilt u?", "+31600000009")
    client = both.calls("advisor")
    told = client.get(f"/api/v1/cases/{case}").json()
    assert seen(client, case) == ["hij slaat mij", "Bel Veilig Thuis."]
    assert (told["goal"], told["barriers"], told["urgent"], told["urgent_strength"]) == (None, [], "violence", "sure")
    assert told["summary"] == "Dringend: geweld of dreiging thuis."


def test_a_coordinator_is_not_said_to_see_a_message_and_gives_it_at_once(house: House) -> None:
    case = house.alert("hij slaat mij")
    house.browser("advisor", "Sara")
    told = {role: house.browser(role, role.title()).get(f"/cases/{case}").text for role in ("advisor", "coordinator")}
    assert {role: "U ziet alleen dit ene bericht" in page for role, page in told.items()} == {"advisor": True, "coordinator": False}
    opened = {role: bool(re.search(r"<details class=\"fold\" open>\s*<summary>Aan een collega geven", page)) for role, page in told.items()}
    assert opened == {"advisor": False, "coordinator": True}


def test_a_case_that_waits_too_long_says_so_until_somebody_has_it(house: House) -> None:
    case, marijke = house.case(), house.browser("coordinator", "Marijke")

    def said_so() -> bool:
        return "wacht te lang" in marijke.get(f"/cases/{case}").text

    assert not said_so()
    with house.store.begin() as connection:
        connection.execute(update(case_table).where(case_table.c.id == case).values(escalated_at=now()))
    assert said_so()
    house.browser().form(f"/cases/{case}/take")
    assert not said_so()


def test_an_urgent_case_shows_nothing_agreed_to_for_an_earlier_one(both: House) -> None:
    first, client = both.case("ik zoek werk"), both.calls("advisor")
    client.post(f"/api/v1/cases/{first}/take")
    client.post(f"/api/v1/cases/{first}/close", json={"outcome": "helped"})
    case = both.alert("hij slaat mij", address=PERSON)
    told = client.get(f"/api/v1/cases/{case}").json()
    assert (seen(client, case), told["goal"], told["strengths"]) == (["hij slaat mij"], None, [])
    assert client.get("/api/v1/cases").json()["items"][0]["goal"] is None


def test_taking_an_urgent_case_opens_nothing_that_was_said_to_the_bot(both: House) -> None:
    case = both.alert("hij slaat mij")
    write(both.store, "dit zei ik tegen de bot", address="+31600000009")
    client = both.calls("advisor")
    client.post(f"/api/v1/cases/{case}/take")
    write(both.store, "dit zeg ik tegen u", address="+31600000009")
    assert seen(client, case) == ["hij slaat mij", "dit zeg ik tegen u"]


def test_a_yes_after_an_alert_counts_from_there(both: House) -> None:
    case = both.alert("hij slaat mij")
    write(both.store, "tussendoor", address="+31600000009")
    with both.store.begin() as connection:
        contact = connection.scalar(contacts.select().with_only_columns(contacts.c.id))
        assert contact
        cases.open_case(connection, both.store.vault, contact, to="advisor", scope="story", which=[], wording=["ja"])
    write(both.store, "na mijn ja", address="+31600000009")
    assert seen(both.calls("advisor"), case) == ["hij slaat mij", "na mijn ja"]


def test_a_later_no_takes_everything_back(both: House) -> None:
    case = both.case("ik zoek werk")
    client = both.calls("advisor")
    client.post(f"/api/v1/cases/{case}/take")
    write(both.store, "daarna")
    contact = both.contact()
    with both.store.begin() as connection:
        consent.withdraw(connection, contact, "handover")
    told = client.get(f"/api/v1/cases/{case}").json()
    assert (told["messages"], told["strengths"], told["barriers"], told["goal"]) == ([], [], [], None)


def test_a_label_taken_out_of_the_consent_turn_is_not_shown(both: House) -> None:
    write(both.store, "ik zoek werk en ik heb schulden")
    contact = both.contact()
    with both.store.begin() as connection:
        found = [{"kind": "barrier", "label": label, "source": "said", "evidence": label} for label in ("debts", "childcare")]
        consent.keep(connection, both.store.vault, contact, None, found)
        case = cases.open_case(connection, both.store.vault, contact, to="advisor", scope="story", which=["childcare"], wording=[])
    answer = both.calls("advisor").get(f"/api/v1/cases/{case}")
    assert [one["id"] for one in answer.json()["barriers"]] == ["childcare"]
    assert "debts" not in answer.text
    assert "schulden" not in answer.text


def test_a_coordinator_sees_no_words_unless_the_case_is_theirs(both: House) -> None:
    case, client = both.case("ik zoek werk"), both.calls("coordinator")
    told = client.get(f"/api/v1/cases/{case}")
    assert told.json()["messages"] == []
    assert [one["evidence"] for one in told.json()["strengths"]] == [None]
    assert "ik zoek werk" not in told.text
    assert "twintig mensen" not in told.text
    client.post(f"/api/v1/cases/{case}/take")
    assert seen(client, case) == ["ik zoek werk"]


def test_a_closed_case_shows_nothing_of_a_later_one(both: House, moved: Clock) -> None:
    first, client = both.case("ik zoek werk"), both.calls("advisor", "Sara")
    client.post(f"/api/v1/cases/{first}/take")
    client.post(f"/api/v1/cases/{first}/close", json={"outcome": "helped"})
    moved.shift += timedelta(days=2)
    write(both.store, "dit zei ik tegen de bot")
    moved.shift += timedelta(minutes=1)
    second = both.case("nu heb ik schulden", scope="story")
    write(both.store, "voor de tweede mens")
    assert seen(client, first) == ["ik zoek werk"]
    assert seen(both.calls("advisor", "Noor"), second) == ["ik zoek werk", "voor de tweede mens"]


def test_tapped_and_confirmed_come_before_guessed(both: House) -> None:
    labels: Labels = [
        ("barrier", "money", "guessed", False, None),
        ("barrier", "transport", "said", False, None),
        ("barrier", "childcare", "tapped", False, None),
        ("barrier", "language", "guessed", True, None),
    ]
    case = both.case(labels=labels)
    told = both.calls("advisor").get(f"/api/v1/cases/{case}").json()
    assert [one["id"] for one in told["barriers"]] == ["language", "childcare", "transport", "money"]


def test_timers_and_withheld_talk_are_nobodys_message(both: House) -> None:
    case = both.case("hallo")
    contact = both.contact()
    with both.store.begin() as connection:
        body = both.store.vault.close_json({"text": "", "act": {"name": "timer"}})
        row = {"contact_id": contact, "direction": "in", "author": "bot", "kind": "empty", "status": "done", "at": now(), "body": body}
        connection.execute(insert(messages).values(**row))
    bot_says(both, "Dit ging niet uit")
    client = both.calls("advisor")
    client.post(f"/api/v1/cases/{case}/take")
    assert seen(client, case) == ["hallo"]


def test_a_tap_is_shown_in_words_and_a_mark_as_a_line_for_staff(house: House) -> None:
    case = house.case("hallo")
    row = outbox.Row(house.contact(), "talk", {"text": "Wat wilt u?", "choices": [{"id": "goal_find_work", "label": "Werk vinden"}]})
    with house.store.begin() as connection:
        outbox.put(connection, house.store.vault, row)
    write(house.store, "", picked="goal_find_work")
    contact = house.contact()
    with house.store.begin() as connection:
        body = house.store.vault.close_json({"text": "", "mark": "appointment", "value": "confirm"})
        values = {"direction": "in", "author": "bot", "kind": "mark", "status": "done", "at": now(), "consented": True}
        connection.execute(insert(messages).values(contact_id=contact, body=body, **values))
    told = house.calls("advisor").get(f"/api/v1/cases/{case}").json()["messages"]
    assert [(one["text"], one["choices"]) for one in told[1:3]] == [("Wat wilt u?", ["Werk vinden"]), ("Werk vinden", [])]
    assert told[3]["mark"] == {"name": "appointment", "value": "confirm"}


def voice(house: House, *, wanted: bool, fetched: bool = True, content_type: str = "audio/ogg", content: bytes = b"0123456789") -> str:
    """A voice note of the person; gives its id."""
    message, contact = write(house.store, "", kind="voice"), house.contact()
    vault = house.store.vault
    row: dict[str, Any] = {
        "contact_id": contact,
        "message_id": message,
        "kind": "voice",
        "content_type": content_type,
        "reference": vault.close("x"),
    }
    row |= {"wanted_at": now() if wanted else None, "fetched_at": now() if fetched else None}
    row |= {"content": vault.close_bytes(content) if fetched else None}
    with house.store.begin() as connection:
        return str(connection.execute(insert(media).values(**row).returning(media.c.id)).scalar_one())


def test_a_voice_note_plays_after_a_yes_for_who_has_the_case(both: House) -> None:
    case = both.case("hallo")
    file, sara, noor = voice(both, wanted=True), both.calls("advisor", "Sara"), both.calls("advisor", "Noor")
    sara.post(f"/api/v1/cases/{case}/take")
    url = sara.get(f"/api/v1/cases/{case}").json()["messages"][-1]["media"][0]["url"]
    assert url == f"/api/v1/media/{file}"
    answer = sara.get(url)
    assert (answer.content, answer.headers["content-type"], answer.headers["cache-control"]) == (b"0123456789", "audio/ogg", "no-store")
    part = sara.get(url, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert sara.get(url, headers={"Range": "bytes=-3"}).content == b"789"
    assert sara.get(url, headers={"Range": "bytes=50-60"}).content == b"0123456789"
    assert {client.get(url).status_code for client in (noor, both.calls("coordinator"), both.calls("outreach"))} == {404}
    assert TestClient(both.app).get(url).status_code == 401


@pytest.mark.parametrize(("wanted", "fetched", "state"), [(False, True, "not_agreed"), (True, False, "coming")])
def test_a_file_without_a_yes_or_not_yet_here_has_no_address(house: House, wanted: bool, fetched: bool, state: str) -> None:
    case, client = house.case("hallo"), house.calls("advisor")
    file = voice(house, wanted=wanted, fetched=fetched)
    told = client.get(f"/api/v1/cases/{case}").json()["messages"][-1]["media"][0]
    assert (told["url"], told["state"]) == (None, state)
    assert client.get(f"/api/v1/media/{file}").status_code == 404


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "application/pdf", "text/javascript", ""])
def test_a_file_that_could_run_is_only_downloaded(house: House, content_type: str) -> None:
    house.case("hallo")
    file = voice(house, wanted=True, content_type=content_type, content=b"<script>alert(1)</script>")
    answer = house.calls("advisor").get(f"/api/v1/media/{file}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["content-security-policy"]


def test_no_address_of_a_person_is_anywhere(house: House) -> None:
    case, client = house.case("hallo"), house.calls("advisor")
    client.post(f"/api/v1/cases/{case}/take")
    pages = [client.get(path).text for path in ("/api/v1/cases?status=taken", f"/api/v1/cases/{case}")]
    pages += [house.browser("coordinator", "Marijke").get(path).text for path in ("/queue", f"/cases/{case}", "/audit")]
    assert not any("600000001" in page for page in pages)


def test_a_case_without_language_or_label_still_opens(house: House) -> None:
    case = house.alert("help")
    with house.store.begin() as connection:
        connection.execute(update(case_table).values(urgent=None, urgent_strength=None, code_word=None))
    assert house.browser("coordinator", "Marijke").get(f"/cases/{case}").status_code == 200
