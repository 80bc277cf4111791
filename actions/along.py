"""With whom: along with the one who gave the link, by the code on it; and another human, without a reason (conversation.md, step 4)."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.handover import offer_person, say_when
from actions.orient import FIRM
from actions.road import put, question
from actions.talk import Talk

question("along", no="no_code")
question("has_human", yes="tell_more", no="that_is_all", neutral=True)


def hears_code(talk: Talk) -> None:
    """An answer to "send the code" that is one, or was meant as one (the gateway looked it up); its letters tell no language."""
    code = talk.known.get("code")
    if talk.asked != "along" or not talk.reading or not code or talk.intent == "urgent" or (code == "wrong" and talk.intent in FIRM):
        return
    talk.intent = "said_code"
    talk.reading["language"] = None


@hears("said_code")
def said_code(talk: Talk) -> None:
    """The right one: the gateway asks by name. A wrong one is asked once more, then let go."""
    talk.misses = 0
    if talk.known.get("code") == "found":
        talk.effect("come_along")
        return talk.finish()
    if talk.context.get("wrong"):
        return no_code(talk)
    talk.say("code_wrong")
    put(talk, "along", {"wrong": True})


@picks("no_code")
def no_code(talk: Talk) -> None:
    """Without a code a human finds out who it was."""
    talk.say("along_skipped")
    put(talk, "meanwhile")


@picks("swap")
def swap(talk: Talk) -> None:
    """Rather another human: no reason is asked."""
    talk.misses = 0
    if talk.known.get("human") is None:
        return offer_person(talk)
    talk.effect("swap")
    talk.known |= {"case": {**(talk.known.get("case") or {}), "status": "waiting"}, "human": None}
    say_when(talk)
    put(talk, "meanwhile")
