"""Who gets whom: the best colleague is asked, by wishes, language, road and load; nobody is asked who should not be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, update

from bot import cases, consent, contacts, conversations, effects, facts, matching, timers, users
from bot.candidates import within
from bot.clock import Clock, now
from bot.scene import Scene
from bot.store import Store
from bot.tables import audit, knows
from bot.tables import cases as table
from bot.tables import contacts as people
from bot.tables import timers as clocks
from bot.tables import users as staff
from bot.workers import NOTICES
from tests.people import write

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # ten in the morning in Amsterdam
HOURS = {day: ["09:00-17:00"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
THURSDAY = {"thursday": ["18:00-20:00"]}


class Desk:
    """A deployment with opening hours, at a moment of our choice."""

    def __init__(self, store: Store, moved: Clock, at: datetime = TUESDAY, **found: Any) -> None:
        self.store, self.moved = store, moved
        self.at(at)
        with store.begin() as connection:
            for name, value in {"hours": HOURS, "time_zone": "Europe/Amsterdam", **found}.items():
                facts.write(connection, name, value)

    def at(self, moment: datetime) -> None:
        self.moved.shift += moment - now()

    def human(self, name: str, role: str = "advisor", **more: Any) -> str:
        more.setdefault("alias", name)
        with self.store.begin() as connection:
            user = users.add_user(connection, name, role, more.pop("alias"), more.pop("languages", ["nl"]))
            if more:
                connection.execute(update(staff).where(staff.c.id == user).values(**more))
        return user

    def person(self, number: int = 1, language: str = "nl") -> str:
        address = f"+3160000000{number}"
        write(self.store, "hallo", address=address)
        with self.store.begin() as connection:
            contact = contacts.find(connection, self.store.vault, "whatsapp", address)
            assert contact is not None
            conversations.set_language(connection, contact, language, chosen=True)
        return contact

    def case(self, *labels: str, to: str = "advisor", language: str = "nl", number: int = 1, which: list[str] | None = None) -> str:
        """Somebody who said these labels and yes to a human (`which`: to these alone)."""
        contact = self.person(number, language)
        kinds = {"wish": "wish", "goal": "goal"}
        found = [
            {"kind": kinds.get(label.split("_")[0], "barrier"), "label": label, "source": "tapped", "confirmed": True} for label in labels
        ]
        with self.store.begin() as connection:
            consent.keep(connection, self.store.vault, contact, None, found)
            return cases.open_case(connection, self.store.vault, contact, to=to, scope="story", which=which, wording=["dit mag"])

    def order(self, case: str) -> list[str]:
        with self.store.begin() as connection:
            return [one.name for one in matching.candidates(connection, case)]

    def reasons(self, case: str, name: str) -> dict[str, Any]:
        with self.store.begin() as connection:
            found = next(one for one in matching.candidates(connection, case) if one.name == name)
        return {one["reason"]: one["value"] for one in found.reasons}

    def asked(self, case: str) -> str | None:
        """The name of whom the case is offered to."""
        with self.store.begin() as connection:
            return connection.scalar(select(staff.c.name).join(table, table.c.offered_to == staff.c.id).where(table.c.id == case))


@pytest.fixture
def desk(lite: Store, moved: Clock) -> Desk:
    return Desk(lite, moved)


# First who comes first of two, then who comes after; what the person said; what the case asks.
BETTER: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...], dict[str, Any]]] = [
    ("speaks the language", {"languages": ["ar"]}, {"languages": ["nl"]}, (), {"language": "ar"}),
    ("whose languages are not known speaks Dutch", {"languages": []}, {"languages": ["ar"]}, (), {}),
    ("a woman, as wished", {"woman": True}, {"woman": False}, ("wish_woman",), {}),
    ("a wish before the language", {"woman": True}, {"languages": ["ar"]}, ("wish_woman",), {"language": "ar"}),
    ("tied to no neighbourhood", {}, {"neighbourhood": "Noord"}, ("wish_outside",), {}),
    ("the same road", {"road": ["childcare"]}, {"road": ["debts"]}, ("childcare",), {}),
    ("more of the same road", {"road": ["childcare", "goal_find_work"]}, {"road": ["childcare"]}, ("childcare", "goal_find_work"), {}),
    ("the language before the road", {"languages": ["ar"]}, {"road": ["childcare"]}, ("childcare",), {"language": "ar"}),
    (
        "with an interpreter the road before the language",
        {"road": ["childcare"]}, {"languages": ["ar"]}, ("childcare", "wish_interpreter"), {"language": "ar"},
    ),
    ("within their own hours", {"road": []}, {"hours": THURSDAY, "road": ["childcare"]}, ("childcare",), {}),
    ("not full", {}, {"most": 0, "road": ["childcare"]}, ("childcare",), {}),
    ("a coordinator last", {}, {"role": "coordinator", "road": ["childcare"]}, ("childcare",), {}),
    ("a volunteer, as chosen", {"role": "ambassador"}, {"road": ["childcare"]}, ("childcare",), {"to": "ambassador"}),
    ("an advisor, as chosen", {}, {"role": "ambassador", "road": ["childcare"]}, ("childcare",), {"to": "advisor"}),
]  # fmt: skip


@pytest.mark.parametrize(("better", "worse", "said", "asks"), [one[1:] for one in BETTER], ids=[one[0] for one in BETTER])
def test_of_two_the_better_is_asked(desk: Desk, better: dict[str, Any], worse: dict[str, Any], said: Any, asks: dict[str, Any]) -> None:
    desk.human("Anna", **worse)  # of equals the name would put her first
    desk.human("Zoë", **better)
    case = desk.case(*said, **asks)
    assert desk.order(case) == ["Zoë", "Anna"]
    assert desk.asked(case) == "Zoë"


NEVER: list[tuple[str, dict[str, Any]]] = [
    ("away", {"away_until": TUESDAY + timedelta(hours=1)}),
    ("without access", {"disabled_at": TUESDAY}),
    ("an outreach worker nobody asked for", {"role": "outreach"}),
]


@pytest.mark.parametrize("who", [one[1] for one in NEVER], ids=[one[0] for one in NEVER])
def test_who_cannot_is_never_asked(desk: Desk, who: dict[str, Any]) -> None:
    desk.human("Anna", **who)
    case = desk.case("childcare")
    assert desk.order(case) == []
    assert desk.asked(case) is None


def test_back_from_away_one_is_asked_again(desk: Desk) -> None:
    desk.human("Anna", away_until=TUESDAY - timedelta(minutes=1))
    assert desk.asked(desk.case()) == "Anna"


def test_the_first_who_comes_is_asked_what_waited_for_nobody(desk: Desk) -> None:
    case = desk.case()
    desk.human("Anna")
    assert desk.asked(case) == "Anna"


def test_nothing_urgent_for_a_volunteer_not_even_one_they_had(desk: Desk) -> None:
    amir, contact = desk.human("Amir", "ambassador"), desk.person()
    desk.human("Zoë")
    with desk.store.begin() as connection:
        connection.execute(update(people).values(human_id=amir))
        case = cases.alert(connection, contact, "", "violence", "sure")
    assert desk.order(case) == ["Zoë"]


def test_a_case_that_becomes_urgent_goes_from_the_volunteer_to_an_advisor(desk: Desk) -> None:
    desk.human("Amir", "ambassador")
    desk.human("Zoë")
    case = desk.case(to="ambassador")
    assert desk.asked(case) == "Amir"
    with desk.store.begin() as connection:
        cases.alert(connection, cases.one(connection, case).contact_id, "", "violence", "sure")
    assert desk.asked(case) == "Zoë"


def test_urgent_goes_to_who_is_there_now(desk: Desk) -> None:
    desk.human("Anna")
    desk.human("Marijke", "coordinator", seen_at=now())
    contact = desk.person()
    with desk.store.begin() as connection:
        case = cases.alert(connection, contact, "", "medical", "sure")
    assert desk.asked(case) == "Marijke"
    assert "present" in desk.reasons(case, "Marijke")


def test_a_volunteer_without_a_name_for_people_is_not_asked(desk: Desk) -> None:
    desk.human("Amir", "ambassador", alias=None)
    case = desk.case(to="ambassador")
    assert desk.asked(case) is None
    assert "no_alias" in desk.reasons(case, "Amir")


def test_a_volunteer_is_not_asked_where_an_advisor_was_chosen(desk: Desk) -> None:
    desk.human("Amir", "ambassador")
    assert desk.asked(desk.case(to="advisor")) is None


@pytest.mark.parametrize("worse", [{"languages": ["nl"]}, {"hours": THURSDAY}, {"most": 0}, {"neighbourhood": "Noord"}])
def test_the_same_human_on_return_before_all_else(desk: Desk, worse: dict[str, Any]) -> None:
    sara = desk.human("Sara", **worse)
    desk.human("Anna", languages=["ar"], woman=True, road=["childcare"])
    contact = desk.person(language="ar")
    with desk.store.begin() as connection:
        connection.execute(update(people).where(people.c.id == contact).values(human_id=sara))
    case = desk.case("childcare", "wish_woman", "wish_outside", language="ar")
    assert desk.asked(case) == "Sara"
    assert "same" in desk.reasons(case, "Sara")
    with desk.store.begin() as connection:
        connection.execute(update(staff).where(staff.c.id == sara).values(away_until=now() + timedelta(days=2)))
        matching.offer_again(connection, sara)
    assert desk.asked(case) == "Anna"


def test_who_knows_the_person_is_never_asked_nor_the_next_time(store: Store, moved: Clock) -> None:
    desk = Desk(store, moved)
    sara, case = desk.human("Sara"), desk.case()
    desk.human("Zoë")
    assert desk.asked(case) == "Sara"
    with store.begin() as connection:
        matching.knew(connection, case, sara)
        matching.knew(connection, case, sara)  # pressed twice
        assert connection.execute(select(knows.c.user_id)).scalars().all() == [sara]
    assert desk.asked(case) == "Zoë"
    with store.begin() as connection:
        cases.take(connection, case, sara)  # all the same, by an address kept
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
    assert desk.order(desk.case()) == ["Zoë"]


def test_not_for_me_asks_the_next_until_nobody_is_left(store: Store, moved: Clock) -> None:
    desk = Desk(store, moved)
    team = {name: desk.human(name) for name in ("Anna", "Omar")}
    case = desk.case()
    for name, then in (("Anna", "Omar"), ("Omar", None)):
        assert desk.asked(case) == name
        with store.begin() as connection:
            matching.decline(connection, case, team[name])
        assert desk.asked(case) == then
    with store.begin() as connection:
        assert matching.offer(connection, case) is None
        acts = list(connection.scalars(select(audit.c.act).where(audit.c.act.in_(("offered", "declined")))))
    assert sorted(acts) == ["declined", "declined", "offered", "offered"]


def test_the_next_one_leaves_out_who_was_asked(desk: Desk) -> None:
    anna, omar, case = desk.human("Anna"), desk.human("Omar"), desk.case()
    with desk.store.begin() as connection:
        assert matching.next_one(connection, case, set()) == anna
        assert matching.next_one(connection, case, {anna}) == omar
        assert matching.next_one(connection, case, {anna, omar}) is None
        assert matching.next_one(connection, "nosuchcase", set()) is None
        assert matching.offer(connection, case, without={anna}) == omar


def test_a_full_one_is_asked_when_all_are_full(desk: Desk) -> None:
    desk.human("Amir", "ambassador")
    desk.human("Youssef", "ambassador")
    asked = [desk.asked(desk.case(to="ambassador", number=number)) for number in range(7)]
    assert sorted(asked[:6], key=str) == ["Amir"] * 3 + ["Youssef"] * 3
    assert asked[6] in ("Amir", "Youssef")
    assert desk.reasons(desk.case(to="ambassador", number=8), "Youssef").keys() >= {"full"}


def test_the_load_is_shared_and_of_equals_who_got_one_longest_ago(desk: Desk) -> None:
    team = [desk.human(name) for name in ("Anna", "Omar", "Zoë")]
    asked = []
    for number in range(6):
        case = desk.case(number=number)
        asked.append(desk.asked(case))
        with desk.store.begin() as connection:
            user = connection.scalar(select(table.c.offered_to).where(table.c.id == case))
            assert user in team
            cases.take(connection, case, user)
            if number >= 3:
                cases.close(connection, desk.store.vault, case, user, outcome="helped", next_step=None)
        desk.moved.shift += timedelta(minutes=1)
    assert asked == ["Anna", "Omar", "Zoë"] * 2


@pytest.mark.parametrize("agreed", [True, False])
def test_a_sensitive_road_counts_only_when_it_was_agreed_to(desk: Desk, agreed: bool) -> None:
    desk.human("Anna")
    desk.human("Zoë", road=["debts"])
    case = desk.case("debts", "childcare", which=["childcare", "debts"] if agreed else ["childcare"])
    assert desk.asked(case) == ("Zoë" if agreed else "Anna")
    assert desk.reasons(case, "Zoë").get("road") == (["debts"] if agreed else None)
    with desk.store.begin() as connection:
        assert "debts" not in str(connection.scalar(select(table.c.match)))  # the word stays with the labels alone


def test_what_is_no_longer_agreed_to_is_no_longer_told(desk: Desk) -> None:
    desk.human("Zoë", road=["childcare"])
    case = desk.case("childcare")
    with desk.store.begin() as connection:
        assert {"reason": "road", "value": ["childcare"]} in matching.explain(connection, case)
        consent.withdraw(connection, cases.one(connection, case).contact_id, "handover")
        assert "childcare" not in str(matching.explain(connection, case))


def test_an_alert_without_a_yes_is_matched_by_nothing_said_before(desk: Desk) -> None:
    zoe, case = desk.human("Zoë", road=["childcare"]), desk.case("childcare")
    with desk.store.begin() as connection:
        contact = cases.one(connection, case).contact_id
        cases.take(connection, case, zoe)
        cases.close(connection, desk.store.vault, case, zoe, outcome="helped", next_step=None)
        urgent = cases.alert(connection, contact, "", "medical", "sure")
    assert "road" not in desk.reasons(urgent, "Zoë")


def test_the_desk_that_comes_first_is_named(lite: Store, moved: Clock) -> None:
    desk = Desk(lite, moved, helps={"debts": {"name": "Buurtteam Geld"}, "housing": {"name": "Loket Wonen"}})
    desk.human("Sara")
    assert desk.reasons(desk.case("debts", "childcare"), "Sara")["first"] == {"label": "debts", "name": "Buurtteam Geld"}
    assert "first" not in desk.reasons(desk.case("childcare", number=2), "Sara")


def test_who_gave_the_link_is_given_the_case_only_where_asked_and_never_asked_by_us(desk: Desk) -> None:
    desk.human("Fatma", "outreach")
    plain, along = desk.case(), desk.case("wish_along", number=2)
    assert (desk.order(plain), desk.order(along)) == ([], ["Fatma"])
    assert desk.asked(along) is None


# The quiet hours of volunteers

EVENING = TUESDAY.replace(hour=19)


def fire(desk: Desk) -> None:
    with desk.store.begin() as connection:
        while timers.fire(connection, desk.store.vault, NOTICES):
            pass


def test_at_night_a_volunteer_is_asked_in_the_morning(store: Store, moved: Clock) -> None:
    desk = Desk(store, moved, EVENING)
    desk.human("Amir", "ambassador")
    desk.human("Zoë")
    case = desk.case(to="ambassador")
    assert desk.asked(case) is None
    desk.at(TUESDAY + timedelta(hours=22, minutes=59))
    fire(desk)
    assert desk.asked(case) is None
    desk.at(TUESDAY + timedelta(hours=23, minutes=1))
    fire(desk)
    assert desk.asked(case) == "Amir"


def test_at_night_it_is_judged_by_who_is_there_in_the_morning(lite: Store, moved: Clock) -> None:
    desk = Desk(lite, moved, EVENING)
    desk.human("Anna", hours=THURSDAY, road=["childcare"])
    desk.human("Zoë")
    assert desk.asked(desk.case("childcare")) == "Zoë"


def test_by_day_a_quiet_volunteer_is_not_waited_for(desk: Desk) -> None:
    desk.human("Amir", "ambassador", hours=THURSDAY)
    desk.human("Zoë")
    assert desk.asked(desk.case(to="ambassador")) == "Zoë"


def test_a_volunteer_who_had_the_person_before_is_waited_for_a_day(desk: Desk) -> None:
    amir, contact = desk.human("Amir", "ambassador", hours={"tuesday": ["18:00-20:00"]}), desk.person()
    desk.human("Zoë")
    with desk.store.begin() as connection:
        connection.execute(update(people).where(people.c.id == contact).values(human_id=amir))
    case = desk.case(to="ambassador")
    assert desk.asked(case) is None
    desk.at(TUESDAY.replace(hour=17, minute=1))
    fire(desk)
    assert desk.asked(case) == "Amir"


def test_the_timer_does_nothing_when_the_case_moved_on(lite: Store, moved: Clock) -> None:
    desk = Desk(lite, moved, EVENING)
    desk.human("Amir", "ambassador")
    zoe, case = desk.human("Zoë"), desk.case(to="ambassador")
    with lite.begin() as connection:
        cases.take(connection, case, zoe)
    desk.at(EVENING + timedelta(days=1))
    fire(desk)
    assert desk.asked(case) is None
    with lite.begin() as connection:
        assert cases.one(connection, case).owner_id == zoe
        assert connection.scalar(select(clocks.c.done_at).where(clocks.c.name == "offer")) is not None


def test_the_timer_takes_nothing_from_who_was_asked_meanwhile(lite: Store, moved: Clock) -> None:
    desk = Desk(lite, moved, EVENING)
    amir = desk.human("Amir", "ambassador")
    desk.human("Zoë")
    case = desk.case(to="ambassador")
    with lite.begin() as connection:
        matching.offer(connection, case, without={amir})
    desk.at(EVENING + timedelta(days=1))
    fire(desk)
    assert desk.asked(case) == "Zoë"


def test_only_volunteers_all_quiet_the_first_who_is_back_is_asked(desk: Desk) -> None:
    desk.human("Amir", "ambassador", hours=THURSDAY)
    desk.human("Youssef", "ambassador", hours={"wednesday": ["10:00-12:00"]})
    case = desk.case(to="ambassador")
    desk.at(TUESDAY + timedelta(days=1, hours=0, minutes=1))
    fire(desk)
    assert desk.asked(case) == "Youssef"


WITHIN = [
    ({}, {}, TUESDAY, True),  # no hours were ever set: nobody is kept from anything
    ({"hours": HOURS}, {}, TUESDAY, True),
    ({"hours": HOURS}, {}, EVENING, False),
    ({"hours": HOURS, "holidays": ["2026-11-24"]}, {}, TUESDAY, False),
    ({"hours": HOURS}, THURSDAY, TUESDAY, False),
    ({"hours": HOURS}, THURSDAY, datetime(2026, 11, 26, 18, 0, tzinfo=UTC), True),  # after we close
    ({}, THURSDAY, TUESDAY, False),
    ({"hours": HOURS}, {}, datetime(2026, 11, 24, 16, 0, tzinfo=UTC), False),  # five o'clock: the door is shut
]


@pytest.mark.parametrize(("found", "hours", "at", "there"), WITHIN)
def test_who_works_when(found: dict[str, Any], hours: dict[str, Any], at: datetime, there: bool) -> None:
    assert within(found, hours, at) is there


# When a case comes, comes back, or its human goes


def test_a_person_who_is_stuck_is_offered_to_the_same_human(store: Store, moved: Clock) -> None:
    desk = Desk(store, moved)
    omar, case = desk.human("Omar"), desk.case()
    desk.human("Anna")
    with store.begin() as connection:
        cases.take(connection, case, omar)
        cases.close(connection, store.vault, case, omar, outcome="helped", next_step=None)
        first = cases.one(connection, case).offered_at
    desk.moved.shift += timedelta(days=3)
    with store.begin() as connection:
        contact = cases.one(connection, case).contact_id
        effects.carry_out(Scene(connection, store.vault, contact, "", "nl"), [{"effect": "feedback", "answer": "stuck"}])
        assert cases.one(connection, case).offered_at > first
    assert desk.asked(case) == "Omar"


def test_another_wish_is_another_match(desk: Desk) -> None:
    desk.human("Amir", "ambassador")
    desk.human("Zoë")
    case = desk.case(to="advisor")
    assert desk.asked(case) == "Zoë"
    assert desk.case(to="ambassador") == case
    assert desk.asked(case) == "Amir"
    with desk.store.begin() as connection:
        cases.alert(connection, cases.one(connection, case).contact_id, "", "violence", "maybe")
    assert desk.asked(case) == "Zoë"
    with desk.store.begin() as connection:
        cases.withdraw_alert(connection, cases.one(connection, case).contact_id)
    assert desk.asked(case) == "Amir"


def test_who_loses_access_or_goes_away_gets_nothing_more(desk: Desk) -> None:
    anna, case = desk.human("Anna"), desk.case()
    desk.human("Omar")
    assert desk.asked(case) == "Anna"
    with desk.store.begin() as connection:
        users.disable(connection, anna)
    assert desk.asked(case) == "Omar"
    with desk.store.begin() as connection:
        users.enable(connection, anna)
    assert desk.asked(case) == "Omar"  # nobody is asked twice for nothing


def test_an_offer_that_stays_keeps_its_moment_and_one_line_in_the_log(desk: Desk) -> None:
    desk.human("Anna")
    case = desk.case()
    with desk.store.begin() as connection:
        first = cases.one(connection, case).offered_at
    desk.moved.shift += timedelta(minutes=5)
    with desk.store.begin() as connection:
        matching.offer(connection, case)
        assert cases.one(connection, case).offered_at == first
        assert len(connection.execute(select(audit).where(audit.c.act == "offered")).all()) == 1


def test_a_taken_case_is_offered_to_nobody(desk: Desk) -> None:
    anna, case = desk.human("Anna"), desk.case()
    desk.human("Omar")
    with desk.store.begin() as connection:
        cases.take(connection, case, anna)
        connection.execute(insert(knows).values(user_id=anna, contact_id=cases.one(connection, case).contact_id, at=now()))
        assert matching.offer(connection, case) is None
        assert cases.one(connection, case).owner_id == anna


def test_the_work_does_not_grow_with_the_talk(desk: Desk) -> None:
    desk.human("Anna")
    said: list[str] = []
    event.listen(desk.store.engine, "before_cursor_execute", lambda *call: said.append(call[2]))
    counted = []
    for number, many in ((1, 0), (2, 60)):
        case = desk.case("childcare", number=number)
        for _ in range(many):
            write(desk.store, "nog iets", address=f"+3160000000{number}")
        said.clear()
        with desk.store.begin() as connection:
            matching.offer(connection, case)
        counted.append(len(said))
    assert counted[0] == counted[1]
