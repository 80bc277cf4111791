"""Picked choices, and yes and no to the open question."""

from __future__ import annotations

from actions.answers import HEARD, PICKED, hears
from actions.goals import tell_situation
from actions.road import QUESTIONS, resume
from actions.talk import Talk
from bot.labels import labels_of


@hears("pick")
def pick(talk: Talk) -> None:
    """What was tapped, numbered or named; where one of several leads on, that one."""
    talk.misses = 0
    options = [one for one in talk.options if one in PICKED or one in HEARD]
    if not options:  # from a menu of another time
        return resume(talk)
    talk.act["options"] = options
    labels = [one for one in options if any(one in labels_of(kind) for kind in ("driver", "strength", "barrier"))]
    chosen = labels[0] if labels else options[0]
    talk.intent = chosen if chosen in HEARD else talk.intent
    (PICKED.get(chosen) or HEARD[chosen])(talk)


@hears("affirm")
def affirm(talk: Talk) -> None:
    """Yes to the open question; where yes is no answer, which one?"""
    asked = QUESTIONS.get(talk.asked or "")
    if asked and asked.yes:
        return _answer(talk, asked.yes)
    if talk.new["barrier"] or talk.new["driver"] or talk.new["strength"]:
        return tell_situation(talk)
    talk.say("which_one") if asked else talk.say("hello")
    resume(talk)


@hears("deny")
def deny(talk: Talk) -> None:
    """No to the open question: never pressed."""
    asked = QUESTIONS.get(talk.asked or "")
    if talk.new["barrier"] or talk.new["driver"] or talk.new["strength"]:
        return tell_situation(talk)
    if asked and asked.no:
        return _answer(talk, asked.no)
    talk.say("all_right")
    resume(talk)


def _answer(talk: Talk, choice: str) -> None:
    talk.misses = 0
    talk.act = {"name": "pick", "options": [choice]}
    (PICKED.get(choice) or HEARD[choice])(talk)
