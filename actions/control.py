"""The person's own word over this talk: stop, wipe everything, tell nobody (conversation.md, rules 8 and 12)."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.road import aside, back, put, question, resume
from actions.talk import Talk

question("stop", yes="stop_yes", no="stop_no", neutral=True)
question("forget", yes="forget_yes", no="forget_no", neutral=True)
question(
    "private",
    menu=lambda talk: ["forget_yes", *(["take_back"] if talk.case == "waiting" else []), "private_on"],
    no="private_on",
    neutral=True,
)


@hears("stop", "stop_asked")
def stop_asked(talk: Talk) -> None:
    """No more messages, said in a sentence: asked back once. The bare word never comes here (bot/turns.py)."""
    if talk.asked == "stop":
        return stops(talk)
    aside(talk, "stop")


@picks("stop_yes")
def stops(talk: Talk) -> None:
    """One confirmation, no question why."""
    talk.say("stopped")
    talk.effect("stop")
    talk.finish()


@picks("stop_no", "forget_no", "private_on")
def goes_on(talk: Talk) -> None:
    """Nothing changes."""
    back(talk)
    talk.say("all_right")
    resume(talk)


@hears("forget_me")
def forget_asked(talk: Talk) -> None:
    """Wiping everything is asked back once: it cannot be undone."""
    if talk.asked == "forget":
        return forgets(talk)
    aside(talk, "forget")


@picks("forget_yes")
def forgets(talk: Talk) -> None:
    """Gone here; the person's own phone still holds the chat."""
    talk.say("forgotten")
    talk.effect("forget")
    talk.forget_all()


@hears("keep_private")
def keep_private(talk: Talk) -> None:
    """Tell nobody: nothing is passed on, and how to wipe this chat."""
    talk.say("tells_nobody")
    aside(talk, "private")


@picks("take_back")
def take_back(talk: Talk) -> None:
    """A later no: what a human was to see is taken back."""
    talk.effect("withdraw_consent", what="handover")
    talk.known["case"] = None
    talk.say("taken_back")
    put(talk, "after_no")
