"""What a person wants, why, and what they can already: the first steps of the road."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.barriers import answer_barriers
from actions.followup import TOLD, told
from actions.road import go_on, put, question, resume
from actions.talk import Talk
from bot.labels import goals, labels_of

FIRST = ("goal_find_work", "goal_help_child", "goal_paperwork", "goal_daily_dutch")
OTHER = ("goal_better_work", "goal_digital", "goal_meet_people", "goal_income", "goal_unsure")
SIMPLEST = ("goal_find_work", "goal_help_child", "goal_paperwork")
WHY = ("family", "security", "confidence", "belonging")
WHY_OF = {
    "goal_better_work": ("family", "security", "growth", "confidence"),
    "goal_income": ("family", "security", "autonomy", "confidence"),
    "goal_help_child": ("family", "confidence", "autonomy", "belonging"),
    "goal_daily_dutch": ("belonging", "confidence", "autonomy", "family"),
    "goal_digital": ("autonomy", "confidence", "family", "security"),
    "goal_paperwork": ("autonomy", "security", "confidence", "family"),
    "goal_use_diploma": ("confidence", "security", "family", "contribution"),
    "goal_meet_people": ("belonging", "contribution", "confidence", "family"),
    "goal_learn": ("growth", "confidence", "family", "autonomy"),
    "goal_own_business": ("autonomy", "security", "family", "growth"),
}
CHANGES_GOAL = 0.8  # how sure a new goal must be when it comes as the answer to another question
STRENGTHS = ("parenting", "caring", "cooking", "building")
STRENGTHS_OF = {
    "goal_help_child": ("parenting", "languages", "caring", "cooking"),
    "goal_use_diploma": ("languages", "office", "building", "organising"),
    "goal_own_business": ("trade", "cooking", "building", "organising"),
    "goal_meet_people": ("caring", "cooking", "organising", "growing"),
}


def _goals(talk: Talk) -> list[str]:
    return [*FIRST, "goal_other"]


def _why(talk: Talk) -> list[str]:
    return [*WHY_OF.get(talk.goal or "", WHY), "skip"]


def _strengths(talk: Talk) -> list[str]:
    return [*STRENGTHS_OF.get(talk.goal or "", STRENGTHS), "skip"]


question("goal", menu=_goals, no="goal_other", reworded=True)
question("goal_more", no="goal_unsure")
question("simplest", no="ask_human")
question("why", menu=_why, no="skip", reworded=True, values=lambda talk: {"goal": f"@{talk.goal}"})
question("strengths", menu=_strengths, no="skip", reworded=True)


@hears(*goals())
@picks(*goals())
def heard_goal(talk: Talk) -> None:
    """A goal, in own words or tapped."""
    if not talk.options and _answers_another_question(talk):
        return tell_situation(talk)
    goal = talk.options[0] if talk.options else talk.intent
    new = goal != talk.goal
    talk.keep("goal", [goal], "tapped" if talk.options else talk.heard(goal))
    if not talk.known.get("minor"):
        talk.effect("record_phase", phase="acquainted")
    answered = answer_barriers(talk)
    if goal == "goal_unsure" and new and not answered and not talk.known.get("minor"):
        talk.say("unsure_is_fine")
    elif talk.case == "waiting" and not answered:
        talk.say("heard")
    talk.misses = 0
    go_on(talk)


def _answers_another_question(talk: Talk) -> bool:
    """Words that answer "what makes it hard?" or "why?" sound like another goal ("my child is ill"): what was wanted stays, unless sure."""
    told = {"why": "driver", "strengths": "strength", "barriers": "barrier"}.get(talk.asked or "")
    known = talk.goal is not None and talk.goal != "goal_unsure"
    said = any(talk.new[kind] for kind in ("driver", "strength", "barrier")) or any(talk.reading.get(f"{told}s") or [])
    return bool(told and known and said) and float(talk.reading.get("confidence") or 0) < CHANGES_GOAL


@picks("goal_other")
def other_goal(talk: Talk) -> None:
    """More goals, or not knowing yet."""
    talk.say("all_right")
    put(talk, "goal_more")


@picks(*labels_of("driver"))
def picked_driver(talk: Talk) -> None:
    """Why it matters."""
    talk.keep("driver", [one for one in talk.options if one in labels_of("driver")], "tapped")
    talk.say("why_heard")
    go_on(talk)


@picks(*labels_of("strength"))
def picked_strength(talk: Talk) -> None:
    """What the person does already comes first in a case."""
    talk.keep("strength", [one for one in talk.options if one in labels_of("strength")], "tapped")
    talk.say("strength_heard")
    go_on(talk)


@picks("skip")
def skipped(talk: Talk) -> None:
    """Every question may be left open."""
    go_on(talk)


@hears("tell_situation")
def tell_situation(talk: Talk) -> None:
    """Life as it is: something useful on what is hard, a good word on what is strong, else thanks."""
    how_it_was = talk.asked in TOLD
    if not answer_barriers(talk):
        talk.say("strength_heard" if talk.new["strength"] else "why_heard" if talk.new["driver"] else "heard")
    if how_it_was:
        told(talk)
    elif talk.asked in ("why", "strengths", "barriers", "returning", None):
        go_on(talk)
    else:
        resume(talk)
