"""A turn is committed whole or not at all; STOP, START and a person work without Rasa."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import cases, conversations
from bot.brain import Answer, BrainDown, BrainFailed, Thought
from bot.clock import Clock
from bot.store import Store
from bot.tables import cases as case_table
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import messages
from bot.turns import TRIES, Turns
from tests.people import Think, answering, human, only_contact, texts, turns, write

ASK = answering("started", state={"asked": "why"})  # any reply of the talk will do here


def run(worker: Turns) -> None:
    async def all_of_them() -> None:
        while await worker.run_one():
            pass

    asyncio.run(all_of_them())


def failing(wrong: Exception) -> Think:
    def think(turn: dict[str, Any]) -> Thought:
        raise wrong

    return think


def test_a_message_gets_one_answer_and_its_state_is_kept(store: Store) -> None:
    write(store, "ik zoek werk")
    run(turns(store, ASK))
    assert len(texts(store)) == 1
    with store.begin() as connection:
        row = connection.execute(select(talks)).one()
    assert store.vault.open_json(row.state) == {"asked": "why"}
    assert not row.pending


def test_messages_of_one_person_are_answered_in_order_also_by_many_workers(store: Store) -> None:
    for number in range(6):
        write(store, f"bericht {number}")
    heard: list[str] = []

    def think(turn: dict[str, Any]) -> Thought:
        heard.append(turn["text"])
        return Thought()

    worker = turns(store, think)

    async def crowd() -> None:
        await asyncio.gather(*(worker.run_one() for _ in range(6)))

    for _ in range(7):
        asyncio.run(crowd())
    assert heard == [f"bericht {number}" for number in range(6)]


def test_a_turn_whose_lease_was_lost_changes_nothing(store: Store, moved: Clock) -> None:
    write(store, "hallo")

    async def slow(turn: dict[str, Any]) -> Thought:
        moved.shift += conversations.LEASE + timedelta(seconds=1)
        await turns(store, answering("started")).run_one()  # another worker takes the turn and finishes it
        return Thought(answers=[Answer("trouble")], effects=[{"effect": "stop"}])

    run(turns(store, slow))
    assert len(texts(store)) == 1
    with store.begin() as connection:
        assert connection.scalar(select(people.c.stopped_at)) is None


def test_while_rasa_is_down_nothing_is_lost_and_the_turn_runs_once_it_is_back(store: Store, moved: Clock) -> None:
    write(store, "ik zoek werk")
    run(turns(store, failing(BrainDown("refused"))))
    assert texts(store) == []
    moved.shift += timedelta(seconds=30)
    run(turns(store, ASK))
    assert len(texts(store)) == 1


def test_a_turn_that_always_fails_ends_with_a_person_not_with_silence(store: Store, moved: Clock) -> None:
    write(store, "iets raars")
    for _ in range(TRIES + 1):
        run(turns(store, failing(BrainFailed("500"))))
        moved.shift += timedelta(seconds=30)
    assert [kind for kind, _, _ in texts(store)] == ["talk"]
    write(store, "en nu iets gewoons")
    run(turns(store, ASK))
    assert len(texts(store)) == 2


@pytest.mark.parametrize("word", ["stop", "STOP", "Stop!", "stopall", "unsubscribe", "إيقاف"])
def test_stop_works_without_rasa_on_every_channel(lite: Store, word: str) -> None:
    for channel in ("whatsapp", "sms", "telegram"):
        write(lite, word, channel=channel)
    run(turns(lite, failing(BrainDown("refused"))))
    with lite.begin() as connection:
        assert all(connection.scalars(select(people.c.stopped_at)).all())
    assert [kind for kind, _, _ in texts(lite)] == ["notice"] * 3


def test_after_stop_one_line_how_to_start_and_only_start_opens(store: Store) -> None:
    for said in ("stop", "hallo?", "ja", "ik zoek werk"):
        write(store, said)
        run(turns(store, ASK))
    assert len(texts(store)) == 2  # the confirmation, and once how to start again
    write(store, "START")
    run(turns(store, ASK))
    with store.begin() as connection:
        assert connection.scalar(select(people.c.stopped_at)) is None
    write(store, "ik zoek werk")
    run(turns(store, ASK))
    assert len(texts(store)) == 4


def test_a_cry_for_help_after_stop_gets_the_safety_line(store: Store) -> None:
    write(store, "stop")
    run(turns(store))

    def think(turn: dict[str, Any]) -> Thought:
        return Thought(labels={"urgent": "medical"}, answers=[Answer("started", kind="safety")])

    write(store, "mijn kind ademt niet")
    run(turns(store, think))
    assert texts(store)[-1][0] == "safety"


def test_a_person_is_called_while_rasa_is_down(store: Store) -> None:
    write(store, "mens")
    run(turns(store, failing(BrainDown("refused"))))
    with store.begin() as connection:
        assert connection.scalar(select(case_table.c.status)) == "waiting"
    assert len(texts(store)) == 1


def test_while_a_human_has_the_talk_the_bot_is_silent(store: Store) -> None:
    write(store, "hallo")
    contact, sara = only_contact(store), human(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, sara)
    run(turns(store, ASK))
    assert [kind for kind, _, _ in texts(store)] in ([], ["notice"])  # outside hours: when it is read


def test_a_human_who_takes_over_while_rasa_thinks_is_not_talked_over(store: Store) -> None:
    write(store, "hallo")
    contact, sara = only_contact(store), human(store)

    def think(turn: dict[str, Any]) -> Thought:
        with store.begin() as connection:
            case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
            cases.take(connection, case, sara)
        return Thought(answers=[Answer("started")], state={"asked": "x"})

    run(turns(store, think))
    assert [kind for kind, _, _ in texts(store) if kind == "talk"] == []


def test_the_safety_line_waits_two_minutes_for_the_human_who_has_the_talk(store: Store, moved: Clock) -> None:
    write(store, "hallo")
    contact, sara = only_contact(store), human(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, sara)

    def think(turn: dict[str, Any]) -> Thought:
        return Thought(labels={"urgent": "self_harm"}, answers=[Answer("started", kind="safety")])

    run(turns(store, think))
    with store.begin() as connection:
        due = connection.execute(select(messages.c.due_at, messages.c.at).where(messages.c.kind == "safety")).one()
        assert due.due_at - due.at >= timedelta(seconds=119)
        cases.reply(connection, store.vault, case, sara, {"text": "Ik ben er."})
        assert connection.scalar(select(messages.c.status).where(messages.c.kind == "safety")) == "cancelled"


@pytest.mark.parametrize(
    ("said", "act"),
    [
        ("2", {"name": "pick", "options": ["goal_better_work"]}),
        ("٢", {"name": "pick", "options": ["goal_better_work"]}),
        ("twee", {"name": "pick", "options": ["goal_better_work"]}),
        ("1 en 2", {"name": "pick", "options": ["goal_find_work", "goal_better_work"]}),
        ("mens", {"name": "say", "intent": "ask_human"}),
        ("taal", {"name": "say", "intent": "change_language"}),
        ("ik zoek werk", None),
    ],
)
def test_what_needs_no_understanding_is_given_as_an_act(lite: Store, said: str, act: Any) -> None:
    seen: list[dict[str, Any]] = []

    def think(turn: dict[str, Any]) -> Thought:
        seen.append(turn)
        return Thought(answers=[Answer("started", choices=["goal_find_work", "goal_better_work"], kind="talk")])

    for text in ("hallo daar mensen", said):
        write(lite, text)
        run(turns(lite, think))
    assert seen[-1]["act"] == act


def test_a_number_nobody_needs_is_masked_and_said_so(lite: Store) -> None:
    write(lite, "mijn bsn is 111222333")
    run(turns(lite, ASK))
    from bot.replies import render

    assert texts(lite)[0][2].startswith(render("not_needed", "nl", "whatsapp").text)


def test_the_work_of_a_turn_does_not_grow(lite: Store) -> None:
    from sqlalchemy import event

    counts: list[int] = []

    def count(*_: object) -> None:
        counts[-1] += 1

    event.listen(lite.engine, "before_cursor_execute", count)
    for _ in range(60):
        counts.append(0)
        write(lite, "hallo daar")
        run(turns(lite, ASK))
    assert max(counts[5:]) == min(counts[5:])


def test_after_ninety_silent_days_it_is_a_new_acquaintance(store: Store, moved: Clock) -> None:
    from bot import consent

    message = write(store, "ik zoek werk")
    run(turns(store, ASK))
    contact = only_contact(store)
    with store.begin() as connection:
        found = {"kind": "barrier", "label": "childcare", "source": "said", "confirmed": False}
        consent.keep(connection, store.vault, contact, message, [found])
    moved.shift += timedelta(days=91)
    seen: list[dict[str, Any]] = []

    def think(turn: dict[str, Any]) -> Thought:
        seen.append(turn)
        return Thought()

    write(store, "hallo")
    run(turns(store, think))
    assert seen[0]["state"] == {}
    assert seen[0]["known"]["first"]
    assert seen[0]["known"]["barriers"] == []


def test_an_answer_that_cannot_be_given_becomes_a_warm_line_and_never_silence(store: Store, moved: Clock) -> None:
    write(store, "ja, een mens")
    broken = answering("ask_minor")  # without its values
    for _ in range(TRIES + 1):
        run(turns(store, broken))
        moved.shift += timedelta(minutes=10)
    assert len(texts(store)) == 1
    write(store, "hallo")
    run(turns(store, ASK))
    assert len(texts(store)) == 2


def test_a_number_that_is_no_choice_is_not_understood_as_words(store: Store) -> None:
    acts: list[Any] = []

    def think(turn: dict[str, Any]) -> Thought:
        acts.append(turn["act"])
        return Thought(answers=[Answer("ask_forget")])

    for text in ("hallo", "7", "2"):
        write(store, text)
        run(turns(store, think))
    assert acts[1:] == [{"name": "say", "intent": "unclear"}, {"name": "pick", "options": ["forget_no"]}]
