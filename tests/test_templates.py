"""Outside WhatsApp's 24 hours: what is approved goes out word for word, all else waits; and how templates come to be approved."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import uvicorn
from typer.testing import CliRunner

from bot import approvals, asks, cases, contacts, conversations, facts, outbox, templates
from bot.channels.twilio import Twilio
from bot.channels.twilio_content import TwilioContent
from bot.cli import app
from bot.clock import Clock
from bot.messages import Outgoing, SendError
from bot.postman import Postman
from bot.replies import available, choices, render, turns
from bot.store import Store
from bot.tables import contacts as people
from bot.tables import messages
from bot.templates import LANGUAGES, MARK, OPENINGS
from bot.tryout.carrier import Fault
from bot.tryout.twilio import TwilioDouble
from bot.tryout.twilio_api import TwilioApi
from tests import servers
from tests.people import human, texts, write
from tests.talk.person import Person
from tests.test_appointments import Talk, ahead, fire

ACCOUNT, TOKEN, NUMBER = "AC" + "4" * 32, "a-token", "+31600000010"
NAME, PERSON = "Buurtpunt", "+31600000001"
DAY = timedelta(hours=25)


@pytest.fixture
def account() -> Iterator[TwilioDouble]:
    """Twilio's double, served from a thread: the command line asks it in its own time."""
    double = TwilioDouble(ACCOUNT, TOKEN, {f"whatsapp:{NUMBER}": "http://127.0.0.1:1/whatsapp"})
    port = servers.free_port()
    server = uvicorn.Server(uvicorn.Config(TwilioApi(double).app(), port=port, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    servers.wait_for(port)
    double.base_url = f"http://127.0.0.1:{port}"
    yield double
    server.should_exit = True
    thread.join(10)


@contextmanager
def content(double: TwilioDouble) -> Iterator[TwilioContent]:
    found = TwilioContent(ACCOUNT, TOKEN, double.base_url, timeout=3)
    try:
        yield found
    finally:
        found.close()


def sync(store: Store, double: TwilioDouble, languages: tuple[str, ...] = ("nl", "ar")) -> list[tuple[str, str, str]]:
    with content(double) as found:
        return list(approvals.sync(store, found, languages))


def named(store: Store, public_name: str = NAME) -> None:
    with store.begin() as connection:
        facts.write(connection, "public_name", public_name)


def held(store: Store) -> dict[str, Any]:
    with store.begin() as connection:
        found: dict[str, Any] = facts.mark(connection, MARK) or {}
        return found


# Made and approved


def test_every_opening_is_made_in_every_language_whatsapp_knows_and_shown_to_it(store: Store, account: TwilioDouble) -> None:
    named(store)
    told = sync(store, account, available())
    assert {key for key, _, _ in told} == {f"{language} {name}" for language in LANGUAGES for name in OPENINGS}
    assert {status for _, status, _ in told} == {"approved"}
    assert len(account.contents) == len(told)
    for one in account.contents.values():
        assert one.approval["category"] == "UTILITY"
        assert one.friendly_name == one.approval["name"]
        assert len(one.types["twilio/text"]["body"]) <= 1024  # WhatsApp's own limit of a template
        assert not one.types["twilio/text"]["body"].startswith("{{")  # refused by WhatsApp at either end
        assert not one.types["twilio/text"]["body"].endswith("}}")


def test_a_second_time_nothing_is_made_anew(store: Store, account: TwilioDouble) -> None:
    named(store)
    sync(store, account)
    before = dict(account.contents)
    sync(store, account)
    assert account.contents == before


def test_a_run_that_was_broken_off_goes_on_and_leaves_no_doubles(store: Store, account: TwilioDouble) -> None:
    named(store)
    account.faults.add(Fault(), Fault(), Fault(500))
    with pytest.raises(SendError):
        sync(store, account)
    assert len(held(store)) == 2
    sync(store, account)
    titles = [one.friendly_name for one in account.contents.values()]
    assert len(titles) == len(set(titles)) == 2 * len(OPENINGS)


def test_another_name_of_the_desk_makes_other_templates_and_takes_the_old_away(store: Store, account: TwilioDouble) -> None:
    named(store)
    sync(store, account)
    named(store, "Inloop Zuid")
    sync(store, account)
    bodies = [one.types["twilio/text"]["body"] for one in account.contents.values()]
    assert len(bodies) == 2 * len(OPENINGS)
    assert not any(NAME in body for body in bodies)
    assert sum("Inloop Zuid" in body for body in bodies) >= 2 * 4


def test_what_whatsapp_says_later_is_asked_and_kept(store: Store, account: TwilioDouble) -> None:
    named(store)
    account.approves = "pending"
    assert {status for _, status, _ in sync(store, account)} == {"pending"}
    for one in account.contents.values():
        one.approval |= {"status": "rejected", "rejection_reason": "TAG_CONTENT_MISMATCH"}
    with content(account) as found:
        assert {row[1:] for row in approvals.status(store, found)} == {("rejected", "TAG_CONTENT_MISMATCH")}
    assert {one["status"] for one in held(store).values()} == {"rejected"}


def _cli(monkeypatch: pytest.MonkeyPatch, store: Store, *words: str, **values: str) -> Any:
    monkeypatch.setenv("INLOOP_DATABASE_URL", store.engine.url.render_as_string(hide_password=False).replace("+psycopg", ""))
    monkeypatch.setenv("INLOOP_SECRET_KEY", "a-key-for-the-tests-only")
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_FROM", "TWILIO_API_BASE_URL"):
        monkeypatch.setenv(name, values.get(name, ""))
    return CliRunner().invoke(app, ["templates", *words])


def test_the_command_says_what_was_made_which_languages_lack_it_and_what_is_wrong(
    lite: Store, account: TwilioDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(lite)
    monkeypatch.setattr("bot.cli_carriers.open_store", lambda _settings: lite)
    values = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_WHATSAPP_FROM": NUMBER}
    values["TWILIO_API_BASE_URL"] = account.base_url
    assert "none yet" in _cli(monkeypatch, lite, "status", **values).output
    made = _cli(monkeypatch, lite, "sync", **values)
    assert made.exit_code == 0, made.output
    assert "nl answer: approved" in made.output
    assert "so, ti: WhatsApp has no templates in these languages" in made.output
    assert "ar how_was_it: approved" in _cli(monkeypatch, lite, "status", **values).output
    wrong = _cli(monkeypatch, lite, "status", **values | {"TWILIO_AUTH_TOKEN": "another"})
    assert (wrong.exit_code, "twilio_20003" in wrong.output) == (1, True)
    assert "WhatsApp is off" in _cli(monkeypatch, lite, "sync").output


# Sent


class Carrier:
    """WhatsApp in the place of the channel: what it took."""

    name = "whatsapp"

    def __init__(self) -> None:
        self.took: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> str:
        self.took.append(outgoing)
        return f"SM{len(self.took)}"


def send_all(store: Store) -> list[Outgoing]:
    carrier = Carrier()
    post = Postman(store, {"whatsapp": carrier})  # type: ignore[dict-item]

    async def story() -> None:
        while await post.send_one():
            pass

    asyncio.run(story())
    return carrier.took


def somebody(store: Store, language: str = "nl") -> str:
    """Somebody on WhatsApp who wrote a day ago."""
    write(store, address=PERSON)
    with store.begin() as connection:
        contact = contacts.find(connection, store.vault, "whatsapp", PERSON)
        assert contact is not None
        conversations.set_language(connection, contact, language, chosen=True)
    return contact


def begin(store: Store, contact: str, opening: str, language: str, **values: str) -> str:
    """What a timer's turn puts in the outbox; gives its text."""
    names = OPENINGS[opening].replies
    said = "\n\n".join(render(name, language, "whatsapp", {"public_name": NAME, **values}, offered=()).text for name in names)
    offered = OPENINGS[opening].choices or turns()[names[-1]].get("choices", ())
    body = {"text": said, "choices": [{"id": one.id, "label": one.label} for one in choices(language, offered)], "language": language}
    with store.begin() as connection:
        outbox.put(connection, store.vault, outbox.Row(contact, "talk", body, reply=names[-1]))
    return said


@pytest.mark.parametrize("opening", OPENINGS)
@pytest.mark.parametrize("language", available())
def test_outside_the_window_it_goes_as_the_template_that_says_the_same_or_it_waits(
    lite: Store, moved: Clock, language: str, opening: str
) -> None:
    approved(lite, NAME)
    contact = somebody(lite, language)
    moved.shift += DAY
    values = {name: f"waarde {name}" for reply in OPENINGS[opening].replies for name in turns()[reply].get("values", ())}
    said = begin(lite, contact, opening, language, **values | {"public_name": NAME})
    took = send_all(lite)
    if language not in LANGUAGES:
        assert (took, texts(lite)[-1][1]) == ([], "waiting")
        return
    (sent,) = took
    body = held(lite)[f"{language} {opening}"]["body"]
    assert re.sub(r"\{\{(\d)\}\}", lambda found: sent.values[found[1]], body).startswith(said)


def test_whatsapp_takes_a_template_outside_the_window_and_nothing_else(lite: Store, account: TwilioDouble, moved: Clock) -> None:
    """The whole way: outbox, postman, channel and the carrier's double."""
    named(lite)
    sync(lite, account)
    contact = somebody(lite)
    moved.shift += DAY
    said = begin(lite, contact, "how_was_it", "nl")
    channel = Twilio("whatsapp", ACCOUNT, TOKEN, NUMBER, api_base_url=account.base_url)

    async def story() -> None:
        await channel.start()
        await Postman(lite, {"whatsapp": channel}).send_one()
        await channel.send(Outgoing("whatsapp", PERSON, "talk", said))
        await channel.stop()

    asyncio.run(story())
    until = time.monotonic() + 5
    while time.monotonic() < until and [one.status for one in account.messages] != ["read", "failed"]:
        time.sleep(0.02)
    template, free = account.messages
    assert (template.status, template.body.startswith(said)) == ("read", True)
    assert (free.status, free.error) == ("failed", 63016)


@pytest.mark.parametrize("timer", ["check_in", "how_was_it", "ask_again"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_talk_begins_with_has_its_template(lite: Store, language: str, timer: str) -> None:
    """The real actions, every language: word for word, and the choices in their order."""
    person = Person(language, "whatsapp", known={"first": False})
    (said,) = person.happens("timer", timer=timer, args={}).messages
    approved(lite, str(person.known["facts"]["public_name"]))
    with lite.begin() as connection:
        assert templates.instead(connection, Outgoing("whatsapp", PERSON, "talk", said.text, said.choices))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("where", [{}, {"calls_from": "085 000 00 00"}], ids=["place", "call"])
def test_a_reminder_of_an_appointment_has_its_template(lite: Store, moved: Clock, language: str, where: dict[str, Any]) -> None:
    talk = Talk(lite, "whatsapp", language=language)
    talk.agreed(ahead(4), **where)
    with lite.begin() as connection:
        connection.execute(messages.update().values(status="sent"))
    approved(lite, NAME)
    moved.shift += timedelta(days=3, hours=6)
    fire(lite)
    (sent,) = send_all(lite)
    assert sent.template
    assert sorted(sent.values) == ["1", "2"]
    assert "\n" not in "".join(sent.values.values())


def approved(store: Store, public_name: str) -> None:
    """Every template, as WhatsApp approved them."""
    made = templates.wanted({"public_name": public_name}, available())
    entries = {one.key: {"sid": f"HX{one.title}", "body": one.body, "status": "approved", "reason": ""} for one in made}
    named(store, public_name)
    with store.begin() as connection:
        facts.write(connection, MARK, entries)


NOT_SAID = [
    ("another text", "Hallo, hoe is het met u?", "approved"),
    ("one word more", f"Hallo, hier is {NAME}.\n\nHoe gaat het nu met u?\nUw eigen woorden mogen ook", "approved"),
    ("approved no longer", None, "paused"),
    ("not yet approved", None, "pending"),
]


@pytest.mark.parametrize(("_why", "text", "status"), NOT_SAID, ids=[row[0] for row in NOT_SAID])
def test_what_no_approved_template_says_waits_for_the_person(
    lite: Store, account: TwilioDouble, moved: Clock, _why: str, text: str | None, status: str
) -> None:
    named(lite)
    account.approves = status
    sync(lite, account)
    contact = somebody(lite)
    moved.shift += DAY
    if text is None:
        begin(lite, contact, "how_was_it", "nl")
    else:
        with lite.begin() as connection:
            outbox.put(connection, lite.vault, outbox.Row(contact, "talk", {"text": text}))
    assert send_all(lite) == []
    assert texts(lite)[-1][1] == "waiting"


def test_inside_the_window_it_is_an_ordinary_message(lite: Store, account: TwilioDouble) -> None:
    named(lite)
    sync(lite, account)
    begin(lite, somebody(lite), "how_was_it", "nl")
    assert [one.template for one in send_all(lite)] == [None]


def test_values_are_found_back_in_what_is_said() -> None:
    template = "Denkt u aan dit moment?\n{{1}}\n{{2}}, {{1}}\n\n1. Ja"
    said = "Denkt u aan dit moment?\ndinsdag 24 november, 's middags om 14:00\nPlein 1, dinsdag 24 november, 's middags om 14:00\n\n1. Ja"
    assert templates._values(template, said) == {"1": "dinsdag 24 november, 's middags om 14:00", "2": "Plein 1"}
    assert templates._values(template, said.replace("Plein 1", "Plein 1\nZuid")) is None  # WhatsApp takes no lines in a value
    assert templates._values(template, said.replace("dinsdag", "woensdag", 1)) is None


# A human's answer


def _taken(store: Store, language: str = "nl") -> tuple[str, str, str]:
    contact, user = somebody(store, language), human(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, user)
    return contact, case, user


def _reply(store: Store, case: str, user: str, text: str) -> None:
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, user, {"text": text})


def test_a_humans_answer_waits_while_the_person_hears_once_that_it_is_there(store: Store, account: TwilioDouble, moved: Clock) -> None:
    named(store)
    sync(store, account)
    _, case, user = _taken(store)
    moved.shift += DAY
    _reply(store, case, user, "Ik heb een plek voor u.")
    _reply(store, case, user, "Bel mij maar.")
    knock = f"Hallo, hier is {NAME}. Er is een antwoord voor u. Stuur een woord, dan krijgt u het."
    took = send_all(store)
    assert [account.contents[str(one.template)].says(one.values) for one in took] == [knock]
    assert [status for kind, status, _ in texts(store) if kind == "human"] == ["waiting", "waiting"]
    write(store, "ja", address=PERSON)
    assert [one.text for one in send_all(store)] == ["Ik heb een plek voor u.", "Bel mij maar."]


def test_a_next_step_outside_the_window_waits_as_every_word_of_a_human_does(lite: Store, account: TwilioDouble, moved: Clock) -> None:
    named(lite)
    sync(lite, account, available())
    _, case, user = _taken(lite, "nl")
    moved.shift += DAY
    with lite.begin() as connection:
        cases.close(connection, lite.vault, case, user, outcome="helped", next_step={"text": "Dinsdag om 10:00."})
    assert [status for kind, status, _ in texts(lite) if kind == "human"] == ["waiting"]
    write(lite, "ja", address=PERSON)
    assert "Dinsdag om 10:00." in [one.text for one in send_all(lite)]


@pytest.mark.parametrize("why", ["no template", "a language without", "quiet", "not within safe hours", "another name since"])
def test_who_cannot_be_told_is_not_written_to_and_the_human_hears_so(lite: Store, account: TwilioDouble, moved: Clock, why: str) -> None:
    named(lite)
    if why != "no template":
        sync(lite, account, available())
    contact, case, user = _taken(lite, "so" if why == "a language without" else "nl")
    moved.shift += DAY
    with lite.begin() as connection:
        if why == "quiet":
            connection.execute(people.update().values(quiet=True))
        if why == "not within safe hours":
            connection.execute(people.update().values(safe_hours=_another_hour()))
        if why == "another name since":
            facts.write(connection, "public_name", "Inloop Zuid")
    with pytest.raises(cases.CannotReach) as caught:
        _reply(lite, case, user, "Ik heb een plek voor u.")
    assert caught.value.reason == "window"
    assert texts(lite) == []
    with lite.begin() as connection:
        assert not templates.may_knock(connection, contact)


def _another_hour() -> str:
    """Hours of the day that are not now."""
    from zoneinfo import ZoneInfo

    from bot.clock import now

    return "02:00-04:00" if now().astimezone(ZoneInfo("Europe/Amsterdam")).hour >= 12 else "20:00-22:00"


def test_a_question_of_ours_that_a_template_says_is_answered_as_ever(lite: Store, account: TwilioDouble, moved: Clock) -> None:
    """The choices of a template are numbered lines: the number means the choice."""
    named(lite)
    contact = somebody(lite)
    with lite.begin() as connection:
        asks.ask(connection, lite.vault, contact, "answer_waits", {"public_name": NAME}, [("hear:x:yes", "@yes"), ("hear:x:no", "@no")])
        shown = {"picked": None, "text": "2"}
        assert asks.chosen(connection, lite.vault, contact, "nl", ["hear:x:yes", "hear:x:no"], shown) == "hear:x:no"
