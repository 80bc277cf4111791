"""The clock, its time moved: reminder, the next one, escalation; what the person hears while open, closed and on a holiday."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from bot import absence, cases, contacts, effects, facts, mail, matching, reminders, timers, users
from bot.clock import Clock, clock
from bot.scene import Scene
from bot.store import Store
from bot.tables import cases as case_table
from bot.tables import contacts as contact_table
from bot.tables import conversations, messages, staff_notices
from bot.tables import timers as timer_table
from bot.tables import users as people
from bot.workers import NOTICES
from tests.people import answering, human, only_contact, texts, turns, write

HOURS = {"monday": ["09:00-17:00"], "tuesday": ["09:00-17:00"], "wednesday": ["09:00-17:00"], "friday": ["09:00-16:00"]}
ZONE = ZoneInfo("Europe/Amsterdam")
OPEN = "2026-11-23 10:00"  # a Monday


@pytest.fixture
def desk(store: Store, moved: Clock) -> Store:
    """A deployment with hours and a holiday, on a Monday at ten; Sara and Omar advise, Marijke coordinates, all want mail."""
    with store.begin() as connection:
        facts.write(connection, "hours", HOURS)
        facts.write(connection, "holidays", ["2026-12-25"])
    at(OPEN)
    for name, role in (("Sara", "advisor"), ("Omar", "advisor"), ("Marijke", "coordinator")):
        joins(store, name, role)
    return store


def joins(store: Store, name: str, role: str) -> str:
    user = human(store, name, role)
    with store.begin() as connection:
        mail.set_address(connection, store.vault, user, f"{name.lower()}@example.nl")
        connection.execute(update(people).where(people.c.id == user).values(alias=name))
    return user


def at(local: str) -> None:
    clock.shift += datetime.fromisoformat(local).replace(tzinfo=ZONE) - clock.now()


def passes(store: Store, minutes: int = 0) -> None:
    """Time passes and every timer that is due fires."""
    clock.shift += timedelta(minutes=minutes, seconds=1)
    fire(store)


def until(store: Store, local: str) -> None:
    at(local)
    passes(store)


def fire(store: Store) -> None:
    with store.begin() as connection:
        while timers.fire(connection, store.vault, NOTICES):
            pass


def named(store: Store, name: str) -> str:
    with store.begin() as connection:
        found = users.find(connection, name)
    assert found is not None
    return str(found.id)


def told(store: Store) -> list[tuple[str, str]]:
    """(who, what) of everything staff were told, as it was put down."""
    with store.begin() as connection:
        query = select(people.c.name, staff_notices.c.kind).join(people, people.c.id == staff_notices.c.user_id)
        return sorted((row.name, row.kind) for row in connection.execute(query).all())


def news(store: Store, before: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What staff were told since."""
    now_told = told(store)
    for one in before:
        now_told.remove(one)
    return now_told


def opens(store: Store, *, to: str = "advisor") -> str:
    write(store, "hallo")
    asyncio.run(turns(store).run_one())
    contact = only_contact(store)
    with store.begin() as connection:
        return cases.open_case(connection, store.vault, contact, to=to, scope="all", which=None, wording=[])


def row(store: Store) -> Any:
    with store.begin() as connection:
        return connection.execute(select(case_table)).one()


def offered_to(store: Store) -> str | None:
    with store.begin() as connection:
        return connection.scalar(select(people.c.name).join(case_table, case_table.c.offered_to == people.c.id))


def heard(store: Store) -> list[str]:
    """The notices the person got from the clock."""
    return [text for kind, status, text in texts(store) if kind == "notice" and status != "cancelled"]


def acts(store: Store, *done: dict[str, Any]) -> None:
    contact = only_contact(store)
    with store.begin() as connection:
        scene = Scene(connection, store.vault, contact, "m", "nl")
        effects.carry_out(scene, list(done))


# A case that waits


