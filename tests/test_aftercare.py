"""Afterwards: check-ins as agreed and no others, a safe time kept to, nothing said late that the talk has moved past."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from bot import aftercare, cases, consent, contacts, conversations, effects, outbox, timers
from bot.brain import Answer, Thought
from bot.clock import Clock, now
from bot.safe_time import safe_moment, span, within
from bot.scene import Scene
from bot.store import Store
from bot.tables import cases as case_table
from bot.tables import consents, messages
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import timers as timer_table
from bot.workers import NOTICES
from tests.people import human, only_contact, texts, turns, write
from tests.talk.person import Person

AT_TEN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # Monday, ten in Amsterdam


def begin(clock: Clock, at: datetime = AT_TEN) -> None:
    """The clock stands at this moment."""
    clock.shift = at - datetime.now(UTC)


def closed_case(store: Store, *, first_day: datetime | None = None) -> tuple[str, str, str]:
    """A person whose case a human closed; gives contact, case and human."""
    message = write(store)
    asyncio.run(turns(store).run_one())
    assert message
    sara, contact = human(store), only_contact(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, sara)
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None, first_day=first_day)
    return contact, case, sara


def does(store: Store, contact: str, effect: str, **fields: Any) -> None:
    """The effect of a turn in which the person said something."""
    message = write(store, "ja")
    asyncio.run(turns(store, lambda turn: Thought(effects=[{"effect": effect, **fields}])).run_one())
    assert message


def due(store: Store, name: str = "check_in") -> list[int]:
    """In how many days each open timer of a name is due."""
    with store.begin() as connection:
        query = select(timer_table.c.due_at).where(timer_table.c.name == name, timer_table.c.done_at.is_(None))
        return sorted(round((at - now()) / timedelta(days=1)) for at in connection.scalars(query))


def fires(store: Store) -> None:
    with store.begin() as connection:
        while timers.fire(connection, store.vault, NOTICES):
            pass


def asks_how(turn: dict[str, Any]) -> Thought:
    """What the actions say to a timer."""
    timer = (turn["act"] or {}).get("timer")
    return Thought(
        answers=[Answer("its_us", {"public_name": "Inloop"}), Answer("ask_how_was_it")] if timer else [], state={"asked": "how_was_it"}
    )


def run(store: Store) -> list[str]:
    """Let timers fire and turns run; gives what was asked of the person by it."""
    before = len(texts(store))
    fires(store)
    worker = turns(store, asks_how)
    while asyncio.run(worker.run_one()):
        pass
    return [text for _, _, text in texts(store)[before:] if "Hoe gaat het nu?" in text]


def waits(store: Store, days: float, clock: Clock) -> list[str]:
    clock.shift += timedelta(days=days)
    return run(store)


# Check-ins: agreed, counted from the first day, three and then as long as wanted.


def test_none_before_a_yes(lite: Store, moved: Clock) -> None:
    begin(moved)
    closed_case(lite)
    assert due(lite) == []
    assert due(lite, "how_was_it") == [2]


@pytest.mark.parametrize(("ahead", "days"), [(None, [2, 7, 21]), (10, [12, 17, 31]), (-5, [2, 16]), (-30, [])])
def test_three_counted_from_the_first_day(store: Store, moved: Clock, ahead: int | None, days: list[int]) -> None:
    begin(moved)
    contact, _, _ = closed_case(store, first_day=None if ahead is None else now() + timedelta(days=ahead))
    does(store, contact, "agree_check_ins")
    assert due(store) == days


def test_the_yes_keeps_its_words(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    with lite.begin() as connection:
        held = connection.execute(select(consents).where(consents.c.what == "check_ins")).one()
    assert lite.vault.open_json(held.wording) == ["Mag ik later nog vragen hoe het gaat?"]


def test_a_moved_first_day_counts_anew_what_was_not_asked_yet(store: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(store)
    does(store, contact, "agree_check_ins")
    assert len(waits(store, 2.1, moved)) == 1
    with store.begin() as connection:
        aftercare.set_first_day(connection, case, sara, now() + timedelta(days=1))
    assert due(store) == [8, 22], "the one of two days was asked and is not asked again"
    with store.begin() as connection:
        aftercare.set_first_day(connection, case, sara, now() - timedelta(days=10))
    assert due(store) == [11], "a week after that day is past"
    with store.begin() as connection:
        aftercare.set_first_day(connection, case, sara, now())
    assert due(store) == [7, 21]


def test_after_the_third_once_every_three_weeks_as_long_as_wanted_up_to_three_months(store: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(store)
    does(store, contact, "agree_check_ins")
    asked, days = [], 0
    for _ in range(20):
        moved.shift += timedelta(days=7)
        days += 7
        if run(store):
            asked.append(days)
            does(store, contact, "agree_check_ins", more=True)
            does(store, contact, "agree_check_ins", more=True)  # tapped twice
    assert asked == [7, 21, 42, 63, 84], "the one of 2 days was late and came with that of a week; then every three weeks until 90 days"


def test_at_the_third_it_is_known_that_more_may_be_asked(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    with lite.begin() as connection:
        rows = connection.execute(select(timer_table).where(timer_table.c.name == "check_in").order_by(timer_table.c.due_at)).all()
    assert [(row.args["days"], row.args["go_on"]) for row in rows] == [(2, False), (7, False), (21, True)]


def test_a_no_ends_them(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    does(lite, contact, "no_check_ins")
    with lite.begin() as connection:
        aftercare.set_first_day(connection, case, sara, now())
    assert due(lite) == []


def test_a_yes_for_one_case_is_none_for_the_next(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, sara = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    moved.shift += timedelta(days=1)
    with lite.begin() as connection:
        case = cases.open_case(connection, lite.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, sara)
        cases.close(connection, lite.vault, case, sara, outcome="helped", next_step=None)
        assert not aftercare.agreed(connection, contact)
    assert due(lite) == []
    does(lite, contact, "agree_check_ins")
    assert due(lite) == [2, 7, 21]


def test_a_first_day_set_before_closing_stays(lite: Store, moved: Clock) -> None:
    begin(moved)
    _, case, sara = closed_case(lite)
    with lite.begin() as connection:
        effects.reopen(Scene(connection, lite.vault, only_contact_of(connection), "", "nl"))
        cases.take(connection, case, sara)
        aftercare.set_first_day(connection, case, sara, AT_TEN)
        cases.close(connection, lite.vault, case, sara, outcome="helped", next_step=None)
        assert connection.scalar(select(case_table.c.first_day)) == AT_TEN


def only_contact_of(connection: Connection) -> str:
    return str(connection.scalar(select(people.c.id)))


# What is not said.


def _stop(store: Store, contact: str, case: str, sara: str) -> None:
    write(store, "stop")
    asyncio.run(turns(store).run_one())


def _stop_and_start(store: Store, contact: str, case: str, sara: str) -> None:
    for word in ("stop", "start"):
        write(store, word)
        asyncio.run(turns(store).run_one())


def _gone(store: Store, contact: str, case: str, sara: str) -> None:
    with store.begin() as connection:
        contacts.gone(connection, contact)


def _minor(store: Store, contact: str, case: str, sara: str) -> None:
    does(store, contact, "minor")


def _violence(store: Store, contact: str, case: str, sara: str) -> None:
    does(store, contact, "quiet", on=True)


def _taken(store: Store, contact: str, case: str, sara: str) -> None:
    with store.begin() as connection:
        conversations.give_to(connection, contact, sara)


def _waiting(store: Store, contact: str, case: str, sara: str) -> None:
    with store.begin() as connection:
        effects.reopen(Scene(connection, store.vault, contact, "", "nl"))


def _no(store: Store, contact: str, case: str, sara: str) -> None:
    does(store, contact, "no_check_ins")


def _somebody_else(store: Store, contact: str, case: str, sara: str) -> None:
    does(store, contact, "new_acquaintance")


def _nothing(store: Store, contact: str, case: str, sara: str) -> None:
    pass


NOW_AND_LATER = [_gone, _taken, _waiting]  # how things stand when the timer comes
AT_ONCE = [_stop, _minor, _violence]  # what takes timers back, and lasts
BEFORE = [_stop_and_start, _somebody_else]  # what is set after START, or with somebody new, is their own
NAMES = ("check_in", "how_was_it", "ask_again")
MOVED_ON: list[tuple[str, Callable[..., None], bool, bool]] = [
    *((name, _nothing, False, True) for name in NAMES),
    *((name, what, late, False) for what in NOW_AND_LATER + AT_ONCE for name in NAMES for late in (False, True)),
    *((name, what, False, False) for what in BEFORE for name in NAMES),
    *(("check_in", _no, late, False) for late in (False, True)),
    ("how_was_it", _no, False, True),
]


@pytest.mark.parametrize(
    ("name", "what", "late", "said"), MOVED_ON, ids=[f"{row[0]}{row[1].__name__}{' late' * row[2]}" for row in MOVED_ON]
)
def test_a_timer_of_a_talk_that_moved_on_does_nothing(
    lite: Store, moved: Clock, name: str, what: Callable[..., None], late: bool, said: bool
) -> None:
    """`late`: a timer that nobody took back, as one that another process had claimed just before."""
    begin(moved)
    contact, case, sara = closed_case(lite)
    with lite.begin() as connection:
        timers.cancel(connection, contact)
        consent.grant(connection, lite.vault, contact, "check_ins", [])
        timers.add(connection, contact, name, now() + timedelta(days=2), once="t", case=case, args={"days": 2})
    what(lite, contact, case, sara)
    if late:
        with lite.begin() as connection:
            connection.execute(update(timer_table).where(timer_table.c.once == "t").values(done_at=None))
    moved.shift += timedelta(days=2, minutes=1)
    assert bool(run(lite)) == said


@pytest.mark.parametrize(("days", "asked"), [(6.5, False), (4, True)])
def test_who_came_back_by_themselves_is_not_asked_to(lite: Store, moved: Clock, days: float, asked: bool) -> None:
    begin(moved)
    closed_case(lite)
    does(lite, only_contact(lite), "ask_later", days=7)
    with lite.begin() as connection:
        timers.cancel(connection, only_contact_of(connection), "how_was_it")
    moved.shift += timedelta(days=days)
    write(lite, "ik ben er weer")
    asyncio.run(turns(lite).run_one())
    assert bool(waits(lite, 7.1 - days, moved)) == asked


def test_two_that_are_late_together_are_asked_once(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    assert len(waits(lite, 9, moved)) == 1


def test_nothing_is_begun_in_the_middle_of_a_talk(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    moved.shift += timedelta(days=1, hours=23, minutes=55)
    write(lite, "mag ik wat vragen?")
    asyncio.run(turns(lite).run_one())
    assert waits(lite, 0.01, moved) == []
    assert len(waits(lite, 0.05, moved)) == 1


def test_returned_and_closed_at_once_says_nothing_of_being_back(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(lite)
    with lite.begin() as connection:
        effects.reopen(Scene(connection, lite.vault, contact, "", "nl"))
        cases.take(connection, case, sara)
        cases.give_back(connection, lite.vault, case, sara)
        cases.close(connection, lite.vault, case, sara, outcome="helped", next_step=None)
    asked: list[Any] = []

    def hears(turn: dict[str, Any]) -> Thought:
        asked.append(turn["act"])
        return Thought()

    fires(lite)
    worker = turns(lite, hears)
    while asyncio.run(worker.run_one()):
        pass
    assert {"name": "returned"} not in asked


def test_a_case_closed_again_is_asked_about_again(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(lite)
    assert len(waits(lite, 2.1, moved)) == 1
    with lite.begin() as connection:
        effects.reopen(Scene(connection, lite.vault, contact, "", "nl"))
        cases.take(connection, case, sara)
        cases.close(connection, lite.vault, case, sara, outcome="helped", next_step=None)
    assert len(waits(lite, 2.1, moved)) == 1


def test_stuck_goes_back_to_the_same_human(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(lite)
    does(lite, contact, "feedback", answer="stuck", words=False)
    with lite.begin() as connection:
        row = cases.one(connection, case)
        assert (row.status, row.offered_to) == ("waiting", sara)


# The 24-hour window: what waited too long is nonsense.


@pytest.mark.parametrize(("days", "comes"), [(2, True), (4, False)])
def test_a_check_in_that_waited_for_the_window_too_long_does_not_come_out(store: Store, moved: Clock, days: int, comes: bool) -> None:
    begin(moved)
    contact, _, _ = closed_case(store)
    does(store, contact, "agree_check_ins")
    assert len(waits(store, 2.1, moved)) == 1
    with store.begin() as connection:
        claimed = outbox.claim(connection, store.vault, ["whatsapp"])
        while claimed is not None and claimed.row.reply != "ask_how_was_it":
            outbox.sent(connection, claimed.row, claimed.row.id)
            claimed = outbox.claim(connection, store.vault, ["whatsapp"])
        assert claimed is not None
        assert claimed.window_closed
        outbox.wait_for_window(connection, claimed.row)
        menu = store.vault.close_json(["better", "same", "stuck"])
        connection.execute(update(talks).values(menu=menu))
    moved.shift += timedelta(days=days)
    write(store, "1")
    with store.begin() as connection:
        status = connection.scalar(select(messages.c.status).where(messages.c.reply == "ask_how_was_it"))
        talk = connection.execute(select(talks)).one()
    assert status == ("queued" if comes else "cancelled")
    asked = (store.vault.open_json(talk.state) or {}).get("asked")
    assert (asked, talk.menu is not None) == (("how_was_it", True) if comes else (None, False)), "nobody saw the question: 1 is no answer"


# A safe time.


def test_after_violence_nothing_until_a_safe_time_and_then_only_within_it(store: Store, moved: Clock) -> None:
    begin(moved)
    contact, case, sara = closed_case(store)
    does(store, contact, "agree_check_ins")
    does(store, contact, "quiet", on=True)
    assert due(store) == []
    with store.begin() as connection:
        aftercare.set_first_day(connection, case, sara, now() + timedelta(hours=5))
    assert due(store) == [], "a new first day does not break the silence"
    assert waits(store, 0.5, moved) == []
    with store.begin() as connection:
        aftercare.set_safe_hours(connection, case, sara, "10:00", "12:00")
    begin(moved, AT_TEN + timedelta(days=2, hours=5, minutes=1))  # 15:01, the check-in is due
    assert run(store) == []
    begin(moved, AT_TEN + timedelta(days=2, hours=23, minutes=59))
    assert run(store) == []
    begin(moved, AT_TEN + timedelta(days=3, minutes=1))
    assert len(run(store)) == 1


@pytest.mark.parametrize("how", ["dropped", "danger again"])
def test_without_a_safe_time_any_more_it_is_quiet_again(lite: Store, moved: Clock, how: str) -> None:
    begin(moved)
    contact, case, sara = closed_case(lite)
    does(lite, contact, "agree_check_ins")
    does(lite, contact, "quiet", on=True)
    with lite.begin() as connection:
        aftercare.set_safe_hours(connection, case, sara, "10:00", "12:00")
    assert len(due(lite)) == 3
    if how == "dropped":
        with lite.begin() as connection:
            aftercare.drop_safe_hours(connection, case, sara)
    else:
        does(lite, contact, "quiet", on=True)
    with lite.begin() as connection:
        row = connection.execute(select(people)).one()
        assert (row.quiet, row.safe_hours) == (True, None)
        assert safe_moment(connection, contact, now()) is None
    assert waits(lite, 3, moved) == []


ZONE = "Europe/Amsterdam"
HOURS = [
    ("2026-11-23T09:30:00+00:00", "2026-11-23T09:30:00+00:00", "within: now"),
    ("2026-11-23T08:59:00+00:00", "2026-11-23T09:00:00+00:00", "before: when they begin"),
    ("2026-11-23T10:39:00+00:00", "2026-11-23T10:39:00+00:00", "room for a last try"),
    ("2026-11-23T10:50:00+00:00", "2026-11-24T09:00:00+00:00", "a last try would come too late: tomorrow"),
    ("2026-11-23T23:30:00+00:00", "2026-11-24T09:00:00+00:00", "after midnight there it is the next day"),
    ("2026-03-28T12:00:00+00:00", "2026-03-29T08:00:00+00:00", "the clock goes forward"),
    ("2026-10-24T12:00:00+00:00", "2026-10-25T09:00:00+00:00", "the clock goes back"),
]


@pytest.mark.parametrize(("at", "then", "why"), HOURS, ids=[why for _, _, why in HOURS])
def test_the_next_safe_moment(at: str, then: str, why: str) -> None:
    assert within("10:00-12:00", datetime.fromisoformat(at), ZONE) == datetime.fromisoformat(then)


@pytest.mark.parametrize(("start", "end"), [("12:00", "10:00"), ("10:00", "10:30"), ("", "12:00"), ("22:00", "01:00"), ("tien", "elf")])
def test_hours_that_are_none_are_refused(start: str, end: str) -> None:
    with pytest.raises(ValueError, match=r"hours|isoformat"):
        span(start, end)


# What the person hears of it (the actions).

KNOWN = {"first": False, "human": "Sara", "case": {"status": "closed", "scope": "story"}}


def test_done_is_asked_how_it_was_and_passed_on_only_after_a_yes() -> None:
    person = Person(known=dict(KNOWN))
    person.happens("timer", timer="how_was_it", args={})
    assert person.taps("better").replies == ["good_to_hear", "ask_in_words"]
    told = person.says("tell_situation", text="Sara belde voor mij")
    assert told.replies[-1] == "ask_pass_words"
    assert not told.did("feedback"), "nothing goes to the human before a yes"
    yes = person.taps("words_yes")
    assert yes.did("feedback") == [{"effect": "feedback", "answer": None, "words": True}]
    assert yes.replies == ["words_passed", "ask_check_ins"]


@pytest.mark.parametrize("intent", ["unclear", "tell_situation"])
def test_words_that_were_asked_for_are_heard_whatever_they_are(intent: str) -> None:
    person = Person(known=dict(KNOWN))
    person.happens("timer", timer="how_was_it", args={})
    person.taps("better")
    assert person.says(intent, text="tja zo zo").replies[-1] == "ask_pass_words"
    no = person.taps("words_no")
    assert not no.did("feedback")
    assert no.replies == ["all_right", "ask_check_ins"]


def test_after_the_third_check_in_the_person_is_asked_whether_to_go_on() -> None:
    person = Person(known={**KNOWN, "check_ins": True})
    person.happens("timer", timer="check_in", args={"days": 7, "go_on": False})
    assert person.copy().taps("same").replies == ["takes_time", "write_any_time"]
    person.happens("timer", timer="check_in", args={"days": 21, "go_on": True})
    assert person.taps("better").replies == ["good_to_hear", "ask_more_check_ins"]
    assert person.copy().taps("check_ins_no").did("no_check_ins")
    yes = person.taps("check_ins_yes")
    assert yes.did("agree_check_ins") == [{"effect": "agree_check_ins", "more": True}]
    assert yes.replies == ["check_in_agreed"]


def test_only_what_was_told_since_we_asked_is_passed_on(lite: Store, moved: Clock) -> None:
    begin(moved)
    contact, _, _ = closed_case(lite)
    write(lite, "dit zei ik tegen de computer")
    asyncio.run(turns(lite).run_one())
    assert len(waits(lite, 2.1, moved)) == 1
    told = write(lite, "Sara hielp mij goed")
    asyncio.run(turns(lite).run_one())
    does(lite, contact, "feedback", answer=None, words=True)
    with lite.begin() as connection:
        mine = select(messages).where(messages.c.author == "person").order_by(messages.c.seq)
        shared = [(lite.vault.open_json(row.body) or {})["text"] for row in connection.execute(mine).all() if row.consented]
        assert told in [row.id for row in connection.execute(mine).all() if row.consented]
    assert shared[-2:] == ["Sara hielp mij goed", "ja"]
    assert "dit zei ik tegen de computer" not in shared
