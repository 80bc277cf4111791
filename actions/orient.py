"""What fits now: somebody with the same road, an advisor, a place, a call, or later (conversation.md, step 4)."""

from __future__ import annotations

from typing import Any

from actions.answers import hears, picks
from actions.barriers import answer_barriers
from actions.handover import already, offer_person
from actions.road import put, question, resume
from actions.talk import Talk
from actions.urgent import cannot_call
from bot.nearby import nearby

# What one can do at a place (data/directory.yml) that fits a goal.
CAN = {
    "goal_find_work": "work", "goal_better_work": "work", "goal_use_diploma": "work", "goal_own_business": "work",
    "goal_income": "money", "goal_paperwork": "letters", "goal_digital": "phone", "goal_help_child": "children",
    "goal_meet_people": "meet", "goal_daily_dutch": "meet",
}  # fmt: skip
SHOWN = 2
# Own words after "which neighbourhood or town?" that may be the answer though no place of ours is named in them.
LOOSE = frozenset({"unclear", "unsure_between", "out_of_scope", "tell_situation", "ask_walk_in"})
# Heard for what they are, whatever place is named along with them.
FIRM = frozenset(
    {
        "urgent", "help", "stop", "stop_asked", "forget_me", "keep_private", "other_person", "change_language", "ask_human", "ask_call",
        "ask_explain", "complain", "formal_message",
    }
)  # fmt: skip

question("fits", yes="fit_advisor", no="fit_later", reworded=True)
question("after_place", yes="fit_advisor", no="fit_later")
question("call", yes="call_me", no="call_no")
question("where", no="any_place", reworded=True)
question("later", yes="later_yes", no="later_no", neutral=True)


@hears("ask_peer")
@picks("fit_peer")
def peer(talk: Talk) -> None:
    """Somebody who went the same road."""
    if talk.case in ("waiting", "taken"):
        return already(talk)
    put(talk, "wishes", {"to": "ambassador"})


@picks("fit_advisor")
def advisor(talk: Talk) -> None:
    """Somebody whose work it is."""
    if talk.case in ("waiting", "taken"):
        return already(talk)
    put(talk, "wishes", {"to": "advisor"})


@hears("ask_call")
@picks("fit_call", "ask_call")
def call(talk: Talk) -> None:
    """To be called, or to call."""
    talk.misses = 0
    if talk.asked in ("now_safe", "reached") and not talk.options:  # in danger "I cannot phone" is read as a wish for a call
        return cannot_call(talk)
    if number := talk.facts.get("call_number"):
        talk.say("call_number", number=number)
    put(talk, "call")


@picks("call_me")
def call_me(talk: Talk) -> None:
    """A human calls: that is a yes to a human, and what they may see is asked."""
    talk.effect("record_phase", phase="orienting")
    offer_person(talk, note="wants_call")


@picks("call_self")
def call_self(talk: Talk) -> None:
    """The person calls."""
    talk.say("call_self")
    talk.finish()


@picks("call_no")
def call_not(talk: Talk) -> None:
    """No call."""
    talk.say("all_right")
    put(talk, "after_no")


@hears("ask_walk_in")
@picks("fit_place")
def place(talk: Talk) -> None:
    """Places near, once the person chose to hear of them; where is asked once, when it is not said and makes a difference."""
    near, every = nearby(talk.text, _fitting(talk)), _fitting(talk)
    if not near and len(every) > SHOWN and "where" not in talk.done:
        answer_barriers(talk)
        talk.done.append("where")
        return put(talk, "where")
    _show(talk, near or every)


def hears_where(talk: Talk) -> None:
    """Own words that answer "which neighbourhood or town?" are heard as that; the name of a place tells no language."""
    if talk.asked != "where" or not talk.reading or talk.intent in FIRM:
        return
    told = any(talk.reading.get(kind) for kind in ("drivers", "strengths", "barriers"))
    if nearby(talk.text, _all(talk)) or (talk.intent in LOOSE and not told):
        talk.intent = "said_where"
        talk.reading["language"] = None


@hears("said_where")
def said_where(talk: Talk) -> None:
    """The places there; where we know none, that is said, and the one that fits best."""
    near = nearby(talk.text, _fitting(talk))
    if not near:
        talk.say("not_there")
    _show(talk, near or _fitting(talk)[:1])


@picks("any_place")
def any_place(talk: Talk) -> None:
    """The question may be skipped."""
    _show(talk, _fitting(talk))


def _show(talk: Talk, found: list[dict[str, Any]]) -> None:
    talk.misses = 0
    answer_barriers(talk)
    if found:
        talk.effect("record_phase", phase="orienting")
        towns = {str(one["town"]) for one in _all(talk) if one.get("town")}
        named: dict[str, Any] = {f"place{number}": _line(one, len(towns) > 1) for number, one in enumerate(found[:SHOWN], start=1)}
        talk.say("places" if len(named) > 1 else "place", **named)
    else:
        talk.say("no_place")
    put(talk, "meanwhile" if talk.case == "waiting" else "after_place")


def _fitting(talk: Talk) -> list[dict[str, Any]]:
    """All places, those that fit best first: what one wants to do there, a child along, the language spoken."""
    can, child = CAN.get(talk.goal or ""), "childcare" in talk.labels["barrier"]

    def misses(one: dict[str, Any]) -> tuple[bool, ...]:
        return can not in one.get("can", ()), child and not one.get("child_welcome"), talk.language not in one.get("languages", ())

    return sorted(_all(talk), key=misses)


def _all(talk: Talk) -> list[dict[str, Any]]:
    return list(talk.facts.get("places") or [])


def _line(one: dict[str, Any], town: bool) -> str:
    """A place as it is said; its town where there is more than one."""
    return ", ".join(str(one[name]) for name in ("name", "address", "town", "hours") if one.get(name) and (town or name != "town"))


@picks("fit_later")
def later(talk: Talk) -> None:
    """Not now is an answer."""
    talk.misses = 0
    talk.say("all_right")
    put(talk, "later")


@picks("later_yes")
def ask_again(talk: Talk) -> None:
    """In a week, once."""
    talk.effect("ask_later", days=7)
    talk.say("later_agreed")
    talk.finish()


@picks("later_no")
def not_again(talk: Talk) -> None:
    """No message of ours; the door stays open."""
    talk.say("later_not")
    talk.finish()


@hears("other_help")
def other_help(talk: Talk) -> None:
    """A house, papers, tax, a doctor: a person knows this, the bot does not."""
    if not answer_barriers(talk):
        talk.say("person_knows")
    resume(talk) if talk.case == "waiting" else put(talk, "after_place")