def test_the_whole_clock_of_a_case_that_nobody_takes(desk: Store) -> None:
    opens(desk)
    first = offered_to(desk)
    second = "Omar" if first == "Sara" else "Sara"
    assert told(desk) == [(first, "offered")]
    passes(desk, 29)
    assert told(desk) == [(first, "offered")]
    passes(desk, 1)
    assert told(desk) == [(first, "offered"), (first, "reminder")]
    passes(desk, 89)
    assert offered_to(desk) == first
    assert heard(desk) == []
    passes(desk, 1)
    assert offered_to(desk) == second
    assert (second, "offered") in told(desk)
    assert heard(desk) == ["U moet langer wachten. Sorry daarvoor. Een mens leest dit zo snel als het kan."]
    passes(desk, 30)
    assert (second, "reminder") in told(desk)
    assert row(desk).escalated_at is None
    passes(desk, 90)
    assert ("Marijke", "escalated") in told(desk)
    assert row(desk).escalated_at is not None
    for _ in range(5):
        passes(desk, 24 * 60)
    assert len(told(desk)) == 5
    assert len(heard(desk)) == 1


# when the person asked, what they hear in the end, and when
HEARS = [
    pytest.param("2026-11-23 10:00", "Een mens leest dit zo snel als het kan.", "2026-11-23 12:00", id="open"),
    pytest.param("2026-11-23 03:00", "Een mens leest dit zo snel als het kan.", "2026-11-23 11:00", id="closed, the night before"),
    pytest.param("2026-11-23 14:30", "Een mens leest dit morgen vanaf 9:00.", "2026-11-23 16:30", id="open, but not for long"),
    pytest.param("2026-11-27 13:30", "Een mens leest dit maandag vanaf 9:00.", "2026-11-27 15:30", id="open, before a weekend"),
    pytest.param("2026-11-27 20:00", "Een mens leest dit zo snel als het kan.", "2026-11-30 11:00", id="closed, a weekend"),
    pytest.param("2026-12-23 14:30", "Een mens leest dit maandag vanaf 9:00.", "2026-12-23 16:30", id="open, before a holiday"),
    pytest.param("2026-12-25 10:00", "Een mens leest dit zo snel als het kan.", "2026-12-28 11:00", id="on a holiday"),
]


@pytest.mark.parametrize(("asks", "hears", "then"), HEARS)
def test_what_the_person_hears_and_when(desk: Store, asks: str, hears: str, then: str) -> None:
    at(asks)
    opens(desk)
    at(then)
    clock.shift -= timedelta(minutes=1)
    fire(desk)
    assert heard(desk) == []
    passes(desk, 1)
    assert [text.split("\n")[0].split(". ")[-1] for text in heard(desk)] == [hears]


@pytest.mark.parametrize("asks", ["2026-11-26 11:00", "2026-12-25 11:00", "2026-11-23 17:05"])
def test_while_closed_nobody_is_reminded(desk: Store, asks: str) -> None:
    at(asks)
    opens(desk)
    before = told(desk)
    passes(desk, 6 * 60)
    assert news(desk, before) == []


def test_with_no_hours_at_all_the_clock_counts(desk: Store) -> None:
    with desk.begin() as connection:
        facts.write(connection, "hours", {})
    at("2026-11-22 03:00")
    opens(desk)
    passes(desk, 31)
    assert "reminder" in {kind for _, kind in told(desk)}


def test_a_timer_that_comes_late_waits_for_the_morning_and_comes_once(desk: Store) -> None:
    opens(desk)
    before = told(desk)
    until(desk, "2026-11-24 03:00")  # everything was down since
    assert news(desk, before) == []
    assert heard(desk) == []
    until(desk, "2026-11-24 09:00")
    kinds = [kind for _, kind in news(desk, before)]
    assert sorted(kinds) == ["escalated", "offered", "reminder"]
    assert len(heard(desk)) == 1
    before = told(desk)
    until(desk, "2026-11-24 09:20")
    assert news(desk, before) == []


def taken(store: Store, case: str, who: str) -> None:
    user = named(store, who)
    with store.begin() as connection:
        cases.take(connection, case, user)


def closed(store: Store, case: str) -> None:
    taken(store, case, "Omar")
    omar = named(store, "Omar")
    with store.begin() as connection:
        cases.close(connection, store.vault, case, omar, outcome="helped", next_step=None)


def gone(store: Store) -> None:
    with store.begin() as connection:
        contacts.gone(connection, only(connection))


def erased(store: Store) -> None:
    with store.begin() as connection:
        contacts.erase(connection, only(connection))


def only(connection: Any) -> str:
    return str(connection.scalar(select(contact_table.c.id)))


def answers(store: Store, case: str, who: str) -> None:
    user = named(store, who)
    with store.begin() as connection:
        cases.reply(connection, store.vault, case, user, {"text": "ik ben er"})


