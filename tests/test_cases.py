"""A case waits, is taken by one human, answered, returned or closed; urgent ones come first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot import cases, contacts
from bot.clock import Clock
from bot.store import Store
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import conversations, timers
from tests.people import human, only_contact, texts, write


def waiting(store: Store, address: str = "+31600000001", **urgent: str) -> str:
    """A person whose case waits; gives the case."""
    message = write(store, "hallo", address=address)
    with store.begin() as connection:
        contact = contacts.find(connection, store.vault, "whatsapp", address)
        assert contact is not None
        assert message is not None
        if urgent:
            return cases.alert(connection, contact, message, urgent["urgent"], urgent.get("strength", "sure"))
        return cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=None, wording=["alles"])


def owner(store: Store) -> str:
    with store.begin() as connection:
        return str(connection.scalar(select(conversations.c.owner)))


def test_two_take_at_once_and_one_has_it(store: Store) -> None:
    case, team = waiting(store), [human(store, f"mens {number}") for number in range(8)]

    def take(user: str) -> bool:
        try:
            with store.begin() as connection:
                cases.take(connection, case, user)
        except cases.Taken:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, team)) == 1
    assert owner(store) in team


def test_take_reply_return_close(store: Store) -> None:
    case, sara = waiting(store), human(store)
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, sara, {"text": "Hallo, ik ben Sara"})
    assert owner(store) == sara
    with store.begin() as connection:
        cases.give_back(connection, store.vault, case, sara)
    assert owner(store) == "bot"
    with store.begin() as connection:
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step={"text": "Tot dinsdag 10:00"})
        row = cases.one(connection, case)
        assert (row.status, row.outcome) == ("closed", "helped")
        assert connection.scalar(select(people.c.human_id)) == sara
        assert {one.name for one in connection.execute(select(timers)).all()} >= {"returned", "how_was_it"}
    assert [text for _, _, text in texts(store)] == ["Hallo, ik ben Sara", "Tot dinsdag 10:00"]


def test_another_human_cannot_write_return_or_close(store: Store) -> None:
    case, sara, omar = waiting(store), human(store), human(store, "Omar")
    with store.begin() as connection:
        cases.take(connection, case, sara)
    for act in (
        lambda connection: cases.reply(connection, store.vault, case, omar, {"text": "x"}),
        lambda connection: cases.give_back(connection, store.vault, case, omar),
        lambda connection: cases.close(connection, store.vault, case, omar, outcome="helped", next_step=None),
    ):
        with pytest.raises(cases.Taken), store.begin() as connection:
            act(connection)
    assert texts(store) == []


def test_a_reply_that_cannot_be_sent_takes_nothing(store: Store, moved: Clock) -> None:
    case, sara = waiting(store), human(store)
    moved.shift += timedelta(hours=25)
    with pytest.raises(cases.CannotReach) as wrong, store.begin() as connection:
        cases.reply(connection, store.vault, case, sara, {"text": "hallo"})
    assert wrong.value.reason == "window"
    assert owner(store) == "bot"


def test_after_stop_a_human_is_told_that_nothing_goes_out(store: Store) -> None:
    case, sara, contact = waiting(store), human(store), only_contact(store)
    with store.begin() as connection:
        contacts.stop(connection, contact)
    with pytest.raises(cases.CannotReach, match="stopped"), store.begin() as connection:
        cases.reply(connection, store.vault, case, sara, {"text": "hallo"})


def test_the_queue_has_what_can_kill_first_and_then_who_waits_longest(store: Store, moved: Clock) -> None:
    made = {}
    for index, (name, urgent, strength) in enumerate(
        [
            ("gewoon 1", None, ""),
            ("geen huis", "homeless", "sure"),
            ("misschien", "self_harm", "maybe"),
            ("medisch", "medical", "sure"),
            ("gewoon 2", None, ""),
        ]
    ):
        moved.shift += timedelta(minutes=1)
        values = {"urgent": urgent, "strength": strength} if urgent else {}
        made[waiting(store, f"+3160000000{index}", **values)] = name
    with store.begin() as connection:
        order = [made[row.id] for row in cases.queue(connection, "waiting")]
    assert order == ["medisch", "geen huis", "misschien", "gewoon 1", "gewoon 2"]


def test_a_no_after_an_alert_closes_it_unless_a_human_has_it(store: Store) -> None:
    case, contact = waiting(store, urgent="violence"), only_contact(store)
    with store.begin() as connection:
        cases.withdraw_alert(connection, contact)
        assert cases.one(connection, case).status == "closed"


def test_assign_moves_the_talk_to_the_other_human(store: Store) -> None:
    case, sara, omar = waiting(store), human(store), human(store, "Omar")
    with store.begin() as connection:
        cases.take(connection, case, sara)
        cases.assign(connection, case, sara, omar)
        assert connection.scalar(select(table.c.owner_id)) == omar
    assert owner(store) == omar
    with pytest.raises(KeyError), store.begin() as connection:
        cases.assign(connection, case, omar, "nobody")
