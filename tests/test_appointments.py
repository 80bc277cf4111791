"""An appointment from proposal to how it went, as the person lives it: taps, words, reminders, silence where there must be."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot import appointments, cases, conversations, counters, effects, facts, moments, outbox, retention, slots, timers, upcoming
from bot.appointments import Proposal, Wrong
from bot.brain import Thought
from bot.clock import Clock, now
from bot.messages import ChannelName
from bot.replies import available, render, texts
from bot.scene import Scene
from bot.segments import segments
from bot.store import Store
from bot.tables import appointments as rows
from bot.tables import cases as case_table
from bot.tables import contacts as people
from bot.tables import messages, staff_notices, users
from bot.workers import NOTICES
from tests.people import Think, answering, human, turns, write
from tests.talk.person import Person

ZONE = "Europe/Amsterdam"
PLACES = [{"name": "Buurthuis De Brug", "address": "Brugstraat 4", "hours": "maandag 9:00-12:00"}]
QUIET: Think = lambda turn: Thought()  # noqa: E731  Rasa while a human has the talk: labels only
NUMBER = "085 000 00 00"


def ahead(days: int = 3, hour: int = 13) -> datetime:
    return (now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


class Talk:
    """A person with a case at Sara's, and short ways to propose, tap and look."""

    def __init__(self, store: Store, channel: ChannelName = "sms", address: str = "+31600000001", language: str = "nl") -> None:
        self.store, self.channel, self.address = store, channel, address
        write(store, "ik zoek werk", channel=channel, address=address)
        run(store, answering("started"))
        with store.begin() as connection:
            facts.write(connection, "places", PLACES)
            facts.write(connection, "time_zone", ZONE)
            self.contact = str(connection.scalar(select(people.c.id).order_by(people.c.created_at.desc()).limit(1)))
            conversations.set_language(connection, self.contact, language, chosen=True)
            self.case = cases.open_case(connection, store.vault, self.contact, to="advisor", scope="all", which=None, wording=[])
        self.sara = sara(store)
        self.do(lambda connection: cases.take(connection, self.case, self.sara))

    def do(self, act: Any) -> Any:
        with self.store.begin() as connection:
            return act(connection)

    def propose(self, *options: datetime, **more: Any) -> str:
        given = {"place": "Buurthuis De Brug"} if "calls_from" not in more else {}
        asked = Proposal(options, **{**given, **more})
        return str(self.do(lambda connection: appointments.propose(connection, self.store.vault, self.case, self.sara, asked)))

    def says(self, text: str, think: Think = QUIET) -> str:
        """The person writes; gives what they hear back."""
        before = len(self.out())
        write(self.store, text, channel=self.channel, address=self.address)
        run(self.store, think)
        return "\n---\n".join(self.heard(before))

    def taps(self, choice: str) -> str:
        """The person taps a button, also an older one."""
        before = len(self.out())
        write(self.store, "", channel=self.channel, address=self.address, picked=choice)
        run(self.store, QUIET)
        return "\n---\n".join(self.heard(before))

    def out(self) -> list[Any]:
        with self.store.begin() as connection:
            ours = (messages.c.direction == "out") & (messages.c.contact_id == self.contact)
            return list(connection.execute(select(messages).where(ours).order_by(messages.c.seq)).all())

    def heard(self, since: int = 0) -> list[str]:
        """What went out or will, with its choices as lines."""
        shown = [one for one in self.out()[since:] if one.status != "cancelled" and one.reply not in ("reads_when", "reads_soon")]
        bodies = [self.store.vault.open_json(one.body) or {} for one in shown]
        return ["\n".join([body["text"], *(one["label"] for one in body.get("choices", []))]) for body in bodies]

    def choices(self) -> list[str]:
        """The ids of the last choices that were shown."""
        bodies = [self.store.vault.open_json(one.body) or {} for one in self.out()]
        return next([one["id"] for one in body["choices"]] for body in reversed(bodies) if body.get("choices"))

    def marks(self) -> list[str]:
        with self.store.begin() as connection:
            found = connection.scalars(select(messages.c.body).where(messages.c.kind == "mark").order_by(messages.c.seq)).all()
        return [str((self.store.vault.open_json(one) or {})["value"]) for one in found]

    def row(self, appointment: str) -> Any:
        return self.do(lambda connection: appointments.one(connection, appointment))

    def agreed(self, *options: datetime, **more: Any) -> str:
        made = self.propose(*(options or (ahead(),)), **more)
        self.taps(self.choices()[0])
        return made