MOVED_ON: dict[str, Callable[[Store, str], None]] = {
    "taken": lambda store, case: taken(store, case, "Omar"),
    "closed": closed,
    "answered": lambda store, case: answers(store, case, "Omar"),
    "stopped": lambda store, case: acts(store, {"effect": "stop"}),
    "gone": lambda store, case: gone(store),
    "withdrawn": lambda store, case: acts(store, {"effect": "withdraw_consent"}),
    "somebody else": lambda store, case: acts(store, {"effect": "new_acquaintance"}),
    "erased": lambda store, case: erased(store),
}


@pytest.mark.parametrize("how", MOVED_ON)
def test_a_timer_of_a_case_that_moved_on_does_nothing(desk: Store, how: str) -> None:
    case = opens(desk)
    MOVED_ON[how](desk, case)
    before, said = told(desk), heard(desk) if how != "erased" else []
    for _ in range(3):
        passes(desk, 100)
    assert [kind for _, kind in news(desk, before) if kind != "unanswered"] == []  # who took it is reminded of the person, not of the queue
    assert how == "erased" or heard(desk) == said


def test_who_says_no_is_not_reminded_and_the_next_one_has_the_full_time(desk: Store) -> None:
    case = opens(desk)
    first = offered_to(desk)
    passes(desk, 25)
    user = named(desk, str(first))
    with desk.begin() as connection:
        matching.refuse(connection, case, user)
        reminders.begin_all(connection)
    second = offered_to(desk)
    passes(desk, 29)
    assert (second, "offered") in told(desk)
    assert not [one for one in told(desk) if one[1] == "reminder"]
    passes(desk, 1)
    assert [one for one in told(desk) if one[1] == "reminder"] == [(second, "reminder")]


def test_where_there_is_no_next_one_it_stays_and_the_person_hears_all_the_same(desk: Store) -> None:
    with desk.begin() as connection:
        for name in ("Omar", "Marijke"):
            users.disable(connection, name)
    opens(desk)
    passes(desk, 120)
    assert offered_to(desk) == "Sara"
    assert len(heard(desk)) == 1
    passes(desk, 120)
    assert ("Sara", "escalated") in told(desk)  # nobody coordinates: all who answer people


def test_a_case_that_comes_back_is_waited_for_anew(desk: Store) -> None:
    case = opens(desk)
    closed(desk, case)
    until(desk, "2026-11-24 10:00")
    before = told(desk)
    acts(desk, {"effect": "feedback", "answer": "stuck"})
    assert news(desk, before) == [("Omar", "offered")]
    passes(desk, 31)
    assert ("Omar", "reminder") in news(desk, before)


def test_in_the_persons_language_and_only_when_it_is_safe(desk: Store) -> None:
    opens(desk)
    with desk.begin() as connection:
        connection.execute(update(conversations).values(language="uk"))
        connection.execute(update(contact_table).values(safe_hours="14:00-16:00"))
    passes(desk, 120)
    with desk.begin() as connection:
        due = connection.scalar(select(messages.c.due_at).where(messages.c.reply == "takes_longer"))
    assert due is not None
    assert due.astimezone(ZONE).hour == 14
    assert "Людина прочитає це" in heard(desk)[0]


def test_a_person_who_may_not_be_written_to_hears_nothing_and_staff_are_reminded_all_the_same(desk: Store) -> None:
    opens(desk)
    acts(desk, {"effect": "quiet"})
    passes(desk, 120)
    assert heard(desk) == []
    assert {kind for _, kind in told(desk)} == {"offered", "reminder"}


def test_what_a_person_hears_names_no_topic_and_nobody(desk: Store) -> None:
    opens(desk)
    passes(desk, 120)
    assert not any(word in heard(desk)[0].lower() for word in ("werk", "sara", "omar", "hulp"))


# Danger


def alarms(store: Store, urgent: str = "violence", strength: str = "sure", text: str = "hij slaat mij") -> str:
    message = write(store, text)
    asyncio.run(turns(store).run_one())
    with store.begin() as connection:
        return cases.alert(connection, only(connection), str(message), urgent, strength)


def present(store: Store, *names: str) -> None:
    with store.begin() as connection:
        connection.execute(update(people).where(people.c.name.in_(names)).values(seen_at=clock.now()))


