"""The one word on when a human reads (conversation.md, rule 10): true, once, and never while that human is there."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot import cases, facts, timers, waiting
from bot.clock import Clock
from bot.store import Store
from tests.people import human, only_contact, texts, turns, write

ALWAYS = {day: ["00:00-23:59"] for day in facts.DAYS}
NEVER: dict[str, list[str]] = {}


def taken(store: Store, hours: dict[str, list[str]]) -> tuple[str, str]:
    """A case a human has taken; gives case and human."""
    write(store)
    asyncio.run(turns(store).run_one())
    sara, contact = human(store), only_contact(store)
    with store.begin() as connection:
        facts.write(connection, "hours", hours)
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, sara)
    return case, sara


def says(store: Store, text: str = "bent u daar?") -> None:
    write(store, text)
    asyncio.run(turns(store).run_one())


def answers(store: Store, case: str, who: str) -> None:
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, who, {"text": "ja hoor"})


def passes(store: Store, clock: Clock, minutes: int) -> None:
    clock.shift += timedelta(minutes=minutes)
    with store.begin() as connection:
        while timers.fire(connection, store.vault, {"says_when": waiting.late}):
            pass


def notices(store: Store) -> int:
    return len([kind for kind, _, text in texts(store) if kind == "notice" and "Sara" in text])


def test_outside_hours_it_is_said_at_once(lite: Store, moved: Clock) -> None:
    taken(lite, NEVER)
    passes(lite, moved, 60)
    says(lite)
    says(lite)
    assert notices(lite) == 1


@pytest.mark.parametrize("wrote", [True, False])
def test_a_human_who_is_there_is_not_said_to_read_later_whatever_the_hours(lite: Store, moved: Clock, wrote: bool) -> None:
    case, sara = taken(lite, NEVER)
    if wrote:
        passes(lite, moved, 60)
        answers(lite, case, sara)
    says(lite, "dank u wel")
    assert notices(lite) == 0
    passes(lite, moved, 11)
    assert notices(lite) == 1


def test_silence_after_an_answered_word_is_not_left_without_a_word(lite: Store, moved: Clock) -> None:
    case, sara = taken(lite, ALWAYS)
    says(lite)
    answers(lite, case, sara)
    passes(lite, moved, 11)
    assert notices(lite) == 0
    says(lite, "nog een vraag")
    passes(lite, moved, 11)
    assert notices(lite) == 1