def run(store: Store, think: Think) -> None:
    async def all_of_them() -> None:
        worker = turns(store, think)
        while await worker.run_one():
            pass

    asyncio.run(all_of_them())


def sara(store: Store) -> str:
    from bot import users as staff

    with store.begin() as connection:
        found = staff.find(connection, "Sara")
    return str(found.id) if found else human(store)


def fire(store: Store) -> None:
    """All timers that are due."""
    while True:
        with store.begin() as connection:
            if not timers.fire(connection, store.vault, NOTICES):
                return


def said(at: datetime, language: str = "nl", channel: str = "sms") -> str:
    return moments.say(at, ZONE, language, channel)


# Proposing and agreeing


def test_a_person_chooses_a_moment_and_hears_it_without_doubt(store: Store) -> None:
    talk = Talk(store)
    made = talk.propose(ahead(3), ahead(4), interpreter=True)
    asked = talk.heard()[-1]
    assert asked.startswith("Sara wil u graag zien.")
    assert [said(ahead(3)), said(ahead(4)), "Geen van deze"] == asked.split("\n")[-3:]
    told = talk.says("2")
    word = talk.do(lambda connection: cases.one(connection, talk.case).code_word)
    assert told == f"Afgesproken:\n{said(ahead(4))}\nBuurthuis De Brug, Brugstraat 4\nZeg daar dit woord: {word}\nEr is een tolk bij"
    assert (talk.row(made).status, talk.row(made).at) == ("agreed", ahead(4))
    assert talk.marks() == ["agreed"]
    assert "ik zoek" not in told


def test_a_call_says_which_number_and_the_word_instead_of_a_name(lite: Store) -> None:
    talk = Talk(lite)
    talk.propose(ahead(), calls_from=NUMBER)
    assert NUMBER in talk.heard()[-1]
    told = talk.says("1")
    assert f"Wij bellen van nummer {NUMBER}" in told
    assert "Wij zeggen dan dit woord" in told
    assert "Er is geen tolk bij" in told


def test_a_place_to_walk_in_needs_no_moment(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.propose()
    assert "Buurthuis De Brug, Brugstraat 4, maandag 9:00-12:00" in talk.heard()[-1]
    assert "Fijn, tot dan." in talk.says("ja")
    assert (talk.row(made).status, talk.row(made).at) == ("agreed", None)
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=True))
    assert talk.row(made).status == "kept"


@pytest.mark.parametrize("answer", ["3", "geen van deze", "nee"])
def test_none_of_these_is_told_to_the_human(lite: Store, answer: str) -> None:
    talk = Talk(lite)
    made = talk.propose(ahead(3), ahead(4))
    assert talk.says(answer) == "Dank u. Wij sturen u een nieuw moment."
    assert talk.marks() == ["none"]
    assert talk.propose(ahead(6)) == made  # the same appointment, proposed anew


