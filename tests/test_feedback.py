"""How a transfer went: the person is asked once, neutrally, while it still holds; staff may say it too; counts hold nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from bot import aftercare, cases, feedback, timers, transfer, users
from bot.clock import Clock
from bot.counters import totals
from bot.scene import Scene
from bot.store import Store
from bot.tables import contacts as people
from bot.tables import conversations, messages
from bot.tables import feedback as table
from bot.workers import NOTICES
from tests.people import only_contact, texts, turns, write


class Given:
    """A case that Sara gave to Omar."""

    def __init__(self, store: Store) -> None:
        self.store = store
        write(store)
        asyncio.run(turns(store).run_one())
        self.contact = only_contact(store)
        with store.begin() as connection:
            self.sara, self.omar, self.noor = (users.add_user(connection, name, "advisor") for name in ("Sara", "Omar", "Noor"))
            self.case = cases.open_case(connection, store.vault, self.contact, to="advisor", scope="all", which=None, wording=[])
            cases.take(connection, self.case, self.sara)
            cases.assign(connection, self.case, self.sara, self.omar)

    def later(self, clock: Clock, days: float = 3.01) -> list[str]:
        """Time passes; gives what was asked of the person."""
        clock.shift += timedelta(days=days)
        with self.store.begin() as connection:
            while timers.fire(connection, self.store.vault, NOTICES):
                pass
        return [text for kind, status, text in texts(self.store) if kind == "notice" and status == "queued" and "gesprekken met" in text]

    def says(self, text: str) -> None:
        """The person answers."""
        write(self.store, text)
        asyncio.run(turns(self.store).run_one())

    def rows(self) -> list[tuple[str | None, str, str | None]]:
        """(who, about, answer) of all that was asked."""
        with self.store.begin() as connection:
            return [(row.name, row.about, row.answer) for row in feedback.of_case(connection, self.case)]


def test_the_person_is_asked_three_days_after_a_transfer_once(store: Store, moved: Clock) -> None:
    given = Given(store)
    assert given.later(moved, 2.9) == []
    asked = given.later(moved, 0.2)
    assert len(asked) == 1
    assert "Omar" in asked[0]
    assert given.later(moved, 10) == asked, "and not again"


@pytest.mark.parametrize(
    ("text", "answer", "heard"),
    [
        ("1", "good", "Wat fijn om te horen."),
        ("Niet zo goed", "less", "Dank u dat u dit zegt. U mag altijd om iemand anders vragen."),
        ("iemand anders", "other", "Dat is goed, ik zoek een andere mens."),
    ],
)
def test_each_answer_is_kept_counted_and_heard(store: Store, moved: Clock, text: str, answer: str, heard: str) -> None:
    given = Given(store)
    given.later(moved)
    given.says(text)
    assert (None, "transfer", answer) in given.rows()
    assert texts(store)[-1][2] == heard
    with store.begin() as connection:
        assert totals(connection, "transfer") == {f"person_{answer}": 1}
        row = cases.one(connection, given.case)
        assert (row.status, row.owner_id) == (("waiting", None) if answer == "other" else ("taken", given.omar))
        assert (row.offered_to == given.omar) is False


def test_an_answer_counts_once(lite: Store, moved: Clock) -> None:
    given = Given(lite)
    given.later(moved)
    given.says("1")
    with lite.begin() as connection:
        asked = connection.execute(select(table).where(table.c.user_id.is_(None))).one()
        scene = Scene(connection, lite.vault, given.contact, "", "nl")
        feedback.answered(scene, asked.id, "other")
        feedback.answered(scene, "nothing", "good")
        said = [row.reply for row in connection.execute(select(messages).order_by(messages.c.seq)) if row.reply]
        assert said[-2:] == ["all_right", "all_right"]  # an older button is no silence
        assert totals(connection, "transfer") == {"person_good": 1}
        assert cases.one(connection, given.case).status == "taken"


def test_somebody_else_is_not_swapped_for_who_came_since(lite: Store, moved: Clock) -> None:
    given = Given(lite)
    given.later(moved)
    moved.shift += timedelta(minutes=1)
    with lite.begin() as connection:
        cases.assign(connection, given.case, given.omar, given.noor)
    given.says("iemand anders")
    with lite.begin() as connection:
        assert cases.one(connection, given.case).owner_id == given.noor


def _closed(given: Given) -> None:
    with given.store.begin() as connection:
        cases.close(connection, given.store.vault, given.case, given.omar, outcome="helped", next_step=None)


def _given_on(given: Given) -> None:
    with given.store.begin() as connection:
        cases.assign(connection, given.case, given.omar, given.noor)
        timers.cancel(connection, given.contact, "went")


def _handed_back(given: Given) -> None:
    with given.store.begin() as connection:
        transfer.hand_back(connection, given.store.vault, given.case, given.omar)


def _stopped(given: Given) -> None:
    given.says("stop")


def _quiet(given: Given) -> None:
    with given.store.begin() as connection:
        connection.execute(update(people).values(quiet=True))


def _minor(given: Given) -> None:
    with given.store.begin() as connection:
        connection.execute(update(people).values(minor=True))


@pytest.mark.parametrize("what", [_closed, _given_on, _handed_back, _stopped, _quiet, _minor])
def test_a_transfer_that_is_past_is_not_asked_about(lite: Store, moved: Clock, what: Callable[[Given], None]) -> None:
    given = Given(lite)
    what(given)
    assert given.later(moved) == []


def test_it_waits_for_the_safe_time(lite: Store, moved: Clock) -> None:
    moved.shift = datetime(2026, 11, 23, 9, 0, tzinfo=UTC) - datetime.now(UTC)  # ten in the morning there
    given = Given(lite)
    with lite.begin() as connection:
        aftercare.set_safe_hours(connection, given.case, given.omar, "14:00", "16:00")
    assert given.later(moved) == []
    assert given.later(moved, 3.7 / 24) == []
    assert len(given.later(moved, 0.2 / 24)) == 1


def test_it_is_not_asked_in_the_middle_of_a_talk(lite: Store, moved: Clock) -> None:
    given = Given(lite)
    moved.shift += timedelta(days=3)
    given.says("nog iets")
    assert given.later(moved, 0.01) == []
    assert len(given.later(moved, 0.05)) == 1


def test_both_humans_may_say_how_it_went(store: Store) -> None:
    given = Given(store)
    assert given.rows() == [("Sara", "transfer", None), ("Omar", "transfer", None)]
    with store.begin() as connection:
        assert [row.case_id for row in feedback.open_for(connection, given.sara)] == [given.case]
        feedback.write(connection, store.vault, given.case, given.sara, "transfer", "better", "het ging snel")
        assert feedback.open_for(connection, given.sara) == []
        assert totals(connection, "transfer") == {"staff_better": 1}
        held = connection.execute(select(table).where(table.c.user_id == given.sara)).one()
        assert b"snel" not in held.words
        assert store.vault.open(held.words) == "het ging snel"


def test_only_who_is_asked_may_say_it(lite: Store) -> None:
    given = Given(lite)
    for who, about in ((given.noor, "transfer"), (given.sara, "close")):
        with pytest.raises(KeyError), lite.begin() as connection:
            feedback.write(connection, lite.vault, given.case, who, about, "good", "")
    with pytest.raises(ValueError, match="fantastic"), lite.begin() as connection:
        feedback.write(connection, lite.vault, given.case, given.sara, "transfer", "fantastic", "")


def test_who_closes_may_say_how_it_went_and_is_not_pressed(lite: Store) -> None:
    given = Given(lite)
    _closed(given)
    assert ("Omar", "close", None) in given.rows()
    with lite.begin() as connection:
        assert all(row.about == "transfer" for row in feedback.open_for(connection, given.omar))


def test_the_question_names_no_topic_and_may_be_asked_while_a_human_has_the_talk(lite: Store, moved: Clock) -> None:
    given = Given(lite)
    given.later(moved)
    with lite.begin() as connection:
        assert connection.scalar(select(conversations.c.owner)) == given.omar
        row = connection.execute(select(messages).where(messages.c.reply == "ask_went")).one()
    body = lite.vault.open_json(row.body) or {}
    assert [one["label"] for one in body["choices"]] == ["Goed", "Niet zo goed", "Liever iemand anders"]
