"""Afterwards: how it was, check-ins, appointments, a talk given back by a human (conversation.md, step 6)."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.handover import offer_person, say_when
from actions.road import put, question, resume
from actions.talk import Talk

question("how_was_it", neutral=True)
question("in_words", no="rather_not", neutral=True)
question("pass_words", yes="words_yes", no="words_no", values=lambda talk: {"human": talk.known.get("human")}, neutral=True)
question("check_ins", yes="check_ins_yes", no="check_ins_no", neutral=True)
question("more_check_ins", yes="check_ins_yes", no="check_ins_no", neutral=True)
question("ask_again", yes="go_on", no="later_no", neutral=True)
question("look_again", yes="look_yes", no="look_no", neutral=True)
question("returned", yes="tell_more", no="that_is_all", neutral=True)
question("no_appointment", yes="ask_human", no="go_on", neutral=True)
TOLD = ("how_was_it", "in_words", "pass_words")  # questions that free words answer with how it was
BEGUN = {"check_in": "how_was_it", "how_was_it": "how_was_it", "ask_again": "ask_again"}
APPOINTMENTS = {"appointment_confirm": "confirm", "appointment_move": "move", "appointment_cancel": "cancel"}


@hears("timer")
def timer(talk: Talk) -> None:
    """A message we start: who we are, no topic."""
    timer = str(talk.act.get("timer"))
    if timer in BEGUN:
        talk.misses = 0
        talk.say("its_us", public_name=talk.facts.get("public_name", ""))
        more = bool((talk.act.get("args") or {}).get("go_on"))  # the third check-in, and those after it
        put(talk, BEGUN[timer], {name: True for name, so in (("closed", timer == "how_was_it"), ("more", more)) if so})


@hears("returned")
def returned(talk: Talk) -> None:
    """A human gave the talk back: said so, and who stays the person's own."""
    human = talk.known.get("human")
    talk.say("back_with", human=human) if human else talk.say("back")
    put(talk, "returned")


@picks("better", "same")
def going(talk: Talk) -> None:
    """How it goes; when it is done and well, how it was; may we ask again?"""
    better = talk.options[0] == "better"
    talk.effect("feedback", answer=talk.options[0], words=False)
    talk.say("good_to_hear" if better else "takes_time")
    if better and talk.context.get("closed") and talk.known.get("human"):
        return put(talk, "in_words", talk.context)
    asks_on(talk)


def told(talk: Talk) -> None:
    """How it was, in own words: may the human read that? Without a yes it stays with us (conversation.md, rule 8)."""
    if talk.known.get("human"):
        return put(talk, "pass_words", talk.context)
    asks_on(talk)


def asks_on(talk: Talk) -> None:
    """May we ask again: at first, and from the third check-in on once more."""
    if not talk.known.get("check_ins"):
        put(talk, "check_ins")
    elif talk.context.get("more"):
        put(talk, "more_check_ins")
    else:
        talk.finish()
        talk.say("write_any_time")


@picks("rather_not")
def rather_not(talk: Talk) -> None:
    """Nothing to tell."""
    talk.say("all_right")
    asks_on(talk)


@picks("words_yes")
def words_passed(talk: Talk) -> None:
    """The human may read it."""
    talk.effect("feedback", answer=None, words=True)
    talk.say("words_passed", human=talk.known.get("human"))
    asks_on(talk)


@picks("words_no")
def words_kept(talk: Talk) -> None:
    """Nobody reads it."""
    talk.say("all_right")
    asks_on(talk)


@picks("stuck")
def stuck(talk: Talk) -> None:
    """Stuck: may the same human look again?"""
    put(talk, "look_again")


@picks("look_yes")
def look_again(talk: Talk) -> None:
    """Back to the same human."""
    if talk.known.get("case") is None:
        return offer_person(talk)
    talk.effect("feedback", answer="stuck", words=False)
    talk.known["case"] = {**talk.known["case"], "status": "waiting"}
    talk.say("passed_on")
    say_when(talk)
    put(talk, "meanwhile")


@picks("look_no")
def look_not(talk: Talk) -> None:
    """Stuck, and no human wanted now."""
    talk.say("write_any_time")
    talk.finish()


@picks("check_ins_yes")
def check_ins(talk: Talk) -> None:
    """Asked again after two days, a week, three weeks; later once more."""
    if talk.asked == "more_check_ins":
        talk.effect("agree_check_ins", more=True)
        talk.say("check_in_agreed")
    else:
        talk.effect("agree_check_ins")
        talk.say("check_ins_agreed")
    talk.finish()


@picks("check_ins_no")
def no_check_ins(talk: Talk) -> None:
    """Not asked again."""
    talk.effect("no_check_ins")
    talk.say("write_any_time")
    talk.finish()


@hears(*APPOINTMENTS)
@picks(*APPOINTMENTS)
def appointment(talk: Talk) -> None:
    """Coming, another day, or not coming: told to the human."""
    answer = APPOINTMENTS[talk.options[0] if talk.options else talk.intent]
    if talk.known.get("appointment"):  # the gateway knows which one, changes it and answers (bot/meetings.py)
        return talk.effect("appointment", answer=answer)
    if talk.case in (None, "waiting"):  # nobody made one with this person yet
        talk.say("no_appointment")
        return put(talk, "meanwhile" if talk.case else "no_appointment")
    talk.effect("appointment", answer=answer)
    talk.say(f"appointment_{answer}")
    resume(talk) if talk.asked else put(talk, "returned")