@pytest.mark.parametrize("when", [OPEN, "2026-11-22 03:00", "2026-12-25 20:00"], ids=["open", "closed", "holiday"])
def test_a_sure_danger_is_told_to_all_on_duty_and_after_five_minutes_to_everybody(desk: Store, when: str) -> None:
    joins(desk, "Amir", "ambassador")
    at(when)
    present(desk, "Sara")
    alarms(desk)
    assert told(desk) == [("Sara", "urgent")]
    passes(desk, 4)
    assert told(desk) == [("Sara", "urgent")]
    passes(desk, 1)
    assert news(desk, [("Sara", "urgent")]) == [("Marijke", "urgent_all"), ("Omar", "urgent_all"), ("Sara", "urgent_all")]
    assert row(desk).escalated_at is not None
    passes(desk, 10)
    assert len(told(desk)) == 4


def test_with_nobody_on_duty_everybody_hears_at_once(desk: Store) -> None:
    alarms(desk)
    assert told(desk) == [("Marijke", "urgent"), ("Omar", "urgent"), ("Sara", "urgent")]


def test_quiet_after_violence_does_not_end_the_alarm(desk: Store) -> None:
    present(desk, "Sara")
    alarms(desk)
    acts(desk, {"effect": "quiet"})
    passes(desk, 6)
    assert ("Marijke", "urgent_all") in told(desk)


def test_even_after_stop_staff_hear_of_a_danger(desk: Store) -> None:
    present(desk, "Sara")
    alarms(desk)
    acts(desk, {"effect": "stop"})
    passes(desk, 6)
    assert ("Marijke", "urgent_all") in told(desk)


@pytest.mark.parametrize("how", ["taken and answered", "withdrawn"])
def test_an_alarm_that_was_answered_is_over(desk: Store, how: str) -> None:
    present(desk, "Sara")
    case = alarms(desk)
    if how == "withdrawn":
        acts(desk, {"effect": "withdraw_alert"})
    else:
        answers(desk, case, "Sara")
    before = told(desk)
    passes(desk, 6)
    assert news(desk, before) == []


