"""The road: its questions by name, how each is put, and which comes next (conversation.md, the road)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actions.talk import Talk
from bot.replies import turns

Menu = Callable[[Talk], list[str]]


@dataclass(frozen=True)
class Question:
    """One question: what "yes" and "no" mean to it, its values, what is said before it.

    Its choices are those of turns.yml, unless a menu makes them from the talk.
    """

    menu: Menu | None = None
    yes: str | None = None
    no: str | None = None
    values: Callable[[Talk], dict[str, Any]] | None = None
    lead: Callable[[Talk, bool], None] | None = None
    reworded: bool = False  # it has a second, simpler text: ask_NAME_again
    neutral: bool = False  # it names nothing of the person: a returning one may answer it as it is


QUESTIONS: dict[str, Question] = {}


def question(name: str, **more: Any) -> None:
    """Add a question; its text is the reply ask_NAME."""
    QUESTIONS[name] = Question(**more)


def put(talk: Talk, name: str, context: dict[str, Any] | None = None, *, again: bool = False, few: bool = False) -> None:
    """Put a question: it is now the open one. again: in its short form; few: with fewer choices."""
    asked = QUESTIONS[name]
    talk.asked, talk.context = name, context or {}
    if asked.lead:
        asked.lead(talk, again)
    choices = asked.menu(talk) if asked.menu else list(turns()[f"ask_{name}"]["choices"])
    reply = f"ask_{name}_again" if again and asked.reworded else f"ask_{name}"
    talk.say(reply, fewer(choices) if few else choices, **(asked.values(talk) if asked.values else {}))


def aside(talk: Talk, name: str, context: dict[str, Any] | None = None) -> None:
    """Put a question beside the road: `back` finds the one that was open."""
    was = talk.context.get("back", {"asked": talk.asked, "context": talk.context})
    put(talk, name, {**(context or {}), "back": was})


def back(talk: Talk) -> None:
    """The question that was open before the one beside the road."""
    was = talk.context.get("back") or {}
    talk.asked, talk.context = was.get("asked"), was.get("context") or {}


def fewer(choices: list[str]) -> list[str]:
    """At most three: the first two, and the way out at the end."""
    return choices if len(choices) <= 3 else [*choices[:2], choices[-1]]


def resume(talk: Talk, *, few: bool = False) -> None:
    """Put the open question again, short; the next one when none is open."""
    if talk.asked in QUESTIONS:
        put(talk, talk.asked, talk.context, again=True, few=few)
    else:
        go_on(talk, few=few)


def go_on(talk: Talk, *, few: bool = False) -> None:
    """The next question of the road, by what is known and what was put before."""
    name = _next(talk)
    if name in ("why", "strengths", "barriers"):
        talk.done.append(name)
    if name == "fits":
        talk.effect("record_phase", phase="orienting")
    put(talk, name, again=name == "minor", few=few)


def _next(talk: Talk) -> str:
    if talk.known.get("minor"):
        return "minor"
    if talk.case == "waiting":
        return "meanwhile"
    if talk.goal is None:
        return "goal"
    if "why" not in talk.done and not _why(talk) and talk.goal != "goal_unsure":
        return "why"
    if "strengths" not in talk.done and not talk.labels["strength"]:
        return "strengths"
    return "fits" if "barriers" in talk.done else "barriers"


def _why(talk: Talk) -> set[str]:
    """The reasons the person gave; that a child is family goes without saying (taxonomy.yml, labelling), so it answers no why."""
    implied = {"family"} if talk.goal == "goal_help_child" else set[str]()
    return set(talk.labels["driver"]) - implied
