"""To a human: wishes, the consent turn, the yes and the no, and what is said while one is awaited (conversation.md, rule 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actions.answers import hears, picks
from actions.road import put, question
from actions.talk import Talk
from bot.labels import is_sensitive, may_read_back

WISHES = ("wish_woman", "wish_outside", "wish_interpreter")
OUT = {"out_goal": "goal", "out_strengths": "strengths", "out_barriers": "barriers", "out_personal": "personal"}


def _wishes(talk: Talk) -> list[str]:
    return [*WISHES, "wish_along", "wish_none"]


def _consent(talk: Talk) -> list[str]:
    wish = [] if talk.labels["wish"] else ["wish"]
    if talk.context.get("written"):
        return ["share_all", *wish, "share_no"]
    if not [line for line in lines(talk) if line.name != "wishes"]:  # nothing understood, but perhaps a story told
        story = [] if talk.context.get("bare") or talk.known.get("first") else ["share_all"]
        return ["share_this", *story, *wish, "share_no"]
    every = [] if talk.context.get("without") else ["share_all"]
    return ["share_this", *every, "take_out", *wish, "share_no"]


def _out(talk: Talk) -> list[str]:
    shown = {line.name for line in lines(talk)}
    return [*(choice for choice, line in OUT.items() if line in shown), "out_nothing"]


@dataclass(frozen=True)
class Line:
    """One line of the consent turn: its reply, the labels it stands for, its values."""

    name: str
    reply: str
    labels: list[str]
    values: dict[str, Any]


def lines(talk: Talk) -> list[Line]:
    """What a human would see, without what was taken out, and without what is never said back."""
    if talk.context.get("bare") or talk.context.get("written"):
        return []
    barriers = [one for one in talk.labels["barrier"] if may_read_back(one)]
    groups = {
        "strengths": talk.labels["strength"],
        "barriers": [one for one in barriers if not is_sensitive(one)],
        "personal": [one for one in barriers if is_sensitive(one)],
        "wishes": talk.labels["wish"],
    }
    found = [_goal(talk), *(Line(name, f"consent_{name}", labels, {name: _named(labels)}) for name, labels in groups.items())]
    return [line for line in found if line.labels and line.name not in (talk.context.get("without") or [])]


def _goal(talk: Talk) -> Line:
    why = [one for one in talk.labels["driver"] if may_read_back(one)]
    if talk.goal is None:
        return Line("goal", "consent_goal", [], {})
    if not why:
        return Line("goal", "consent_goal", [talk.goal], {"goal": f"@{talk.goal}"})
    return Line("goal", "consent_goal_why", [talk.goal, *why], {"goal": f"@{talk.goal}", "why": _named(why)})


def _named(labels: list[str]) -> list[str]:
    return [f"@{label}" for label in labels]


def _show(talk: Talk, again: bool) -> None:
    """The lines of the consent turn: what exactly goes to a human, and by which rules (once)."""
    shown = lines(talk)
    for line in shown:
        talk.say(line.reply, **line.values)
    if not shown:
        talk.say("consent_all" if talk.context.get("written") else "consent_nothing")
    if not again:
        talk.say("consent_rules", **_to(talk))


def _to(talk: Talk) -> dict[str, Any]:
    name = "to_ambassador" if talk.context.get("to") == "ambassador" else "to_advisor"
    return {"who": f"@{name}", "controller": talk.facts.get("controller", "")}


question("wishes", menu=_wishes, no="wish_none", reworded=True)
question("consent", menu=_consent, yes="share_this", no="share_no", lead=_show, values=_to, neutral=True)
question("take_out", menu=_out, no="out_nothing")
question("meanwhile", yes="tell_more", no="that_is_all", reworded=True)
question("after_no")


def offer_person(talk: Talk, to: str = "advisor", **more: Any) -> None:
    """The way to a human: straight to the consent turn, or word of who already knows."""
    if talk.case in ("waiting", "taken"):
        return already(talk)
    bare = {"bare": True} if talk.known.get("returning") else {}
    put(talk, "consent", {"to": to, **bare, **more})


def already(talk: Talk) -> None:
    """A human knows already: when they read, or that they are told."""
    if talk.case == "taken":
        talk.effect("tell_human", note="asks_for_you")
        talk.say("human_told")
    else:
        say_when(talk)
    talk.finish()
    put(talk, "has_human" if talk.case == "taken" else "meanwhile")  # who has a human may want another (actions/along.py)


def say_when(talk: Talk) -> None:
    """When a human reads this: "now" only while one is on duty."""
    duty = talk.known.get("duty") or {}
    if duty.get("on_duty"):
        talk.say("reads_now")
    elif duty.get("open"):
        talk.say("reads_today")
    elif duty.get("time"):
        talk.say("reads_then", when=f"@when_{duty['when']}", time=duty["time"])
    else:
        talk.say("reads_later")


@hears("ask_human")
@picks("ask_human", "help_person")
def ask_human(talk: Talk) -> None:
    """A person is one word away."""
    talk.misses = 0
    offer_person(talk)


@picks("formal_yes")
def shows_letter(talk: Talk) -> None:
    """An objection is of no use to a human without its words: all that was written goes along, after a yes to that."""
    if talk.case in ("waiting", "taken"):
        talk.effect("tell_human", note="formal_message")
    offer_person(talk, written=True, note="formal_message")


@picks("share_this")
def shares_this(talk: Talk) -> None:
    """Yes, to these lines only."""
    if talk.context.get("written"):  # "yes" in words
        return shares_all(talk)
    shown = lines(talk)
    values: dict[str, Any] = _to(talk)
    for line in shown:
        values |= line.values
    names = [line.reply for line in shown] or ["consent_nothing"]
    labels = [label for line in shown for label in line.labels]
    _open(talk, "this", labels, [*names, "consent_rules", "ask_consent"], values)


@picks("share_all")
def shares_all(talk: Talk) -> None:
    """Yes, to all that was written."""
    _open(talk, "all", [], ["consent_all", "consent_rules", "ask_consent"], _to(talk))


def call_a_person(talk: Talk, *, lines: list[str], values: dict[str, Any] | None = None, note: str | None = None) -> None:
    """A plain yes to a person: nothing of before goes along. values: those of the lines that were said yes to."""
    _open(talk, "this", [], lines, values or {}, note)


def _open(talk: Talk, scope: str, labels: list[str], shown: list[str], values: dict[str, Any], note: str | None = None) -> None:
    to, note = talk.context.get("to", "advisor"), note or talk.context.get("note")
    wishes = talk.labels["wish"]
    talk.effect("open_case", to=to, scope=scope, labels=labels, wishes=wishes, lines=shown, values=values)
    if note:
        talk.effect("tell_human", note=note)
    talk.known["case"] = {"status": "waiting", "scope": scope, "to": to}
    talk.say("passed_on")
    say_when(talk)
    put(talk, "along" if "wish_along" in wishes else "meanwhile")


@picks("share_no")
def shares_not(talk: Talk) -> None:
    """No is warm, and the door stays open."""
    talk.say("not_passed_on")
    put(talk, "after_no")


@picks("take_out")
def take_out(talk: Talk) -> None:
    """Which line shall not go along?"""
    put(talk, "take_out", talk.context)


@picks(*OUT)
def taken_out(talk: Talk) -> None:
    """Without that line, asked again."""
    without = [*(talk.context.get("without") or []), *(OUT[one] for one in talk.options if one in OUT)]
    put(talk, "consent", {**talk.context, "without": without})


@picks("out_nothing")
def nothing_out(talk: Talk) -> None:
    """As it was."""
    put(talk, "consent", talk.context)


@picks("wish")
def has_wish(talk: Talk) -> None:
    """A wish for who reads this, before the yes."""
    put(talk, "wishes", talk.context)


@picks(*WISHES, "wish_along", "wish_none")
def wished(talk: Talk) -> None:
    """A woman, somebody from elsewhere, an interpreter: heard without asking why."""
    talk.keep("wish", [one for one in talk.options if one != "wish_none"], "tapped")
    put(talk, "consent", {"to": "advisor", **talk.context})


@picks("tell_more")
def tell_more(talk: Talk) -> None:
    """The bot keeps listening while a human is awaited."""
    talk.say("i_listen")
    talk.finish()


@picks("that_is_all")
def that_is_all(talk: Talk) -> None:
    """Enough for now."""
    talk.say("until_then")
    talk.finish()