def test_a_danger_in_a_talk_somebody_has_is_told_to_them_first(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    present(desk, "Sara")
    before = told(desk)
    alarms(desk)
    assert news(desk, before) == [("Omar", "urgent"), ("Sara", "urgent")]
    passes(desk, 6)
    assert ("Marijke", "urgent_all") in news(desk, before)


def test_a_danger_that_may_be_is_no_alarm(desk: Store) -> None:
    alarms(desk, strength="maybe")
    assert [kind for _, kind in told(desk)] == ["offered"]


# A human who is silent


def says(store: Store, text: str = "bent u daar?") -> None:
    write(store, text)
    asyncio.run(turns(store, answering("started")).run_one())


def clock_of(store: Store, before: list[tuple[str, str]], *steps: int) -> list[list[tuple[str, str]]]:
    found = []
    for minutes in steps:
        passes(store, minutes)
        found.append(news(store, before))
        before = told(store)
    return found


def test_an_unanswered_word_is_told_to_its_human_and_after_a_working_day_to_the_coordinators(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    says(desk)
    says(desk, "hallo?")
    before = told(desk)
    assert clock_of(desk, before, 119, 1, 300) == [[], [("Omar", "unanswered")], []]
    before = told(desk)
    until(desk, "2026-11-24 09:59")
    assert news(desk, before) == []
    until(desk, "2026-11-24 10:01")
    assert news(desk, before) == [("Marijke", "overdue")]
    assert row(desk).escalated_at is not None
    assert row(desk).owner_id == named(desk, "Omar")
    says(desk, "bent u er nog?")
    answers(desk, case, "Omar")
    assert row(desk).escalated_at is None


@pytest.mark.parametrize("how", ["answered", "given back", "closed", "stopped", "given to another"])
def test_a_reminder_of_a_talk_that_went_on_does_not_come(desk: Store, how: str) -> None:
    case, omar, sara = opens(desk), named(desk, "Omar"), named(desk, "Sara")
    answers(desk, case, "Omar")
    says(desk)
    with desk.begin() as connection:
        if how == "answered":
            cases.reply(connection, desk.vault, case, omar, {"text": "ja"})
        elif how == "given back":
            cases.give_back(connection, desk.vault, case, omar)
        elif how == "closed":
            cases.close(connection, desk.vault, case, omar, outcome="helped", next_step=None)
        elif how == "stopped":
            contacts.stop(connection, only(connection))
        else:
            cases.assign(connection, case, omar, sara)
    before = [one for one in told(desk) if one[1] == "given"]
    passes(desk, 121)
    assert ("Omar", "unanswered") not in told(desk)
    assert (("Sara", "unanswered") in told(desk)) == (how == "given to another")
    assert before == [one for one in told(desk) if one[1] == "given"]


def test_who_takes_a_case_and_says_nothing_is_reminded_too(desk: Store) -> None:
    taken(desk, opens(desk), "Omar")
    before = told(desk)
    passes(desk, 121)
    assert news(desk, before) == [("Omar", "unanswered")]


# Who is not there any more


def pass_on(store: Store) -> int:
    done = 0
    while True:
        with store.begin() as connection:
            if not absence.pass_on(connection, store.vault):
                return done
        done += 1


def away(store: Store, name: str, days: int) -> None:
    with store.begin() as connection:
        connection.execute(update(people).where(people.c.name == name).values(away_until=clock.now() + timedelta(days=days)))


def test_the_cases_of_who_left_go_to_the_next_one_and_the_person_is_told_once(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    with desk.begin() as connection:
        users.disable(connection, "Omar")
    assert pass_on(desk) == 1
    assert pass_on(desk) == 0
    assert row(desk).owner_id == named(desk, "Sara")
    assert heard(desk) == ["Sara helpt u nu verder."]
    assert ("Sara", "given") in told(desk)
    sara = named(desk, "Sara")
    with desk.begin() as connection:
        assert connection.scalar(select(conversations.c.owner)) == sara
        assert connection.scalar(select(contact_table.c.human_id)) == sara


@pytest.mark.parametrize(("days", "asked", "goes"), [(5, True, True), (1, True, False), (5, False, False)])
def test_away_beyond_tomorrow_and_somebody_waits(desk: Store, days: int, asked: bool, goes: bool) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    if asked:
        says(desk)
    away(desk, "Omar", days)
    assert pass_on(desk) == int(goes)
    assert row(desk).owner_id == named(desk, "Sara" if goes else "Omar")


def test_the_person_hears_of_the_new_human_when_we_are_open_and_when_that_one_reads(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    at("2026-11-23 20:00")
    says(desk)
    assert heard(desk)[-1] == "Omar leest dit morgen vanaf 9:00"
    with desk.begin() as connection:
        users.disable(connection, "Omar")
    pass_on(desk)
    with desk.begin() as connection:
        due = connection.scalar(select(messages.c.due_at).where(messages.c.reply == "new_human"))
    assert due is not None
    assert due.astimezone(ZONE).strftime("%d %H:%M") == "24 09:00"
    says(desk, "hallo?")
    passes(desk, 11)
    assert heard(desk)[-1] == "Sara leest dit morgen vanaf 9:00"


def test_where_nobody_can_take_over_the_coordinators_hear_it_once(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    with desk.begin() as connection:
        users.disable(connection, "Omar")
    away(desk, "Sara", 5)
    away(desk, "Marijke", 5)
    assert pass_on(desk) == pass_on(desk) == 0
    assert [one for one in told(desk) if one[1] == "left"] == [("Marijke", "left")]
    assert row(desk).owner_id == named(desk, "Omar")


def test_a_talk_the_bot_has_stays_with_the_bot(desk: Store) -> None:
    case = opens(desk)
    answers(desk, case, "Omar")
    omar = named(desk, "Omar")
    with desk.begin() as connection:
        cases.give_back(connection, desk.vault, case, omar)
        users.disable(connection, "Omar")
    assert pass_on(desk) == 1
    with desk.begin() as connection:
        assert connection.scalar(select(conversations.c.owner)) == "bot"


def test_every_timer_of_ours_has_one_that_hears_it(desk: Store) -> None:
    assert set(timers.FOR_STAFF) == set(reminders.NOTICES) | {"offer"}
    opens(desk)
    with desk.begin() as connection:
        assert max(len(once) for once in connection.scalars(select(timer_table.c.once))) <= 64
        assert max(len(once) for once in connection.scalars(select(staff_notices.c.once))) <= 96
