"""From one human to another: given with a word, swapped without a reason, handed back, and nothing urgent left with a volunteer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import bridge, cases, contacts, matching, notes, together, transfer
from bot.brain import Answer, Thought
from bot.replies import available
from bot.store import Store
from bot.tables import audit, joined, messages, staff_notices
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import users as staff
from tests.people import answering, human, only_contact, texts, turns, write
from tests.talk.person import Person


def handled(store: Store, text: str, **thought: Any) -> None:
    """The person writes, and the turn runs."""
    write(store, text)
    asyncio.run(turns(store, answering("all_right", **thought)).run_one())


def taken(store: Store, role: str = "advisor", scope: str = "story") -> tuple[str, str]:
    """A person whose case Sara has; gives the case and Sara."""
    handled(store, "hallo")
    sara, contact = human(store, role=role), only_contact(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to=role, scope=scope, which=None, wording=["mag"])
        cases.take(connection, case, sara)
    return case, sara


def told(store: Store) -> list[str]:
    """What the person was told, in order."""
    return [text for kind, status, text in texts(store) if kind == "notice" and status != "cancelled"]


def give(store: Store, case: str, by: str, to: str, **more: Any) -> None:
    with store.begin() as connection:
        transfer.give(connection, store.vault, case, by, to, **more)


@pytest.mark.parametrize(
    ("change", "stay", "said"),
    [
        ({}, False, ["Omar helpt u nu verder. Sara heeft verteld wat u zei."]),
        ({}, True, ["Omar helpt u nu verder. Sara blijft erbij."]),
        ({"scope": "nothing"}, False, ["Omar helpt u nu verder."]),
        ({"quiet": True}, False, []),
        ({"stopped": True}, False, []),
    ],
)
def test_the_person_is_told_once_and_only_what_is_so(store: Store, change: dict[str, Any], stay: bool, said: list[str]) -> None:
    (case, sara), omar = taken(store), human(store, "Omar")
    with store.begin() as connection:
        connection.execute(update(table).values(scope=change.get("scope", "story")))
        connection.execute(update(people).values(quiet=bool(change.get("quiet"))))
        if change.get("stopped"):
            contacts.stop(connection, str(connection.scalar(select(people.c.id))))
    give(store, case, sara, omar, stay=stay)
    assert told(store) == said
    with store.begin() as connection:
        row = cases.one(connection, case)
        assert (row.owner_id, row.transferred_at is not None) == (omar, True)
        assert connection.scalar(select(people.c.human_id)) == omar
        assert [(one.user_id, one.how) for one in together.of(connection, case)] == ([(sara, "bridge")] if stay else [])


@pytest.mark.parametrize("language", available())
def test_it_is_told_in_the_persons_language_by_the_name_people_see(lite: Store, language: str) -> None:
    (case, sara), omar = taken(lite), human(lite, "Omar")
    with lite.begin() as connection:
        connection.execute(update(talks).values(language=language))
        connection.execute(update(staff).where(staff.c.id == omar).values(alias="Buur O."))
    give(lite, case, sara, omar)
    assert "Buur O." in told(lite)[0]
    assert "Sara" in told(lite)[0]
    assert "Omar" not in told(lite)[0]


def test_a_first_human_is_no_transfer(store: Store) -> None:
    handled(store, "hallo")
    contact, marijke, omar = only_contact(store), human(store, "Marijke", "coordinator"), human(store, "Omar")
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=None, wording=[])
    give(store, case, marijke, omar)
    assert told(store) == []
    with store.begin() as connection:
        assert cases.one(connection, case).transferred_at is None


def test_the_word_for_the_colleague_is_for_them_alone_and_encrypted(store: Store) -> None:
    (case, sara), omar, noor = taken(store), human(store, "Omar"), human(store, "Noor")
    give(store, case, sara, omar, words="belt liever niet")
    with store.begin() as connection:
        read = {
            who: [one.text for one in notes.read(connection, store.vault, case, who, others=False, debriefs=False)] for who in (omar, noor)
        }
        assert "liever" not in str(connection.exec_driver_sql("SELECT body FROM notes").all())
        assert "liever" not in str([dict(row) for row in connection.execute(select(audit)).mappings()])
    assert read == {omar: ["belt liever niet"], noor: []}
    assert "liever" not in str(texts(store))


def test_who_stays_writes_along_until_they_leave(store: Store) -> None:
    (case, sara), omar = taken(store), human(store, "Omar")
    give(store, case, sara, omar, stay=True)
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, sara, {"text": "Ik ben er nog."})
        cases.reply(connection, store.vault, case, omar, {"text": "Dag, ik ben Omar."})
    assert [text for kind, _, text in texts(store) if kind == "human"] == ["Sara:\nIk ben er nog.", "Omar:\nDag, ik ben Omar."]
    with store.begin() as connection:
        bridge.leave(connection, store.vault, case, sara)
    with pytest.raises(cases.Taken), store.begin() as connection:
        cases.reply(connection, store.vault, case, sara, {"text": "x"})


def test_who_was_along_and_gets_the_case_is_its_owner_only(store: Store) -> None:
    (case, sara), omar, noor = taken(store), human(store, "Omar"), human(store, "Noor")
    give(store, case, sara, omar, stay=True)
    give(store, case, omar, sara)
    give(store, case, sara, noor)
    with store.begin() as connection:
        assert together.of(connection, case) == []


# Swap


def test_a_swap_gives_the_case_to_the_next_one_and_never_again_to_the_first(store: Store) -> None:
    (case, sara), omar = taken(store), human(store, "Omar")
    with store.begin() as connection:
        cases.give_back(connection, store.vault, case, sara)
    handled(store, "liever iemand anders", effects=[{"effect": "swap"}])
    assert told(store)[-1] == "Dat is goed, ik zoek een andere mens."
    assert "Sara" not in told(store)[-1]
    with store.begin() as connection:
        row = cases.one(connection, case)
        assert (row.status, row.owner_id, row.offered_to, connection.scalar(select(people.c.human_id))) == ("waiting", None, omar, None)
        assert connection.scalar(select(talks.c.owner)) == "bot"
        matching.decline(connection, case, omar)
        assert cases.one(connection, case).offered_to is None
        assert matching.next_one(connection, case, set()) is None, "who had it is not asked again"


def test_a_swap_after_the_close_opens_the_case_for_somebody_else(store: Store) -> None:
    (case, sara), omar = taken(store), human(store, "Omar")
    with store.begin() as connection:
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
        assert transfer.swap(connection, store.vault, str(connection.scalar(select(people.c.id))))
        row = cases.one(connection, case)
    assert (row.status, row.offered_to, row.outcome) == ("waiting", omar, None)


def test_without_a_human_there_is_nothing_to_swap(store: Store) -> None:
    handled(store, "hallo")
    contact = only_contact(store)
    with store.begin() as connection:
        assert not transfer.swap(connection, store.vault, contact)
        cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=None, wording=[])
        assert not transfer.swap(connection, store.vault, contact)
    assert told(store) == []


def test_the_former_human_is_told_neutrally_and_without_content(store: Store) -> None:
    _, sara = taken(store)
    human(store, "Omar")
    with store.begin() as connection:
        values = {"mails": True, "email": store.vault.close("sara@example.org"), "email_hash": "x"}
        connection.execute(update(staff).where(staff.c.id == sara).values(**values))
        transfer.swap(connection, store.vault, str(connection.scalar(select(people.c.id))))
        rows = connection.execute(select(staff_notices).where(staff_notices.c.user_id == sara)).all()
    assert "news" in [one.kind for one in rows]


def has_human(human_: str | None = "Sara", status: str = "taken") -> Person:
    person = Person(known={"case": {"status": status, "scope": "story", "to": "advisor", "urgent": None, "outcome": None}, "human": human_})
    person.known["first"] = False
    return person


@pytest.mark.parametrize(
    "asks",
    [
        lambda person: person.happens("returned"),
        lambda person: person.happens("timer", timer="how_was_it", args={}),
        lambda person: person.word("ask_human"),
        lambda person: person.says("complain"),
    ],
)
def test_somebody_else_is_one_tap_away_in_these_moments_and_no_reason_is_asked(asks: Any) -> None:
    person = has_human()
    said = asks(person)
    assert "swap" in said.choices
    assert len(said.choices) <= 5
    said = person.taps("swap")
    assert said.did("swap")
    assert said.replies[-1] == "ask_meanwhile"
    assert "waarom" not in said.text.casefold()


def test_who_has_no_human_is_offered_one() -> None:
    person = Person()
    person.known["first"] = False
    person.happens("timer", timer="check_in", args={})
    assert person.taps("swap").replies[-1] == "ask_consent"


def test_nobody_is_offered_a_swap_before_they_have_a_human() -> None:
    assert "swap" not in Person().says("complain").choices
    assert "swap" not in has_human(None, "waiting").word("ask_human").choices


# Volunteers are protected


@pytest.mark.parametrize("words", ["", "het was zwaar"])
def test_a_volunteer_hands_back_and_an_advisor_is_asked(store: Store, words: str) -> None:
    case, sara = taken(store, role="ambassador")
    omar = human(store, "Omar")
    with store.begin() as connection:
        transfer.hand_back(connection, store.vault, case, sara, words=words)
        row = cases.one(connection, case)
        assert (row.status, row.to, row.owner_id, row.offered_to) == ("waiting", "advisor", None, omar)
        assert connection.scalar(select(people.c.human_id)) is None
        theirs = notes.read(connection, store.vault, case, sara, others=False, debriefs=False)
        advisors = notes.read(connection, store.vault, case, omar, others=True, debriefs=False)
        coordinators = notes.read(connection, store.vault, case, "marijke", others=False, debriefs=True)
    expected = [words] if words else []
    assert [[one.text for one in read] for read in (theirs, coordinators, advisors)] == [expected, expected, []]
    assert told(store)[-1] == "Een andere mens helpt u straks verder."


def test_only_who_has_a_case_hands_it_back(store: Store) -> None:
    (case, sara), omar = taken(store), human(store, "Omar")
    with pytest.raises(cases.Taken), store.begin() as connection:
        transfer.hand_back(connection, store.vault, case, omar)
    with store.begin() as connection:
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
    with pytest.raises(cases.Closed), store.begin() as connection:
        transfer.hand_back(connection, store.vault, case, sara)


DANGER = Thought(answers=[Answer("safety_general"), Answer("ask_now_safe")], effects=[{"effect": "alert", "urgent": "violence"}])


@pytest.mark.parametrize(("role", "relieved"), [("ambassador", True), ("advisor", False)])
def test_what_turns_urgent_goes_to_advisors_at_once_and_the_volunteer_may_stay_beside(store: Store, role: str, relieved: bool) -> None:
    case, sara = taken(store, role=role)
    omar = human(store, "Omar")
    write(store, "hij slaat mij")
    asyncio.run(turns(store, lambda turn: DANGER).run_one())
    with store.begin() as connection:
        row = cases.one(connection, case)
        along = connection.execute(select(joined.c.user_id, joined.c.how, joined.c.status)).all()
        speaker = connection.scalar(select(talks.c.owner))
    if not relieved:
        assert (row.status, row.owner_id, along, speaker) == ("taken", sara, [], sara)
        return
    assert (row.status, row.to, row.owner_id, row.offered_to, row.urgent) == ("waiting", "advisor", None, omar, "violence")
    assert [tuple(one) for one in along] == [(sara, "bridge", "agreed")]
    assert speaker == "bot", "nobody else has the talk: the safety line is not held back for a human"
    with store.begin() as connection:
        cases.take(connection, case, omar)
        cases.reply(connection, store.vault, case, sara, {"text": "Ik ben er ook nog."})
        assert cases.one(connection, case).owner_id == omar
    assert texts(store)[-1][2] == "Sara:\nIk ben er ook nog."


@pytest.mark.parametrize(("role", "at_once"), [("ambassador", True), ("advisor", False)])
def test_the_safety_line_waits_for_a_human_only_where_there_is_one(store: Store, role: str, at_once: bool) -> None:
    taken(store, role=role)
    write(store, "hij slaat mij")
    asyncio.run(turns(store, lambda turn: DANGER).run_one())
    with store.begin() as connection:
        row = connection.execute(select(messages).where(messages.c.kind == "safety")).one()
    assert ((row.due_at - row.at).total_seconds() < 5) is at_once
