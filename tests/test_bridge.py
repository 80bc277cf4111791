"""More humans on a case: only after the person's yes, each by name, until the person's or their own no; the first stays the owner."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import asks, bridge, cases, consent, contacts, sites, together, users
from bot.brain import Thought
from bot.store import Store
from bot.tables import audit, consents, joined, messages
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import users as staff
from tests.people import answering, human, only_contact, texts, turns, write
from tests.talk.person import Person


def taken(store: Store, scope: str = "story") -> tuple[str, str]:
    """A person whose case Sara has; gives the case and Sara."""
    says(store, "hallo")
    sara = human(store)
    with store.begin() as connection:
        contact = contacts.find(connection, store.vault, "whatsapp", "+31600000001")
        case = cases.open_case(connection, store.vault, str(contact), to="advisor", scope=scope, which=None, wording=["mag"])
        cases.take(connection, case, sara)
    return case, sara


def invite(store: Store, case: str, by: str, to: str) -> None:
    with store.begin() as connection:
        bridge.invite(connection, store.vault, case, by, to)


def says(store: Store, text: str, **more: Any) -> None:
    """The person answers, and the turn runs: Rasa has no part in it."""
    write(store, text, **more)
    asyncio.run(turns(store, answering("trouble")).run_one())


def replies(store: Store, case: str, user: str, text: str) -> str:
    """What goes out when somebody writes."""
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, user, {"text": text})
    return texts(store)[-1][2]


def refused(store: Store, case: str, user: str) -> bool:
    try:
        replies(store, case, user, "x")
    except cases.Taken:
        return True
    return False


@pytest.mark.parametrize(
    ("answer", "joins"), [("ja", True), ("1", True), ("Ja", True), ("nee", False), ("2", False), ("liever niet", False)]
)
def test_a_colleague_joins_only_after_the_persons_yes(store: Store, answer: str, joins: bool) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    assert texts(store)[-1][0] == "notice"
    assert texts(store)[-1][2] == "Mag Amir dit ook lezen en u schrijven? Sara blijft erbij."
    assert refused(store, case, amir), "asked is not agreed"
    says(store, answer)
    said = "Goed, Amir leest nu mee. Later nee zeggen mag altijd." if joins else "Dat is goed, Amir leest niet mee."
    assert texts(store)[-1][2] == said
    assert refused(store, case, amir) is not joins
    with store.begin() as connection:
        assert cases.one(connection, case).owner_id == sara
        given = connection.execute(select(consents).where(consents.c.what == "come_along")).all()
        words = [store.vault.open_json(one.wording) for one in given]
    assert words == ([["Mag Amir dit ook lezen en u schrijven? Sara blijft erbij."]] if joins else [])


def test_a_yes_in_own_words_is_left_to_the_humans(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    says(store, "misschien, wie is dat dan?")
    assert refused(store, case, amir)


def test_yes_to_what_a_human_asks_later_is_no_yes_to_somebody_who_joins(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    replies(store, case, sara, "Kunt u morgen komen?")
    says(store, "ja")
    assert refused(store, case, amir)
    with store.begin() as connection:
        key = connection.scalar(select(joined.c.id))
    says(store, "Ja", picked=f"join:{key}:yes")  # a tap on that very question still counts
    assert not refused(store, case, amir)


def test_each_writes_by_name_once_there_are_two_and_the_first_stays_the_owner(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    with store.begin() as connection:
        connection.execute(update(staff).where(staff.c.id == amir).values(alias="Broer A."))
    assert replies(store, case, sara, "Dag!") == "Dag!"
    invite(store, case, sara, amir)
    says(store, "ja")
    assert replies(store, case, amir, "Ik ken dit.") == "Broer A.:\nIk ken dit."
    assert replies(store, case, sara, "Ik ook.") == "Sara:\nIk ook."
    with store.begin() as connection:
        assert (cases.one(connection, case).owner_id, connection.scalar(select(talks.c.owner))) == (sara, sara)
        with pytest.raises(cases.Taken):
            cases.close(connection, store.vault, case, amir, outcome="helped", next_step=None)


def test_who_joined_and_writes_while_the_bot_talks_brings_the_talk_back_to_its_human(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    says(store, "ja")
    with store.begin() as connection:
        cases.give_back(connection, store.vault, case, sara)
    replies(store, case, amir, "Nog iets?")
    with store.begin() as connection:
        assert connection.scalar(select(talks.c.owner)) == sara


def _person_taps_no(store: Store, case: str, sara: str, amir: str) -> None:
    with store.begin() as connection:
        key = connection.scalar(select(joined.c.id).where(joined.c.user_id == amir))
    says(store, "", picked=f"join:{key}:no")


def _leaves(store: Store, case: str, sara: str, amir: str) -> None:
    with store.begin() as connection:
        bridge.leave(connection, store.vault, case, amir)


def _ended(store: Store, case: str, sara: str, amir: str) -> None:
    with store.begin() as connection:
        bridge.leave(connection, store.vault, case, amir, by=sara)


def _withdrawn(store: Store, case: str, sara: str, amir: str) -> None:
    with store.begin() as connection:
        consent.withdraw(connection, cases.one(connection, case).contact_id, "come_along")


def _all_withdrawn(store: Store, case: str, sara: str, amir: str) -> None:
    with store.begin() as connection:
        consent.withdraw(connection, cases.one(connection, case).contact_id, "handover")


ENDS = {
    "the person's later no": (_person_taps_no, "Dat is goed, Amir leest niet mee."),
    "leaves": (_leaves, "Amir leest nu niet meer mee."),
    "the owner ends it": (_ended, "Amir leest nu niet meer mee."),
    "the yes is withdrawn": (_withdrawn, None),
    "all is withdrawn": (_all_withdrawn, None),
}


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_at_once_and_for_this_one_only(store: Store, how: str) -> None:
    (case, sara), amir, noor = taken(store), human(store, "Amir", "ambassador"), human(store, "Noor")
    for one in (amir, noor):
        invite(store, case, sara, one)
        says(store, "ja")
    end, said = ENDS[how]
    end(store, case, sara, amir)
    assert refused(store, case, amir)
    assert said is None or texts(store)[-1][2] == said
    assert refused(store, case, noor) is ("withdrawn" in how)
    with store.begin() as connection:
        assert [one.user_id for one in together.of(connection, case)] == ([] if "withdrawn" in how else [noor])
        left = connection.execute(select(consents).where(consents.c.what == "come_along", consents.c.withdrawn_at.is_(None))).all()
        assert len(left) == (0 if "withdrawn" in how else 1)


def test_who_the_person_refused_is_not_asked_for_again(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    says(store, "nee")
    with pytest.raises(bridge.SaidNo):
        invite(store, case, sara, amir)


@pytest.mark.parametrize("who", ["nobody", "the owner", "disabled"])
def test_only_somebody_who_works_here_can_be_asked(store: Store, who: str) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    with store.begin() as connection:
        users.disable(connection, amir)
    with pytest.raises(KeyError):
        invite(store, case, sara, {"nobody": "x", "the owner": sara, "disabled": amir}[who])
    assert "Mag" not in str(texts(store))


def test_only_the_owner_of_an_open_case_asks_and_only_who_can_be_reached(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    with pytest.raises(cases.Taken):
        invite(store, case, amir, amir)
    contact = only_contact(store)
    with store.begin() as connection:
        contacts.stop(connection, contact)
    with pytest.raises(cases.CannotReach):
        invite(store, case, sara, amir)
    with store.begin() as connection:
        contacts.start(connection, contact)
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
    with pytest.raises(cases.Closed):
        invite(store, case, sara, amir)


def test_where_a_message_of_ours_may_do_harm_nobody_is_asked_in(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    with store.begin() as connection:
        connection.execute(update(people).values(quiet=True))
    with pytest.raises(cases.CannotReach, match="quiet"):
        invite(store, case, sara, amir)
    assert "Mag" not in str(texts(store))


def test_an_answer_of_an_older_case_is_answered_and_changes_nothing(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    with store.begin() as connection:
        key = connection.scalar(select(joined.c.id))
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
    says(store, "", picked=f"join:{key}:yes")
    assert texts(store)[-1][2] == "Dat is goed."
    with store.begin() as connection:
        assert connection.scalar(select(joined.c.status)) == "asked"


def test_what_turned_urgent_is_nothing_for_a_volunteer_to_join(store: Store) -> None:
    (case, sara), amir = taken(store), human(store, "Amir", "ambassador")
    invite(store, case, sara, amir)
    with store.begin() as connection:
        connection.execute(update(table).values(urgent="violence", urgent_strength="sure"))
    says(store, "ja")
    assert refused(store, case, amir)


# Along with the one who gave the link


def worker(store: Store, name: str = "Fatma", role: str = "outreach") -> tuple[str, str]:
    """Somebody who shares a link; gives who, and the code."""
    user = human(store, name, role)
    with store.begin() as connection:
        return user, str(sites.create(connection, "Markt", "market", None, user).code)


def waits(store: Store) -> str:
    """A case that waits, of a person who just picked "who gave me the link"."""
    write(store, "hallo")
    worker_ = turns(store, lambda turn: Thought(effects=OPENED, state={"asked": "along"}))
    asyncio.run(worker_.run_one())
    with store.begin() as connection:
        return str(connection.scalar(select(table.c.id)))


OPENED: list[dict[str, Any]] = [
    {"effect": "record_phase", "phase": "orienting"},
    {"effect": "open_case", "to": "advisor", "scope": "this", "labels": [], "wishes": ["wish_along"], "lines": []},
]


def types(store: Store, text: str) -> str | None:
    """The person answers with a code; gives what the turn was told of it."""
    write(store, text)
    talk = turns(store, lambda turn: Thought(effects=[{"effect": "come_along"}] if turn["known"]["code"] == "found" else []))
    asyncio.run(talk.run_one())
    found: str | None = talk.brain.turns[-1]["known"]["code"]  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("typed", ["{code}", "{lower}", "de code is {code}", "{apart}", "{dashed}", "{arabic}"])
def test_a_code_brings_its_worker_after_a_yes_by_name_and_nothing_of_the_place_is_kept(store: Store, typed: str) -> None:
    (fatma, code), case = worker(store), waits(store)
    digits = {ord(str(number)): chr(0x0660 + number) for number in range(10)}
    ways = {"code": code, "lower": code.lower(), "apart": f"{code[:3]} {code[3:]}", "dashed": f"{code[:2]}-{code[2:]}"}
    assert types(store, typed.format(**ways, arabic=code.translate(digits))) == "found"
    assert texts(store)[-1][2] == "Mag Fatma dit ook lezen en u schrijven?"
    says(store, "ja")
    with store.begin() as connection:
        rows = connection.execute(select(joined)).all()
        assert [(one.case_id, one.user_id, one.how, one.status) for one in rows] == [(case, fatma, "along", "agreed")]
        bodies = [str(store.vault.open_json(one)) for one in connection.scalars(select(messages.c.body)).all()]
        kept = str([dict(one) for table_ in (audit, table, joined) for one in connection.execute(select(table_)).mappings()])
    assert not [one for one in [*bodies, kept] if code.lower() in one.lower() or "Markt" in one]
    assert replies(store, case, fatma, "Ik ben er ook bij.") == "Ik ben er ook bij."
    with store.begin() as connection:
        assert cases.one(connection, case).status == "waiting", "whoever comes along takes nothing"
        bridge.leave(connection, store.vault, case, fatma)
        assert connection.scalar(select(talks.c.owner)) == "bot", "nobody has the talk now"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("ZZZZZ9", "wrong"),
        ("k7 m", "wrong"),
        ("12345", "wrong"),
        ("dat weet ik niet", None),
        ("ik woon hier al 12 jaar met mijn kinderen", None),
    ],
)
def test_what_is_no_code_of_ours(lite: Store, text: str, heard: str | None) -> None:
    worker(lite)
    waits(lite)
    assert types(lite, text) == heard


def test_a_code_counts_only_when_it_was_asked_for_and_its_maker_still_works_here(lite: Store) -> None:
    (fatma, code), (_, of_marijke) = worker(lite), worker(lite, "Marijke", "coordinator")
    waits(lite)
    assert types(lite, of_marijke) == "wrong"
    with lite.begin() as connection:
        connection.execute(update(talks).values(state=lite.vault.close_json({"asked": "along"})))
        users.disable(connection, fatma)
    assert types(lite, code) == "wrong"
    with lite.begin() as connection:
        connection.execute(update(talks).values(state=lite.vault.close_json({"asked": "goal"})))
        users.enable(connection, fatma)
    assert types(lite, code) is None


def wishes_along(person: Person) -> Any:
    person.says("goal_find_work")
    person.says("ask_peer")
    person.taps("wish_along")
    return person.taps("share_this")


def test_the_talk_asks_for_the_code_once_the_person_said_yes() -> None:
    said = wishes_along(Person())
    assert said.replies[-1] == "ask_along"
    assert said.choices == ["no_code"]


@pytest.mark.parametrize(
    ("turns_", "last"),
    [
        ([("says", "wrong")], "ask_along"),
        ([("says", "wrong"), ("says", "wrong")], "along_skipped"),
        ([("says", "wrong"), ("says", "found")], "come_along"),
        ([("says", "found")], "come_along"),
        ([("taps", "no_code")], "along_skipped"),
        ([("no", None)], "along_skipped"),
    ],
)
def test_a_wrong_code_is_asked_for_once_more_then_let_go(turns_: list[tuple[str, Any]], last: str) -> None:
    person = Person()
    wishes_along(person)
    for how, value in turns_:
        person.known["code"] = value if how == "says" else None
        said = person.taps(value) if how == "taps" else person.says("deny") if how == "no" else person.says("goal_learn", text="AB12")
    assert last in ([one["effect"] for one in said.effects] + said.replies)
    assert last != "ask_along" or said.replies == ["code_wrong", "ask_along"]


def test_danger_is_heard_before_any_code() -> None:
    person = Person()
    wishes_along(person)
    person.known["code"] = "wrong"
    assert person.says("urgent", urgent="violence", urgent_strength="sure").messages[0].kind == "safety"


def test_the_wish_is_offered_to_everybody_within_five_choices() -> None:
    person = Person()
    person.says("goal_find_work")
    assert person.says("ask_peer").choices == ["wish_woman", "wish_outside", "wish_interpreter", "wish_along", "wish_none"]


def test_the_topic_is_heard_by_the_gateway() -> None:
    from bot import workers  # noqa: F401  what a gateway imports

    assert bridge.TOPIC in asks.HANDLERS
