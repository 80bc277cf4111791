"""Danger: the safety line, an honest word on when a human reads, and a human alerted (conversation.md, rule 1)."""

from __future__ import annotations

from typing import Any

from actions.answers import hears, picks
from actions.road import go_on, put, question
from actions.talk import Talk
from bot.labels import QUIET_AFTER, URGENT_ORDER

# Where nothing is in the deployment's directory (taxonomy.yml, urgent); checked there, not here.
DEFAULTS = {
    "self_harm": {"name": "113", "number": "0800-0113"},
    "violence": {"name": "Veilig Thuis", "number": "0800-2000"},
    "child_danger": {"name": "Veilig Thuis", "number": "0800-2000"},
    "sexual_violence": {"name": "Centrum Seksueel Geweld", "number": "0800-0188"},
    "minor": {"name": "Kindertelefoon", "number": "0800-0432"},
}
# Nobody but the police, an ambulance or the fire brigade first.
ONLY_112 = frozenset({"medical", "threat_to_others"})
DESKS = frozenset({"homeless", "deportation", "no_food"})

question("safe", yes="safe_yes", no="safe_no", reworded=True, neutral=True)
question("now_safe", yes="now_safe", no="now_danger", neutral=True)
question("write_safe", yes="write_safe", no="write_unsafe", neutral=True)
question("help", yes="help_safe", no="help_danger", reworded=True, neutral=True)
question("stay", yes="go_on", no="safety_again", neutral=True)
question("reached", yes="called_112", no="cannot_call", neutral=True)


@hears("urgent")
def urgent(talk: Talk) -> None:
    """Sure: the line and a human at once. Maybe: first one question."""
    label, strength = str(talk.reading["urgent"]), talk.reading.get("urgent_strength")
    if strength == "sure":
        return danger(talk, label, "sure")
    _drop(talk)
    # Held with the labels, where what is sensitive is gone after a day; never in the state.
    talk.keep("urgent", [label], "guessed")
    _who_i_am(talk)
    put(talk, "safe")


def danger(talk: Talk, label: str, strength: str) -> None:
    """The safety line, a human alerted and said so, and a question."""
    _line(talk, label)
    talk.effect("alert", urgent=label, urgent_strength=strength)
    _who_i_am(talk)
    _when(talk)
    if label in QUIET_AFTER:
        talk.effect("quiet", on=True)
        talk.say("wipe")
        put(talk, "write_safe")
    else:
        put(talk, "reached" if label in ONLY_112 else "now_safe")


def _who_i_am(talk: Talk) -> None:
    """Rule 6 stands in the first turn, whatever it is."""
    if talk.known.get("first") and "hello" not in talk.done:
        talk.done.append("hello")
        talk.say("intro_urgent", public_name=talk.facts.get("public_name", ""))


def _line(talk: Talk, label: str) -> None:
    if label in ONLY_112:
        return talk.say(f"safety_{label}")
    found = number_for(talk, label)
    if not found:
        return talk.say("safety_general")
    if label in DESKS:
        reply = "safety_desk"
    elif label == "exploitation":
        reply = "safety_exploitation"
    else:
        reply = "safety_line" if found.get("free", True) and found.get("always", True) else "safety_number"
    talk.say(reply, name=found["name"], number=found["number"])


def number_for(talk: Talk, label: str) -> dict[str, Any] | None:
    """Who to call: the deployment's directory first, else what is the same all over the country; None when nobody is known."""
    held = talk.facts.get("desks" if label in DESKS else "numbers") or {}
    found: dict[str, Any] | None = held.get(label) or DEFAULTS.get(label)
    return found if found and found.get("number") else None


def _when(talk: Talk) -> None:
    """When a human reads it: "now" only while one is on duty."""
    duty = talk.known.get("duty") or {}
    if duty.get("on_duty"):
        talk.say("alerted_now")
    elif duty.get("time") and not duty.get("open"):
        talk.say("alerted_then", when=f"@when_{duty['when']}", time=duty["time"])
    else:
        talk.say("alerted")


def _held(talk: Talk) -> list[str]:
    """What may be the matter, worst first."""
    held = [one["label"] for one in talk.known.get("labels") or [] if one["kind"] == "urgent"]
    return sorted((one for one in held if one in URGENT_ORDER), key=URGENT_ORDER.index)


def _drop(talk: Talk) -> None:
    if held := _held(talk):
        talk.effect("drop_labels", labels=held)


def _known(talk: Talk) -> str | None:
    """What is the matter: asked about just now, or alerted before."""
    held = _held(talk)
    return held[0] if held else talk.known.get("urgent_open")


@picks("safe_no", "safe_unsure")
def not_safe(talk: Talk) -> None:
    """Not safe, or not sure: as with a sure word."""
    label = _known(talk)
    if label is None:  # not known any more what it was: a person comes after one yes
        talk.say("safety_general")
        return put(talk, "help", again=True)
    danger(talk, label, "sure" if "safe_no" in talk.options or not talk.options else "maybe")
    _drop(talk)


@picks("safe_yes", "help_safe")
def is_safe(talk: Talk) -> None:
    """Safe: nothing is kept of it, and a person stays near."""
    _drop(talk)
    talk.say("good_safe")
    talk.finish()
    go_on(talk)


@hears("help")
def help_word(talk: Talk) -> None:
    """ "Help" is a cry, not a manual: a person, and "are you safe?"."""
    _who_i_am(talk)
    put(talk, "help")


@picks("help_danger")
def not_safe_unsaid(talk: Talk) -> None:
    """Not safe, and not said why: 112, and a person, which this answer said yes to."""
    talk.say("safety_general")
    talk.effect("open_case", to="advisor", scope="this", labels=[], wishes=[], lines=["ask_help"], values={})
    talk.effect("tell_human", note="not_safe")
    _when(talk)
    put(talk, "reached")


@picks("now_safe", "write_safe", "called_112")
def safe_for_now(talk: Talk) -> None:
    """Safe for now: we stay."""
    talk.say("good_safe_now")
    put(talk, "stay")


@picks("now_danger")
def in_danger(talk: Talk) -> None:
    """Still in danger: 112 comes before all."""
    talk.say("call_112")
    put(talk, "reached")


@picks("cannot_call")
def cannot_call(talk: Talk) -> None:
    """No phone call possible: people near, and 112 by app or text."""
    talk.say("without_call")
    put(talk, "stay")


@picks("write_unsafe")
def not_now(talk: Talk) -> None:
    """It is not safe to write: stop now, and how to wipe this chat."""
    talk.say("stop_writing")
    put(talk, "write_later")


question("write_later", yes="write_safe", neutral=True)


@picks("alert_no")
def no_human(talk: Talk) -> None:
    """The person may say no to the human who was alerted."""
    talk.effect("withdraw_alert")
    talk.say("alert_withdrawn")
    put(talk, "stay")


@picks("safety_again")
def again(talk: Talk) -> None:
    """The numbers once more."""
    label = talk.known.get("urgent_open")
    _line(talk, label) if label else talk.say("safety_general")
    put(talk, "stay")