def test_other_words_under_a_proposal_go_to_the_human_as_ever(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.propose(ahead(3))
    assert "Afgesproken" not in talk.says("mag mijn zus mee?")
    assert talk.row(made).status == "proposed"


WRONG = [
    (Proposal(()), "place"),
    (Proposal((ahead(),), place="Buurthuis De Brug", calls_from=NUMBER), "place"),
    (Proposal((ahead(),), place="Nergens"), "place"),
    (Proposal((), calls_from=NUMBER), "moments"),
    (Proposal((ahead(-1),), place="Buurthuis De Brug"), "moments"),
    (Proposal((ahead(400),), place="Buurthuis De Brug"), "moments"),
    (Proposal(tuple(ahead(day) for day in (1, 2, 3, 4)), place="Buurthuis De Brug"), "moments"),
    (Proposal((ahead(),), calls_from="bel maar"), "number"),
    (Proposal((ahead(),), calls_from=NUMBER, minutes=0), "minutes"),
    (Proposal((ahead(),), calls_from=NUMBER, instead="nosuch"), "not_agreed"),
]


@pytest.mark.parametrize(("asked", "wrong"), WRONG, ids=[f"{wrong} {number}" for number, (_, wrong) in enumerate(WRONG)])
def test_what_cannot_be_proposed_is_refused_and_nobody_hears_of_it(lite: Store, asked: Proposal, wrong: str) -> None:
    talk = Talk(lite)
    before = talk.heard()
    with pytest.raises(Wrong, match=wrong):
        talk.do(lambda connection: appointments.propose(connection, lite.vault, talk.case, talk.sara, asked))
    assert talk.heard() == before


def test_only_who_has_the_case_or_joined_proposes(lite: Store) -> None:
    from bot.tables import joined

    talk, noor = Talk(lite), human(lite, "Noor")
    asked = Proposal((ahead(),), calls_from=NUMBER)
    with pytest.raises(cases.Taken):
        talk.do(lambda connection: appointments.propose(connection, lite.vault, talk.case, noor, asked))
    row = {"case_id": talk.case, "user_id": noor, "how": "bridge", "status": "agreed", "at": now()}
    talk.do(lambda connection: connection.execute(joined.insert().values(**row)))
    talk.do(lambda connection: appointments.propose(connection, lite.vault, talk.case, noor, asked))
    assert talk.heard()[-1].startswith("Noor wil u graag bellen")


def test_outside_whatsapps_window_the_human_is_told(lite: Store, moved: Clock) -> None:
    talk = Talk(lite, channel="whatsapp")
    moved.shift += timedelta(hours=25)
    with pytest.raises(cases.CannotReach, match="window"):
        talk.propose(ahead())


def test_of_two_who_tap_the_same_moment_one_has_it_and_the_other_chooses_anew(store: Store) -> None:
    one, two = Talk(store), Talk(store, address="+31600000002")
    one.propose(ahead(3), ahead(4))
    made = two.propose(ahead(3), ahead(4))
    one.says("1")
    told = two.says("1")
    assert told.startswith("Dat moment kan niet meer. Past een van deze?")
    assert said(ahead(3)) not in told
    assert "Afgesproken" in two.says("1")
    assert two.row(made).at == ahead(4)


def test_a_moment_that_is_past_cannot_be_chosen_any_more(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.propose(ahead(1))
    moved.shift += timedelta(days=3)
    assert talk.says("1") == "Dat moment kan niet meer. Wij sturen u een nieuw moment."
    assert talk.row(made).status == "proposed"


def test_an_id_of_somebody_elses_appointment_does_nothing(lite: Store) -> None:
    one, two = Talk(lite), Talk(lite, address="+31600000002")
    made = one.propose(ahead())
    for forged in (f"slot:{made}:{int(ahead().timestamp())}", f"meet:{made}:cancel", "slot:nosuch:none", f"meet:{made}:explode"):
        assert two.taps(forged) == "Ik zie hier geen afspraak."
    assert one.row(made).status == "proposed"


def test_an_older_button_still_chooses_and_twice_the_same_says_it_again(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.propose(ahead(3), ahead(4))
    first, second, _ = talk.choices()
    talk.taps(first)
    assert said(ahead(3)) in talk.taps(first)
    assert talk.row(made).moved == 0
    assert said(ahead(4)) in talk.taps(second)
    assert (talk.row(made).at, talk.row(made).moved) == (ahead(4), 1)


# Moving and calling off


def test_moved_by_the_person_the_other_moments_are_offered_at_once(store: Store, moved: Clock) -> None:
    talk = Talk(store)
    made = talk.agreed(ahead(3), ahead(4))
    told = talk.taps(f"meet:{made}:move")
    assert told == f"Dat is goed. Past een van deze momenten?\n{said(ahead(4))}\nGeen van deze"
    assert (talk.row(made).status, talk.row(made).at, talk.row(made).moved) == ("proposed", None, 1)
    assert said(ahead(4)) in talk.says("1")
    assert talk.taps(f"meet:{made}:move") == "Dank u. Wij sturen u een nieuw moment."
    assert talk.marks() == ["agreed", "move", "agreed", "move"]
    talk.propose(ahead(6))
    talk.says("1")
    assert (talk.row(made).at, talk.row(made).moved) == (ahead(6), 2)


def test_called_off_by_the_person_the_door_stays_open(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    assert talk.taps(f"meet:{made}:cancel") == "Dank u, het gaat niet door. U mag altijd weer schrijven."
    assert talk.row(made).status == "cancelled"
    assert talk.taps(f"meet:{made}:confirm") == "Ik zie hier geen afspraak."


def meaning(intent: str, confidence: float = 0.9, **more: Any) -> Think:
    return lambda turn: Thought(labels={"intent": intent, "confidence": confidence, **more})


SAYS = [
    ("appointment_confirm", {}, "agreed", "Fijn, tot dan."),
    ("appointment_cancel", {}, "cancelled", "Dank u, het gaat niet door."),
    ("appointment_move", {}, "proposed", "Dank u. Wij sturen u een nieuw moment"),
    ("appointment_cancel", {"confidence": 0.4}, "agreed", ""),
    ("appointment_cancel", {"urgent": "violence"}, "agreed", ""),
    ("goal_find_work", {}, "agreed", ""),
]


@pytest.mark.parametrize(("intent", "more", "status", "told"), SAYS)
def test_in_words_too_while_a_human_has_the_talk(lite: Store, intent: str, more: dict[str, Any], status: str, told: str) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    back = talk.says("dat zeg ik dan in woorden", meaning(intent, **more))
    assert talk.row(made).status == status
    assert back.startswith(told)
    assert bool(back) == bool(told)


def test_words_about_an_appointment_nobody_made_are_the_humans_to_answer(lite: Store) -> None:
    talk = Talk(lite)
    assert talk.says("ik kom morgen niet", meaning("appointment_cancel")) == ""


def test_yes_i_come_agrees_the_one_moment_proposed_and_asks_again_which_of_two(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.propose(ahead(3), ahead(4))
    assert "Wanneer kunt u?" in talk.says("ik kom graag", meaning("appointment_confirm"))
    talk.propose(ahead(3))
    assert "Afgesproken" in talk.says("ik kom graag", meaning("appointment_confirm"))
    assert talk.row(made).status == "agreed"


def test_a_turn_knows_of_the_appointment_there_is(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    seen: list[Any] = []

    def think(turn: dict[str, Any]) -> Thought:
        seen.append(turn["known"]["appointment"])
        return Thought()

    talk.says("een", think)
    talk.propose(ahead(3))
    talk.says("en wat nu", think)
    talk.says("1")
    talk.says("en dan", think)
    moved.shift += timedelta(days=4)
    talk.says("later", think)
    assert seen == [None, {"status": "proposed", "when": None}, {"status": "agreed", "when": ahead(-1).isoformat()}, None]


@pytest.mark.parametrize("status", ["proposed", "agreed"])
def test_with_an_appointment_the_talk_leaves_the_answer_to_it_also_without_a_human(status: str) -> None:
    person = Person(known={"first": False, "appointment": {"status": status, "when": None}})
    turn = person.says("appointment_move", "kan het op een andere dag")
    assert [one["answer"] for one in turn.did("appointment")] == ["move"]
    assert turn.replies == []


def test_in_words_after_the_human_gave_the_talk_back(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    talk.do(lambda connection: cases.give_back(connection, lite.vault, talk.case, talk.sara))
    moved = lambda turn: Thought(effects=[{"effect": "appointment", "answer": "cancel"}])  # noqa: E731  as actions/followup.py gives
    assert talk.says("ik kan toch niet", moved) == "Dank u, het gaat niet door. U mag altijd weer schrijven."
    assert talk.row(made).status == "cancelled"
    assert talk.marks() == ["agreed", "cancel"]


def test_the_human_moves_and_calls_off_too(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    assert talk.propose(ahead(5), instead=made) == made
    assert (talk.row(made).status, talk.row(made).moved) == ("proposed", 1)
    talk.says("1")
    talk.do(lambda connection: appointments.withdraw(connection, lite.vault, made, talk.sara))
    assert talk.heard()[-1] == "Het spijt ons, onze afspraak gaat niet door. Sara schrijft u nog."
    with pytest.raises(Wrong, match="not_agreed"):
        talk.do(lambda connection: appointments.withdraw(connection, lite.vault, made, talk.sara))


@pytest.mark.parametrize("answer", ["move", "cancel"])
def test_after_the_case_was_closed_it_comes_back_to_the_same_human(lite: Store, answer: str) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    talk.do(lambda connection: cases.close(connection, lite.vault, talk.case, talk.sara, outcome="appointment", next_step=None))
    talk.taps(f"meet:{made}:{answer}")
    case = talk.do(lambda connection: cases.one(connection, talk.case))
    assert (case.status, case.owner_id) == ("waiting", talk.sara)


def test_the_human_hears_of_an_answer_by_mail_without_a_word_of_it(lite: Store) -> None:
    talk = Talk(lite)
    talk.do(lambda connection: connection.execute(update(users).where(users.c.id == talk.sara).values(mails=True, email=b"x")))
    made = talk.agreed()
    talk.taps(f"meet:{made}:cancel")
    found = talk.do(lambda connection: connection.execute(select(staff_notices.c.user_id, staff_notices.c.kind)).all())
    assert [tuple(one) for one in found if one.kind == "news"] == [(talk.sara, "news")] * 2


# Reminders


def reminders(talk: Talk) -> list[str]:
    return [one.status for one in talk.out() if one.reply in ("reminder_place", "reminder_call")]


def test_a_reminder_a_day_and_two_hours_before_that_names_no_topic(store: Store, moved: Clock) -> None:
    talk = Talk(store)
    at = ahead(3)
    talk.agreed(at)
    for hours, sent in ((25, 0), (23, 1), (3, 1), (1, 2), (-1, 2)):
        moved.shift = at - timedelta(hours=hours) - (now() - moved.shift)
        fire(store)
        assert len(reminders(talk)) == sent
    told = next(body for one in talk.out() if one.reply == "reminder_place" and (body := store.vault.open_json(one.body)))
    assert told["text"] == f"Denkt u aan dit moment?\n{said(at)}\nBuurthuis De Brug, Brugstraat 4"
    assert [one["label"] for one in told["choices"]] == ["Ja, dat is goed", "Een ander moment", "Nee, dat lukt niet"]


@pytest.mark.parametrize(
    ("answer", "told"), [("ja", "Fijn, tot dan."), ("2", "Dank u. Wij sturen u een nieuw moment"), ("nee", "Dank u, het gaat niet door.")]
)
def test_a_reminder_is_answered_by_a_word_or_number(lite: Store, moved: Clock, answer: str, told: str) -> None:
    talk = Talk(lite)
    talk.agreed(ahead(3))
    moved.shift += timedelta(days=2, hours=12)
    fire(lite)
    assert talk.says(answer).startswith(told)


def _stop(talk: Talk, made: str) -> None:
    talk.says("stop")


def _hush(talk: Talk, made: str) -> None:
    talk.do(lambda connection: connection.execute(update(people).where(people.c.id == talk.contact).values(quiet=True)))


def _cancel(talk: Talk, made: str) -> None:
    talk.taps(f"meet:{made}:cancel")


def _move(talk: Talk, made: str) -> None:
    talk.taps(f"meet:{made}:move")


def _withdraw(talk: Talk, made: str) -> None:
    talk.do(lambda connection: appointments.withdraw(connection, talk.store.vault, made, talk.sara))


def _somebody_else(talk: Talk, made: str) -> None:
    with talk.store.begin() as connection:
        scene = Scene(connection, talk.store.vault, talk.contact, "", "nl")
        effects.carry_out(scene, [{"effect": "new_acquaintance"}])


@pytest.mark.parametrize("meanwhile", [_stop, _hush, _cancel, _move, _withdraw, _somebody_else], ids=lambda one: one.__name__)
def test_no_reminder_when_it_was_moved_or_called_off_or_must_not_be_sent(lite: Store, moved: Clock, meanwhile: Any) -> None:
    talk = Talk(lite)
    made = talk.agreed(ahead(3))
    meanwhile(talk, made)
    for hours in (50, 22, 2):
        moved.shift += timedelta(hours=hours)
        fire(lite)
    assert reminders(talk) == []


def test_after_a_move_only_the_new_moment_is_remembered(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    first, second = ahead(3), ahead(8)
    made = talk.agreed(first, second)
    talk.taps(f"meet:{made}:move")
    talk.says("1")
    for at, sent in ((first, 0), (second, 1)):
        moved.shift = at - timedelta(hours=23) - (now() - moved.shift)
        fire(lite)
        assert len(reminders(talk)) == sent


def test_one_reminder_and_not_two_after_a_long_silence_of_ours(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    at = ahead(3)
    talk.agreed(at)
    moved.shift = at - timedelta(hours=1) - now()
    fire(lite)
    assert len(reminders(talk)) == 1


def test_none_for_an_appointment_within_two_hours(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    talk.agreed(now() + timedelta(hours=1))
    moved.shift += timedelta(minutes=30)
    fire(lite)
    assert reminders(talk) == []


def test_within_the_hours_agreed_as_safe(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    at = ahead(3, hour=16)
    talk.agreed(at)
    talk.do(lambda connection: connection.execute(update(people).where(people.c.id == talk.contact).values(safe_hours="20:00-22:00")))
    moved.shift = at - timedelta(hours=24) - now() + timedelta(minutes=1)
    fire(lite)
    assert reminders(talk) == []  # five in the afternoon, or six
    moved.shift += timedelta(hours=4)
    fire(lite)
    assert len(reminders(talk)) == 1


def test_a_reminder_that_waits_for_whatsapps_window_does_not_come_out_afterwards(lite: Store, moved: Clock) -> None:
    talk = Talk(lite, channel="whatsapp")
    at = ahead(3)
    talk.agreed(at)
    moved.shift = at - timedelta(hours=23) - now()
    fire(lite)
    with lite.begin() as connection:
        while claimed := outbox.claim(connection, lite.vault, ["whatsapp"]):
            outbox.wait_for_window(connection, claimed.row) if claimed.window_closed else outbox.sent(connection, claimed.row, "SM1")
    assert reminders(talk) == ["waiting"]  # the human sees that it waits
    moved.shift += timedelta(hours=24)
    fire(lite)
    assert reminders(talk) == ["cancelled"]


# Afterwards


def test_who_came_is_written_down_and_hears_nothing(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    with pytest.raises(Wrong, match="too_early"):
        talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=True))
    moved.shift += timedelta(days=4)
    before = talk.heard()
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=True))
    assert talk.row(made).status == "kept"
    assert talk.heard() == before
    with pytest.raises(Wrong, match="not_agreed"):
        talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=False))


def test_who_did_not_come_hears_no_blame_and_may_choose_anew(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.agreed(ahead(3), ahead(6))
    moved.shift += timedelta(days=4)
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=False))
    assert talk.heard()[-1] == "Het is niet gelukt, dat geeft niet. Wilt u een nieuw moment?\nEen nieuw moment\nNu niet"
    told = talk.says("ja")
    assert said(ahead(2)) in told  # the other moment of the proposal is still to come
    assert "Afgesproken" in talk.says("1")
    assert (talk.row(made).status, talk.row(made).moved) == ("agreed", 1)
    moved.shift += timedelta(days=1, hours=12)
    fire(lite)
    assert len(reminders(talk)) == 1


def test_who_did_not_come_may_say_not_now_or_let_the_human_choose(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    moved.shift += timedelta(days=4)
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=False))
    assert talk.says("nu niet") == "U mag altijd schrijven."
    assert talk.taps(f"meet:{made}:again") == "Dank u. Wij sturen u een nieuw moment."
    assert talk.marks()[-2:] == ["missed", "again"]


def test_who_did_not_come_and_must_not_be_written_to_is_not(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    moved.shift += timedelta(days=4)
    _hush(talk, made)
    before = talk.heard()
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=False))
    assert talk.heard() == before


def test_appointments_are_counted_without_persons(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    made = talk.agreed(ahead(3), ahead(4))
    talk.taps(f"meet:{made}:move")
    talk.says("1")
    moved.shift += timedelta(days=5)
    talk.do(lambda connection: appointments.record(connection, lite.vault, made, talk.sara, came=False))
    found = talk.do(lambda connection: counters.totals(connection, "appointment"))
    assert found == {"proposed": 1, "agreed": 2, "moved": 1, "missed": 1}


# Nothing stays behind


def test_forget_leaves_no_appointment_and_no_timer(store: Store) -> None:
    talk = Talk(store)
    talk.agreed()
    talk.do(lambda connection: retention.forget(connection, store.vault, talk.contact))
    assert talk.do(lambda connection: connection.execute(select(rows)).all()) == []


def test_an_old_case_takes_its_appointments_along(lite: Store, moved: Clock) -> None:
    talk = Talk(lite)
    talk.agreed()
    talk.do(lambda connection: cases.close(connection, lite.vault, talk.case, talk.sara, outcome="appointment", next_step=None))
    moved.shift += timedelta(days=366)
    talk.do(lambda connection: retention.purge(connection, lite.vault))
    assert talk.do(lambda connection: connection.execute(select(rows)).all()) == []
    assert talk.do(lambda connection: connection.execute(select(case_table)).all()) == []


def test_somebody_else_on_this_phone_has_no_appointment(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    _somebody_else(talk, made)
    assert talk.do(lambda connection: upcoming.of(connection, talk.contact)) is None


def test_the_place_is_kept_encrypted(lite: Store) -> None:
    talk = Talk(lite)
    made = talk.agreed()
    assert b"Brug" not in talk.row(made).place
    assert slots.place_line(lite.vault, talk.row(made)) == "Buurthuis De Brug, Brugstraat 4"


# Every language, and what it costs

FULL = {"human": "Abdirahman", "number": "+31 85 000 00 00", "place": "Buurthuis De Brug, Brugstraat 4, Voorbeeldstad", "word": "sleutel"}
ASKED = {"slot_place": "slots", "slot_call": "slots", "slot_others": "slots", "slot_taken": "slots"}
MEETS = {
    "reminder_place": ("yes", "move", "no"),
    "reminder_call": ("yes", "move", "no"),
    "missed": ("again", "not_now"),
    "slot_walk_in": ("yes", "no"),
}


@pytest.mark.parametrize("language", available())
def test_every_text_of_it_fits_three_sms_with_its_choices(language: str) -> None:
    found = texts(language)
    moment = moments.say(datetime.fromisoformat("2026-09-23T14:30:00+00:00"), ZONE, language)
    neither = found["choices"]["neither"]["label"]
    for name in (*ASKED, *MEETS, "agreed_place", "agreed_call", "agreed_walk_in", "withdrawn", "called_off", "slot_none", "slot_gone"):
        text = render(name, language, "sms", {**FULL, "moment": moment, "interpreter": "@no_interpreter"}, offered=()).text
        menu = (
            [moment, moment, moment, neither]
            if name in ASKED
            else [found["choices"][f"meet_{one}"]["label"] for one in MEETS.get(name, ())]
        )
        whole = "\n".join([text, *(f"{number}. {label}" for number, label in enumerate(menu, start=1))])
        assert segments(whole) <= 3, (name, len(whole), whole)


@pytest.mark.parametrize("language", available())
def test_the_whole_way_in_every_language(lite: Store, language: str) -> None:
    talk = Talk(lite, channel="telegram", address="4711", language=language)
    at = ahead(3)
    talk.propose(at, ahead(4), interpreter=True)
    assert said(at, language, "telegram") in talk.heard()[-1]
    told = talk.says("1")
    assert said(at, language, "telegram") in told
    assert "Brugstraat 4" in told
    assert "{" not in told
