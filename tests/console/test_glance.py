"""The case at a glance: what was said on it already, the road, earlier talks, what staff keep, formal messages, opening again."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import cases, consent, facts, outbox, users
from bot.brain import Answer, Thought
from bot.clock import Clock, now
from bot.tables import cases as table
from bot.tables import contacts, joined, labels, messages, suggestions
from tests.console.conftest import Browser, House, Labels
from tests.people import turns, write

PERSON = "+31600000001"


def bot_answers(house: House, *replies: str, address: str = PERSON) -> None:
    """The person writes, and the bot answers with these replies in one message."""
    write(house.store, "en nu", address=address)
    worker = turns(house.store, lambda turn: Thought(answers=[Answer(one) for one in replies]))
    while asyncio.run(worker.run_one()):
        pass
    with house.store.begin() as connection:
        connection.execute(update(messages).where(messages.c.status == "queued").values(status="sent"))


def staff_id(house: House, name: str) -> str:
    with house.store.begin() as connection:
        found = users.find(connection, name)
        assert found is not None
        return str(found.id)


def part(page: str, heading: str) -> str:
    """The section under a heading of the story."""
    return next((one for one in page.split("<section")[1:] if re.search(rf"<h[23][^>]*>{heading}", one)), "")


def order(page: str, *words: str) -> bool:
    places = [page.index(one) for one in words]
    return places == sorted(places)


def test_strengths_first_then_what_is_wanted_why_and_what_is_hard(house: House) -> None:
    sara, case = house.browser(), house.case("ik kook voor twintig mensen")
    page = sara.get(f"/cases/{case}").text
    told = page[page.index('class="story"') :]
    assert order(told, "Kan en doet al", "Wil</h3>", "Waarom het ertoe doet", "Wat het moeilijk maakt")
    assert order(told, "geen oppas", "de Nederlandse taal")  # tapped before guessed
    assert "mijn taal niet goed" in part(page, "Wat het moeilijk maakt")
    assert "Lastig: geen oppas en misschien de Nederlandse taal." in page


def test_under_a_barrier_stands_what_was_said_on_it_already(house: House) -> None:
    write(house.store, "hallo")
    bot_answers(house, "barrier_childcare", "ask_fits")
    case, sara = house.case("ik zoek werk"), house.browser()
    page = part(sara.get(f"/cases/{case}").text, "Wat het moeilijk maakt")
    assert page.count("De bot zei hierop") == 1  # of childcare alone, not of the language
    sara.form(f"/cases/{case}/reply", phrase="child_welcome")
    page = part(sara.get(f"/cases/{case}").text, "Wat het moeilijk maakt")
    assert page.count("Een mens zei hierop") == 1
    assert order(page, "geen oppas", "De bot zei hierop", "Een mens zei hierop", "de Nederlandse taal")


def test_what_was_said_to_somebody_else_before_is_not_counted(house: House, moved: Clock) -> None:
    write(house.store, "hallo")
    bot_answers(house, "barrier_childcare", "ask_fits")
    moved.shift = timedelta(days=100)
    write(house.store, "hallo")  # after so long it may be somebody else
    worker = turns(house.store, lambda turn: Thought(answers=[Answer("hello")]))
    while asyncio.run(worker.run_one()):
        pass
    case = house.case("ik zoek werk")
    assert "De bot zei hierop" not in house.browser().get(f"/cases/{case}").text


ANSWERS = [("good_safe_now", "nu veilig te zijn"), ("call_112", "nog in gevaar"), ("stop_writing", "nu niet veilig te kunnen schrijven")]


@pytest.mark.parametrize("strength", ["sure", "maybe"])
@pytest.mark.parametrize(("reply", "said"), ANSWERS)
def test_urgent_says_what_was_told_and_what_the_person_answered(house: House, reply: str, said: str, strength: str) -> None:
    case, sara = house.alert("hij slaat mij", strength=strength), house.browser()
    assert "De persoon zei daarna" not in sara.get(f"/cases/{case}").text
    bot_answers(house, reply, "ask_stay", address="+31600000009")
    page = sara.get(f"/cases/{case}").text
    assert said in page
    assert ("Dringend:" if strength == "sure" else "Misschien dringend:") in page
    assert said in sara.get(f"/cases/{case}/live").text


def test_the_road_has_its_dates(house: House) -> None:
    sara, case = house.browser(), house.case()
    sara.form(f"/cases/{case}/take")
    steps = re.findall(r"<li[^>]*>(.*?)</li>", part(sara.get(f"/cases/{case}").text, "Stap"))
    assert [("<time" in one, "nog niet" in one) for one in steps] == [(True, False), *[(False, True)] * 3, (True, False), (False, True)]
    told = house.calls("coordinator").get(f"/api/v1/cases/{case}").json()
    assert [one["phase"] for one in told["phases"]] == ["reached", "handed_over"]


def closed(house: House, sara: Browser, step: str = "bel morgen met de school") -> str:
    case = house.case()
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/close", outcome="helped", next_step=step)
    with house.store.begin() as connection:
        connection.execute(update(table).values(own_outcome="stuck", own_outcome_at=now()))
    return case


def test_earlier_talks_for_who_may_see_them(house: House, moved: Clock) -> None:
    first = closed(house, house.browser())
    moved.shift = timedelta(days=3)
    sara, noor, marijke = house.browser(), house.browser(name="Noor"), house.browser("coordinator", "Marijke")
    case = house.case("weer ik")
    mine = part(sara.get(f"/cases/{case}").text, "Eerdere gesprekken")
    assert f"/cases/{first}" in mine
    assert "geholpen" in mine
    assert "de persoon zegt: ik zit vast" in mine
    assert "bel morgen met de school" in mine
    assert "bel morgen met de school" in part(sara.get(f"/cases/{case}").text, "Afgesproken")
    assert "Eerdere gesprekken" not in noor.get(f"/cases/{case}").text
    theirs = part(marijke.get(f"/cases/{case}").text, "Eerdere gesprekken")
    assert "geholpen" in theirs
    assert "school" not in theirs


def test_earlier_talks_of_who_held_the_phone_before_are_not_shown(house: House, moved: Clock) -> None:
    closed(house, house.browser())
    moved.shift = timedelta(days=100)
    write(house.store, "hallo")
    worker = turns(house.store, lambda turn: Thought(answers=[Answer("hello")]))
    while asyncio.run(worker.run_one()):
        pass
    case = house.case("ik zoek werk")
    page = house.browser().get(f"/cases/{case}").text
    assert "Het verhaal" in page
    assert "Eerdere gesprekken" not in page


def test_the_persons_own_judgement_stands_beside_ours(house: House) -> None:
    sara = house.browser()
    case = closed(house, sara)
    page = sara.get(f"/cases/{case}").text
    assert "Afgesloten: geholpen" in page
    assert "ik zit vast" in page
    assert house.calls("coordinator").get(f"/api/v1/cases/{case}").json()["own_outcome"] == "stuck"


def test_notes_by_role(house: House) -> None:
    sara, amir, marijke = house.browser(), house.browser("ambassador", "Amir"), house.browser("coordinator", "Marijke")
    case = house.case(to="ambassador")
    sara.form(f"/cases/{case}/notes", note="de buurman helpt soms")
    page = sara.get(f"/cases/{case}").text
    assert order(part(page, "Notities"), "Sara", "de buurman helpt soms")
    assert "buurman" not in amir.get(f"/cases/{case}").text
    assert "buurman" not in marijke.get(f"/cases/{case}").text
    amir.form(f"/cases/{case}/take")
    amir.form(f"/cases/{case}/notes", note="eigen woord van Amir")
    own = amir.get(f"/cases/{case}").text
    assert "eigen woord van Amir" in own
    assert "buurman" not in own
    assert marijke.form(f"/cases/{case}/notes", note="x").status_code == 403
    assert house.browser(name="Noor").form(f"/cases/{case}/notes", note="x").status_code == 403
    assert "buurman" not in str(house.calls("advisor", "Ander").get(f"/api/v1/cases/{case}").json())


def test_a_note_never_goes_to_the_person(house: House) -> None:
    sara, case = house.browser(), house.case()
    sara.form(f"/cases/{case}/notes", note="alleen voor ons")
    with house.store.begin() as connection:
        assert connection.execute(select(messages).where(messages.c.direction == "out")).all() == []


def test_tags_are_put_offered_filtered_and_taken_off(house: House) -> None:
    sara, case = house.browser(), house.case()
    house.alert("hij slaat mij")
    sara.form(f"/cases/{case}/tags", tag="Avond")
    assert ">avond<" in sara.get("/queue").text
    filtered = sara.get("/queue?tag=avond").text
    assert f"row-{case}" in filtered
    assert filtered.count('class="row ') + filtered.count('class="row"') == 1
    assert 'data-live="/queue/live?tag=avond"' in filtered
    assert house.calls("advisor", "Ander").get(f"/api/v1/cases/{case}").json()["tags"] == ["avond"]
    assert "Schrijf een kort woord" in sara.form(f"/cases/{case}/tags", tag="0612345678").text
    sara.form(f"/cases/{case}/tags", off="avond")
    assert "avond" not in sara.get("/queue").text


def test_tasks_on_the_case_and_on_the_first_page(house: House, moved: Clock) -> None:
    sara, noor, case = house.browser(), house.browser(name="Noor"), house.case()
    assert sara.form(f"/cases/{case}/tasks", task="bel de school").status_code == 409  # take it first
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/tasks", task="bel de school", due=(now() + timedelta(days=1)).date().isoformat())
    page = sara.get("/queue").text
    assert order(page, "Wacht op een mens", "Te doen", "bel de school", "Van mij")
    assert "te laat" not in page
    moved.shift = timedelta(days=4)
    sara = house.browser()
    assert "te laat" in sara.get("/queue").text
    noor = house.browser(name="Noor")
    assert "bel de school" not in noor.get("/queue").text
    task = re.findall(r"/tasks/(\w+)/done", sara.get(f"/cases/{case}").text)[0]
    sara.form(f"/cases/{case}/tasks/{task}/done")
    assert "Te doen" not in sara.get("/queue").text
    assert "gedaan" in part(sara.get(f"/cases/{case}").text, "Taken")


def test_a_volunteer_sees_only_their_own_tasks_and_no_words_of_other_cases(house: House) -> None:
    sara, case = house.browser(), house.case(to="ambassador")
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/tasks", task="vraag na wat de buurman zei")
    sara.form(f"/cases/{case}/tags", tag="stil")
    amir = house.browser("ambassador", "Amir")
    with house.store.begin() as connection:
        found = users.find(connection, "Amir")
        assert found is not None
        cases.assign(connection, case, str(found.id), str(found.id))
    amir.form(f"/cases/{case}/tasks", task="ga samen langs")
    page, queue = amir.get(f"/cases/{case}").text, amir.get("/queue").text
    assert "ga samen langs" in page
    assert "ga samen langs" in queue
    assert "buurman" not in page + queue
    assert "Alleen met dit trefwoord" not in queue


def label_of(house: House, name: str) -> str:
    with house.store.begin() as connection:
        return str(connection.scalar(select(labels.c.id).where(labels.c.label == name)))


def test_a_wrong_signal_is_put_right_and_the_log_says_no_word_of_it(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case()
    language, childcare = label_of(house, "language"), label_of(house, "childcare")
    assert "Klopt dit niet?" not in sara.get(f"/cases/{case}").text  # take it first
    assert sara.form(f"/cases/{case}/labels/{language}", how="remove").status_code == 409
    sara.form(f"/cases/{case}/take")
    assert f"/labels/{language}" in sara.get(f"/cases/{case}").text
    assert f"/labels/{childcare}" not in sara.get(f"/cases/{case}").text  # the person tapped it
    assert sara.form(f"/cases/{case}/labels/{childcare}", how="remove").status_code == 404
    assert "Kies eerst wat de persoon wel bedoelde" in sara.form(f"/cases/{case}/labels/{language}", how="change").text
    sara.form(f"/cases/{case}/labels/{language}", how="change", instead="literacy")
    page = part(sara.get(f"/cases/{case}").text, "Wat het moeilijk maakt")
    assert order(page, "lezen en schrijven", "zelf gezegd, bevestigd", "mijn taal niet goed")
    assert "vermoed door de computer" not in page
    log = marijke.get("/audit").text
    assert "veranderde een verkeerd signaal" in log
    assert "lezen en schrijven" not in log


def test_who_joined_may_put_right_and_a_coordinator_may_not(house: House) -> None:
    sara, marijke, case = house.browser(), house.browser("coordinator", "Marijke"), house.case()
    sara.form(f"/cases/{case}/take")
    language = label_of(house, "language")
    assert marijke.form(f"/cases/{case}/labels/{language}", how="remove").status_code == 403
    noor = house.browser("ambassador", "Noor")
    row = {"case_id": case, "user_id": staff_id(house, "Noor"), "how": "bridge", "status": "agreed", "at": now()}
    with house.store.begin() as connection:
        connection.execute(joined.insert().values(**row))
    assert noor.form(f"/cases/{case}/labels/{language}", how="remove").status_code == 303


def test_words_are_kept_only_after_the_persons_own_yes(house: House) -> None:
    sara, case = house.browser(), house.case()
    sara.form(f"/cases/{case}/take")
    language = label_of(house, "language")
    page = sara.get(f"/cases/{case}").text
    assert "De persoon leest deze zin" in page
    sara.form(f"/cases/{case}/labels/{language}", how="remove", keep="1")
    told = house.calls("coordinator").get(f"/api/v1/cases/{case}").json()
    assert [one["id"] for one in told["barriers"]] == ["childcare"]
    with house.store.begin() as connection:
        (row,) = connection.execute(select(suggestions)).all()
        asked = connection.execute(select(messages).where(messages.c.reply == "ask_keep")).one()
    assert (row.words, row.agreed_at) == (None, None)
    assert "mijn taal niet goed" in (house.store.vault.open_json(asked.body) or {})["text"]


def make_formal(house: House, case: str) -> None:
    from bot import formal

    with house.store.begin() as connection:
        for message in connection.scalars(select(messages.c.id).where(messages.c.author == "person")).all():
            formal.mark(connection, house.store.vault, message)
        formal.flag(connection, cases.one(connection, case).contact_id)


def test_a_formal_message_stands_first_with_the_right_desk_and_a_receipt(house: House) -> None:
    sara, noor, case = house.browser(), house.browser(name="Noor"), house.case("ik maak bezwaar tegen deze brief", language="uk")
    assert "Formeel bericht" not in sara.get(f"/cases/{case}").text
    make_formal(house, case)
    assert "formeel bericht" in sara.get("/queue").text
    with house.store.begin() as connection:
        facts.write(connection, "desks", {"formal_message": {"name": "Stadsloket", "number": "14 020"}})
    page = sara.get(f"/cases/{case}").text
    assert order(page, "Formeel bericht", "ik maak bezwaar tegen deze brief", "Stadsloket", 'class="story"')
    assert "hebben we uw bericht gelezen" in page  # in Dutch, before it is sent
    sara.form(f"/cases/{case}/receipt")
    told = house.calls("coordinator").get(f"/api/v1/cases/{case}").json()
    assert told["owner"] == "Sara"
    with house.store.begin() as connection:
        sent = connection.execute(select(messages).where(messages.c.author == "human")).one()
    assert "Ми прочитали ваше повідомлення" in (house.store.vault.open_json(sent.body) or {})["text"]
    page = sara.get(f"/cases/{case}").text
    assert "U hebt gezegd dat het gelezen is" in page
    assert "/receipt" not in page
    assert sara.form(f"/cases/{case}/receipt").status_code == 422
    assert noor.form(f"/cases/{case}/receipt").status_code == 403


def test_no_receipt_where_nothing_is_formal(house: House) -> None:
    sara, case = house.browser(), house.case()
    assert sara.form(f"/cases/{case}/receipt").status_code == 404


def test_a_formal_message_is_not_shown_to_who_reads_no_words(house: House) -> None:
    marijke, case = house.browser("coordinator", "Marijke"), house.case("ik maak bezwaar")
    make_formal(house, case)
    assert "ik maak bezwaar" not in marijke.get(f"/cases/{case}").text


@pytest.mark.parametrize(("role", "name", "status"), [("advisor", "Sara", 303), ("coordinator", "Marijke", 303), ("advisor", "Noor", 403)])
def test_opened_again_by_its_human_or_a_coordinator(house: House, role: str, name: str, status: int) -> None:
    case = closed(house, house.browser())
    who = house.browser(role, name)
    assert who.form(f"/cases/{case}/reopen").status_code == status
    told = house.calls("coordinator", "Ander").get(f"/api/v1/cases/{case}").json()
    assert (told["status"], told["owner"]) == (("taken", name) if status == 303 else ("closed", "Sara"))


def test_a_case_that_may_not_be_opened_says_why(house: House) -> None:
    sara = house.browser()
    case = closed(house, sara)
    with house.store.begin() as connection:
        consent.withdraw(connection, str(connection.scalar(select(contacts.c.id))), "handover")
    answer = sara.form(f"/cases/{case}/reopen")
    assert answer.status_code == 409
    assert "nam het ja terug" in answer.text


FORMS: list[tuple[str, dict[str, str]]] = [
    ("notes", {"note": "x"}), ("tags", {"tag": "x"}), ("tasks", {"task": "x"}), ("receipt", {}), ("reopen", {}),
    ("labels/x", {"how": "remove"}),
]  # fmt: skip


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_nobody_acts_on_what_they_may_not_see(house: House, path: str, fields: dict[str, str]) -> None:
    case = house.case()
    house.browser().form(f"/cases/{case}/take")
    for role, name in (("ambassador", "Amir"), ("outreach", "Otto"), ("advisor", "Noor")):
        assert house.browser(role, name).form(f"/cases/{case}/{path}", **fields).status_code == 403
    stranger: Any = house.browser()
    assert stranger.post(f"/cases/{case}/{path}", data=fields).status_code == 403  # without the form's mark


def test_what_a_person_wrote_is_shown_as_text(house: House) -> None:
    sara, case = house.browser(), house.case(labels=[("barrier", "language", "guessed", False, "<b>vet</b>")])
    sara.form(f"/cases/{case}/take")
    sara.form(f"/cases/{case}/notes", note="<i>schuin</i>")
    page = sara.get(f"/cases/{case}").text
    assert "<b>vet" not in page
    assert "<i>schuin" not in page
    assert "&lt;i&gt;schuin" in page


def test_a_message_that_was_taken_back_was_not_said(house: House) -> None:
    case, sara = house.case("ik zoek werk"), house.browser()
    body, contact = {"text": "…", "said": ["barrier_childcare"]}, house.contact()
    with house.store.begin() as connection:
        outbox.put(connection, house.store.vault, outbox.Row(contact, "talk", body, status="cancelled"))
    assert "De bot zei hierop" not in sara.get(f"/cases/{case}").text


def test_the_page_is_in_the_order_of_five_minutes(house: House) -> None:
    """Take it at the top; the story, the talk and the answer; what can wait below them."""
    case, sara = house.case("ik zoek werk"), house.browser()
    page = sara.get(f"/cases/{case}").text
    assert order(page, "Neem dit gesprek", "Het verhaal", 'id="talk"', "Uw antwoord", 'id="rest"', "Stap</h3>")
    assert re.search(r'class="state waiting">.*?Nederlands.*?WhatsApp.*?</p>', page, flags=re.DOTALL)
    sara.form(f"/cases/{case}/take")
    page = sara.get(f"/cases/{case}").text
    assert "Neem dit gesprek" not in page
    assert order(page, "Uw antwoord", "Afspraak voorstellen", 'id="rest"', "Notitie schrijven", "Trefwoord toevoegen", "Taak toevoegen")
    sara.form(f"/cases/{case}/notes", note="Kan na 10 uur.")
    assert order(sara.get(f"/cases/{case}").text, "Het verhaal", "Kan na 10 uur.", 'id="talk"', 'id="rest"')


def test_the_queue_says_it_as_the_case_does(house: House) -> None:
    found: Labels = [("barrier", "language", "guessed", False, "mijn taal"), ("barrier", "money", "said", False, "geen geld")]
    case, sara = house.case(labels=found), house.browser()
    line = "Lastig: geen geld voor kosten en misschien de Nederlandse taal."
    assert line in sara.get("/queue").text
    assert line in sara.get(f"/cases/{case}").text
