"""Who is there: the first turn, somebody who returns, a child; and what they said, kept before anything is answered."""

from __future__ import annotations

from typing import Any

from actions import languages
from actions.answers import hears, picks
from actions.handover import call_a_person
from actions.road import QUESTIONS, aside, go_on, put, question, resume
from actions.talk import Talk
from actions.urgent import number_for
from bot.labels import labels_of

# Answered whoever it is and whatever was before: danger, the person's own word over their data, what we or a human began.
AT_ONCE = frozenset({"urgent", "help", "stop", "stop_asked", "forget_me", "timer", "returned"})
# Answered to a returning person too, as they show nothing of before; the neutral question follows.
SHOWS_NOTHING = frozenset(
    {
        "ask_who", "ask_privacy", "ask_cost", "ask_human", "change_language", "keep_private", "other_person",
        "goodbye", "thank", "appointment_confirm", "appointment_move", "appointment_cancel", "media",
    }
)  # fmt: skip
# Asked in the first words, before we know the language: not lost over it.
TAKEN_UP = frozenset({"ask_human", "ask_call", "media", "ask_who", "ask_privacy", "ask_cost", "keep_private"})
KINDS = {"drivers": "driver", "strengths": "strength", "barriers": "barrier", "about": "about"}
UNKEPT = frozenset({"keep_private", "other_person"})

question("returning", yes="go_on", reworded=True, neutral=True)


def _children_line(talk: Talk) -> dict[str, Any]:
    found = number_for(talk, "minor") or {}
    return {"name": found.get("name", ""), "number": found.get("number", "")}


question("minor", yes="minor_person", no="minor_no", values=_children_line, reworded=True, neutral=True)
question("somebody", yes="somebody_else", no="go_on", neutral=True)


def begins(talk: Talk) -> bool:
    """What comes before the answer of every turn; True when it was the whole answer."""
    unsure = languages.settle(talk)
    child = "minor" in (talk.reading.get("about") or []) and not talk.known.get("minor")
    if child:
        _keep_nothing(talk)
    if talk.intent in ("urgent", "help"):
        return False
    if child:
        return _a_child(talk)
    keep_said(talk)
    if talk.known.get("first"):
        return _introduce(talk, unsure)
    if talk.intent in AT_ONCE:
        return False
    if talk.reading and talk.intent != "change_language" and languages.wants_other(talk):
        return True
    return bool(talk.known.get("returning")) and _welcome_back(talk)


def keep_said(talk: Talk) -> None:
    """Keep the drivers, barriers and strengths in what was said; they are never asked again."""
    if talk.intent in UNKEPT:
        return
    for plural, kind in KINDS.items():
        for label in talk.reading.get(plural) or []:
            talk.keep(kind, [label], talk.heard(label))


def _introduce(talk: Talk, unsure: bool) -> bool:
    """A computer, people too, who this is: in the first turn whatever it is about (rule 6)."""
    introduce(talk)
    if unsure and talk.intent not in AT_ONCE | {"change_language"} and len(languages.enabled(talk)) > 1:
        if talk.intent.startswith("goal_"):
            talk.keep("goal", [talk.intent], talk.heard(talk.intent))
        talk.done.remove("hello")  # said again in the language they choose
        aside(talk, "language", _wanted(talk))
        return True
    return talk.intent not in AT_ONCE and bool(talk.reading) and languages.wants_other(talk)


def _wanted(talk: Talk) -> dict[str, Any]:
    """What the first words asked for, to be answered once the language is known."""
    return {"then": talk.intent, "kind": talk.act.get("kind")} if talk.intent in TAKEN_UP else {}


def _welcome_back(talk: Talk) -> bool:
    """Something neutral, and nothing of before, until the person says who they are (rule 11)."""
    asked = QUESTIONS.get(talk.asked or "")
    in_words = talk.asked == "how_was_it" and talk.intent == "tell_situation"
    if asked and asked.neutral and (in_words or talk.intent in ("pick", "affirm", "deny")):
        return False
    if talk.intent in SHOWS_NOTHING:
        talk.asked, talk.context = "returning", {}
        return False
    for kind in ("driver", "strength", "barrier"):
        talk.keep(kind, [one for one in talk.options if one in labels_of(kind)], "tapped")
    if talk.intent.startswith("goal_"):
        talk.keep("goal", [talk.intent], talk.heard(talk.intent))
    put(talk, "returning")
    return True


def introduce(talk: Talk) -> None:
    """A computer, people too, who this is."""
    talk.say("intro", public_name=talk.facts.get("public_name", ""))
    talk.done.append("hello")


def _keep_nothing(talk: Talk) -> None:
    """A child writes: nothing is kept, and no message of ours begins."""
    talk.effect("minor")
    talk.known["minor"] = True
    talk.forget_all()


def _a_child(talk: Talk) -> bool:
    """A kind answer, the line for children, a trained human."""
    if talk.known.get("first"):
        introduce(talk)
    put(talk, "minor")
    return True


@hears("greet")
def greet(talk: Talk) -> None:
    """Hello; then where we were."""
    if not talk.known.get("first"):
        talk.say("hello")
    resume(talk)


@picks("go_on")
def same_person(talk: Talk) -> None:
    """On where it stopped."""
    talk.finish()
    go_on(talk)


@picks("something_new")
def something_new(talk: Talk) -> None:
    """Another goal; what was said before stays."""
    talk.finish()
    talk.goal, talk.done, talk.later = None, ["hello"], []
    put(talk, "goal")


@picks("somebody_else", "not_minor")
def somebody_else(talk: Talk) -> None:
    """Another person, or no child after all: nothing of before is kept, and we meet anew."""
    talk.effect("new_acquaintance")
    talk.forget_all()
    talk.known |= {"minor": False, "case": None}
    introduce(talk)
    put(talk, "goal")


@hears("other_person")
def other_person(talk: Talk) -> None:
    """Somebody else may hold this phone: nothing is shown. Who never wrote before just hears who we are."""
    if talk.known.get("first"):
        return go_on(talk)
    talk.say("shows_nothing")
    aside(talk, "somebody")


@picks("wrong_number")
def wrong_number(talk: Talk) -> None:
    """We wrote to the wrong person: does it end here?"""
    put(talk, "stop")


@picks("minor_person")
def child_wants_person(talk: Talk) -> None:
    """A child said yes to a trained human."""
    call_a_person(talk, lines=["ask_minor"], values=_children_line(talk), note="minor")


@picks("minor_no")
def child_alone(talk: Talk) -> None:
    """The door stays open."""
    talk.say("minor_no")
    talk.finish()
