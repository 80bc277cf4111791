"""A formal message (objection, complaint, application): marked, shown to a human, received with a date; never by the bot alone."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from bot import cases, effects, facts, formal
from bot.brain import Thought
from bot.clock import Clock
from bot.labels import languages
from bot.scene import Scene
from bot.store import Store
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import messages
from tests.people import human, texts, turns, write
from tests.talk.person import Person

LETTER = "ik maak bezwaar tegen de brief van 3 november"


def marked(store: Store) -> list[str]:
    with store.begin() as connection:
        bodies = [store.vault.open_json(one) or {} for one in connection.scalars(select(messages.c.body).order_by(messages.c.seq))]
    return [one["text"] for one in bodies if one.get("formal")]


def test_the_talk_marks_it_when_heard_and_tells_a_human_after_the_yes() -> None:
    person = Person(known={"first": False})
    assert person.says("formal_message", LETTER).did("formal_message")
    person.taps("formal_yes")
    said = person.taps("share_all")
    assert [one["note"] for one in said.did("tell_human")] == ["formal_message"]


def test_the_human_who_has_the_case_already_is_told_too() -> None:
    case = {"status": "waiting", "scope": "all", "to": "advisor", "urgent": None}
    person = Person(known={"first": False, "case": case})
    person.says("formal_message", LETTER)
    assert [one["note"] for one in person.taps("formal_yes").did("tell_human")] == ["formal_message"]


def test_a_no_keeps_it_between_the_person_and_the_bot() -> None:
    person = Person(known={"first": False})
    person.says("formal_message", LETTER)
    said = person.taps("formal_no")
    assert said.did("tell_human") == said.did("open_case") == []


def case_of(store: Store, scope: str = "all") -> str:
    with store.begin() as connection:
        contact = str(connection.scalar(select(people.c.id)))
        return cases.open_case(connection, store.vault, contact, to="advisor", scope=scope, which=None, wording=["ja"])


def held(store: Store) -> Any:
    with store.begin() as connection:
        return connection.execute(select(table)).one()


def test_heard_by_the_bot_it_is_marked_and_the_case_says_so(store: Store) -> None:
    first = write(store, LETTER)
    with store.begin() as connection:
        contact = str(connection.scalar(select(people.c.id)))
        effects.carry_out(Scene(connection, store.vault, contact, str(first), "nl"), [{"effect": "formal_message"}])
    assert marked(store) == [LETTER]
    case_of(store)
    second = write(store, "ja, een mens")
    with store.begin() as connection:
        scene = Scene(connection, store.vault, contact, str(second), "nl")
        effects.carry_out(scene, [{"effect": "tell_human", "note": "formal_message"}, {"effect": "tell_human", "note": "formal_message"}])
    assert held(store).tags == ["formal_message"]


@pytest.mark.parametrize(("sure", "shown"), [(0.9, [LETTER]), (0.4, [])])
def test_heard_while_a_human_has_the_talk(store: Store, sure: float, shown: list[str]) -> None:
    write(store, "hallo")
    sara, case = human(store), case_of(store)
    with store.begin() as connection:
        cases.take(connection, case, sara)
    hears = Thought(labels={"intent": "formal_message", "confidence": sure})
    worker = turns(store, lambda turn: hears if turn["text"] == LETTER else Thought())
    write(store, LETTER)
    while asyncio.run(worker.run_one()):
        pass
    assert marked(store) == shown
    assert held(store).tags == (["formal_message"] if shown else [])


def test_received_once_with_the_date_by_the_human_who_takes_it(store: Store, moved: Clock) -> None:
    write(store, LETTER)
    sara, case = human(store), case_of(store)
    with store.begin() as connection:
        facts.write(connection, "time_zone", "Europe/Amsterdam")
        formal.receipt(connection, store.vault, case, sara)
    kind, _, said = texts(store)[-1]
    assert kind == "human"
    assert "hebben we uw bericht gelezen" in said
    assert "Dit is nog geen bezwaar bij de instantie." in said
    row = held(store)
    assert (row.status, row.owner_id, row.formal_at is not None) == ("taken", sara, True)
    with pytest.raises(ValueError, match="received"), store.begin() as connection:
        formal.receipt(connection, store.vault, case, sara)


def test_a_colleagues_case_is_not_received_for_them(store: Store) -> None:
    write(store, LETTER)
    sara, noor, case = human(store), human(store, "Noor"), case_of(store)
    with store.begin() as connection:
        cases.take(connection, case, sara)
    with pytest.raises(cases.Taken), store.begin() as connection:
        formal.receipt(connection, store.vault, case, noor)
    assert held(store).formal_at is None


@pytest.mark.parametrize("language", languages())
def test_the_day_stands_there_without_doubt(language: str) -> None:
    said = formal.said_day(language, date(2026, 11, 24))
    assert "24" in said
    assert "2026" in said
    assert len(said.split()) >= 4  # weekday, day, month, year


def test_the_desk_is_the_directorys(lite: Store) -> None:
    with lite.begin() as connection:
        assert formal.desk(connection) is None
        facts.write(connection, "desks", {"formal_message": {"name": "Stadsloket", "number": "14 020"}})
        assert formal.desk(connection) == {"name": "Stadsloket", "number": "14 020"}
