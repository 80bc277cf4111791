"""Not understood: other words, then a person, then the simplest question; never silence (conversation.md, rule 9)."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.followup import told
from actions.handover import say_when
from actions.road import aside, back, put, question, resume
from actions.talk import Talk
from bot.labels import goals

# Readings that can be offered as a choice; the others are no wish to choose, and goal_learn is never named first (rule 3).
CHOOSABLE = frozenset(
    {
        *(goal for goal in goals() if goal != "goal_learn"),
        "ask_human", "ask_call", "ask_peer", "ask_walk_in", "ask_who", "ask_privacy", "ask_cost", "change_language", "other_help",
        "formal_message", "complain", "stop_asked", "forget_me", "keep_private",
        "appointment_confirm", "appointment_move", "appointment_cancel",
    }
)  # fmt: skip
PASSED_ON = frozenset({"voice", "photo", "video", "document", "location", "contact", "sticker"})

question("stuck_here", yes="ask_human", no="stay_here", reworded=True, neutral=True)
question("between", menu=lambda talk: [*talk.context.get("of", []), "neither"], no="neither")
question("media", yes="media_yes", no="media_no", reworded=True, neutral=True)


@hears("unclear")
def unclear(talk: Talk) -> None:
    """Once: in other words. Twice: a person, a call, or later."""
    if talk.asked == "in_words":  # whatever the words, they were asked for
        return told(talk)
    talk.misses += 1
    if talk.misses == 1:
        if "intro" not in talk.said:  # which says the same words that always work
            talk.say("not_understood")
        resume(talk, few=True)
    else:
        aside(talk, "stuck_here")


@picks("stay_here")
def stays(talk: Talk) -> None:
    """No person then: the bot stays, with the simplest question."""
    talk.misses = 0
    talk.say("i_stay")
    put(talk, "simplest")


@hears("unsure_between")
def unsure_between(talk: Talk) -> None:
    """Two readings: which one?"""
    readings = ["stop_asked" if one["intent"] == "stop" else one["intent"] for one in (talk.reading.get("ranking") or [])[:2]]
    of = [one for one in readings if one in CHOOSABLE]
    if len(of) < 2:  # one reading is no choice
        return unclear(talk)
    aside(talk, "between", {"of": of})


@picks("neither")
def neither(talk: Talk) -> None:
    """Neither: that is a miss of ours."""
    back(talk)
    unclear(talk)


@hears("media")
def media(talk: Talk) -> None:
    """A voice note, a photo: a person can hear or see it, after a yes."""
    if talk.act.get("kind") not in PASSED_ON:
        talk.say("empty")
        return resume(talk)
    if talk.case == "waiting":
        talk.say("media_passed")
        return resume(talk)
    aside(talk, "media")


@picks("media_yes")
def media_wanted(talk: Talk) -> None:
    """The gateway fetches it for the human."""
    talk.effect("want_media")
    talk.known["case"] = {"status": "waiting", "scope": "story"}
    talk.say("passed_on")
    say_when(talk)
    put(talk, "meanwhile")


@picks("media_no")
def media_not_wanted(talk: Talk) -> None:
    """Not passed on; where we were."""
    back(talk)
    talk.say("media_left")
    resume(talk)
