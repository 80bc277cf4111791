"""What people ask back: who, who reads this, what it costs; and what the bot cannot do. Then the open question again."""

from __future__ import annotations

from actions.answers import hears, picks
from actions.barriers import answer_barriers
from actions.road import aside, back, question, resume
from actions.talk import Talk

question(
    "complain",
    menu=lambda talk: ["ask_human", *(["swap"] if talk.case == "taken" else []), "go_on", "forget_me"],
    yes="ask_human",
    no="go_on",
)
question("formal", yes="formal_yes", no="formal_no")


@hears("ask_who")
def who(talk: Talk) -> None:
    """The full name, who reads along, that it is free, and where more is said."""
    talk.say("who", full_name=talk.facts.get("full_name", ""), controller=talk.facts.get("controller", ""))
    if page := talk.facts.get("privacy_page"):
        talk.say("page", page=page)
    _back(talk, few=True)


@hears("ask_privacy")
def privacy(talk: Talk) -> None:
    """Who reads along, and when somebody may have to call help."""
    talk.say("privacy", controller=talk.facts.get("controller", ""))
    _back(talk)


@hears("ask_cost")
def cost(talk: Talk) -> None:
    """Help is free; an SMS may cost money."""
    talk.say("cost")
    _back(talk)


def _back(talk: Talk, *, few: bool = False) -> None:
    """What was said along with a question is not lost; then the open question, short."""
    talk.misses = 0
    talk.put_off(talk.new["barrier"])
    resume(talk, few=few)


@hears("ask_explain")
def explain(talk: Talk) -> None:
    """The same question, simpler, with fewer choices."""
    talk.say("simpler")
    resume(talk, few=True)


@hears("complain")
def complain(talk: Talk) -> None:
    """Taken seriously; a person near."""
    answer_barriers(talk)
    talk.say("sorry")
    aside(talk, "complain")


@hears("formal_message")
def formal(talk: Talk) -> None:
    """An objection or application may not get lost here: the date on the letter, the right desk, and a human if wanted."""
    talk.effect("formal_message")
    talk.say("formal")
    desk = (talk.facts.get("desks") or {}).get("formal_message")
    if desk and desk.get("number"):
        talk.say("formal_desk", name=desk["name"], number=desk["number"])
    aside(talk, "formal")


@picks("formal_no")
def formal_alone(talk: Talk) -> None:
    """The person takes it there."""
    talk.say("all_right")
    back(talk)
    resume(talk)


@hears("out_of_scope")
def out_of_scope(talk: Talk) -> None:
    """Not something we know of."""
    if not answer_barriers(talk):
        talk.say("out_of_scope")
    resume(talk)


@hears("thank")
def thank(talk: Talk) -> None:
    """You are welcome; the question stays open."""
    talk.say("welcome")
    if talk.asked or talk.known.get("first"):
        resume(talk)


@hears("goodbye")
def goodbye(talk: Talk) -> None:
    """Goodbye; all can be taken up again."""
    answer_barriers(talk)
    talk.say("goodbye")
