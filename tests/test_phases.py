"""The road of a person with its dates; how they judge it themselves; a closed case opened again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import cases, consent, contacts, conversations, effects, outcome, phases
from bot.clock import Clock, now
from bot.console import story
from bot.scene import Scene
from bot.store import Store
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import messages, timers
from bot.tables import phases as phase_table
from tests.people import human, only_contact, texts, write


def carry(store: Store, *found: dict[str, Any]) -> None:
    message = write(store, "ja")
    assert message is not None
    with store.begin() as connection:
        contact = str(connection.scalar(select(people.c.id)))
        effects.carry_out(Scene(connection, store.vault, contact, message, "nl"), list(found))


def road(store: Store) -> list[str]:
    with store.begin() as connection:
        return [phase for phase, _ in phases.reached(connection, str(connection.scalar(select(people.c.id))))]


def closed(store: Store) -> tuple[str, str]:
    """A case that Sara had and closed; gives the case and Sara."""
    write(store, "ik zoek werk")
    sara, contact = human(store), only_contact(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=["alles"])
        cases.take(connection, case, sara)
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
    return case, sara


def row(store: Store, case: str) -> Any:
    with store.begin() as connection:
        return connection.execute(select(table).where(table.c.id == case)).one()


def test_each_phase_has_the_date_it_was_first_come_to(store: Store, moved: Clock) -> None:
    began = now()
    carry(store, {"effect": "record_phase", "phase": "acquainted"})
    moved.shift = timedelta(days=2)
    carry(store, {"effect": "record_phase", "phase": "orienting"}, {"effect": "record_phase", "phase": "context"})
    carry(store, {"effect": "record_phase", "phase": "orienting"})
    with store.begin() as connection:
        found = phases.reached(connection, contacts.find(connection, store.vault, "whatsapp", "+31600000001") or "")
    assert [phase for phase, _ in found] == ["reached", "acquainted", "orienting"]  # forward only: a step not made has no date
    days = [(at - began).days for _, at in found]
    assert days == [0, 0, 2]


def test_the_road_of_somebody_else_begins_again(store: Store) -> None:
    carry(store, {"effect": "record_phase", "phase": "context"})
    carry(store, {"effect": "new_acquaintance"})
    assert road(store) == ["reached"]


def test_a_human_takes_over_and_closes_and_both_have_a_date(store: Store) -> None:
    closed(store)
    assert road(store) == ["reached", "handed_over", "followed_up"]


@pytest.mark.parametrize("answer", ["better", "same", "stuck"])
def test_the_persons_own_judgement_stands_beside_the_humans(store: Store, answer: str) -> None:
    case, sara = closed(store)
    carry(store, {"effect": "feedback", "answer": answer, "words": False})
    held = row(store, case)
    assert (held.own_outcome, held.own_outcome_at is not None) == (answer, True)
    assert (held.status, held.outcome) == (("waiting", None) if answer == "stuck" else ("closed", "helped"))
    with store.begin() as connection:
        assert connection.scalar(select(people.c.human_id)) == sara


def test_a_word_about_no_case_changes_nothing(store: Store) -> None:
    carry(store, {"effect": "feedback", "answer": "better", "words": False})


def test_opening_again_gives_the_talk_to_the_human_and_tells_the_person_nothing(store: Store) -> None:
    case, sara = closed(store)
    before = texts(store)
    with store.begin() as connection:
        outcome.reopen(connection, case, sara)
        talk = conversations.lock(connection, str(connection.scalar(select(people.c.id))))
    assert talk is not None
    held = row(store, case)
    assert (held.status, held.owner_id, held.closed_at, talk.owner) == ("taken", sara, None, sara)
    assert texts(store) == before


def shown(store: Store, case: str) -> list[str]:
    with store.begin() as connection:
        held = story.find(connection, case)
        bodies = connection.scalars(select(messages.c.body).where(story.visible(connection, held)).order_by(messages.c.seq)).all()
        return [(store.vault.open_json(body) or {})["text"] for body in bodies]


@pytest.mark.parametrize("by", ["human", "person"])
def test_what_the_bot_heard_in_between_stays_between_them(store: Store, moved: Clock, by: str) -> None:
    case, sara = closed(store)
    moved.shift = timedelta(hours=1)
    write(store, "dit is alleen voor de bot")
    moved.shift = timedelta(hours=2)
    if by == "human":
        with store.begin() as connection:
            outcome.reopen(connection, case, sara)
    else:
        carry(store, {"effect": "feedback", "answer": "stuck", "words": False})
    write(store, "dit is weer voor Sara")
    told = [text for text in shown(store, case) if text]
    assert told[0] == "ik zoek werk"
    assert told[-1] == "dit is weer voor Sara"
    assert "dit is alleen voor de bot" not in told


def withdrawn(store: Store, case: str) -> None:
    with store.begin() as connection:
        consent.withdraw(connection, str(connection.scalar(select(people.c.id))), "handover")


def somebody_else(store: Store, case: str) -> None:
    carry(store, {"effect": "new_acquaintance"})


def later_case(store: Store, case: str) -> None:
    with store.begin() as connection:
        contact = str(connection.scalar(select(people.c.id)))
        cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=None, wording=["ja"])


def open_already(store: Store, case: str) -> None:
    with store.begin() as connection:
        connection.execute(update(table).where(table.c.id == case).values(status="taken"))


@pytest.mark.parametrize(
    ("happened", "reason"),
    [(withdrawn, "reopen_no_yes"), (somebody_else, "reopen_somebody"), (later_case, "reopen_later"), (open_already, "not_closed")],
)
def test_a_case_stays_closed_where_it_must(store: Store, moved: Clock, happened: Any, reason: str) -> None:
    case, sara = closed(store)
    moved.shift = timedelta(hours=1)
    happened(store, case)
    with pytest.raises(outcome.CannotReopen) as wrong, store.begin() as connection:
        outcome.reopen(connection, case, sara)
    assert wrong.value.reason == reason


def test_phases_go_with_the_person(store: Store) -> None:
    carry(store, {"effect": "record_phase", "phase": "context"})
    with store.begin() as connection:
        contacts.erase(connection, str(connection.scalar(select(people.c.id))))
        assert connection.scalar(select(timers.c.id)) is None
        assert connection.execute(select(phase_table)).all() == []
