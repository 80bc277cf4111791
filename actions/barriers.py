"""What makes it hard: what is asked, and one warm, true, useful sentence on what was said (conversation.md, step 3)."""

from __future__ import annotations

from actions.answers import picks
from actions.handover import offer_person
from actions.road import go_on, question
from actions.talk import PERSONAL, Talk
from bot.labels import is_sensitive, labels_of

# What weighs most comes first when more than two are said at once.
WEIGHT = (
    "family_against", "housing", "debts", "mental_health", "health", "legal_status", "pressure", "discrimination", "record",
    "childcare", "care_tasks", "benefit_fear", "shame", "literacy", "learning_difficulty", "money", "integration_duty", "language",
    "fear_of_failure", "low_confidence", "too_old", "bad_school", "no_point", "distrust", "no_network", "diploma_not_recognised",
    "no_time", "transport", "digital_access", "complex_rules", "unaware", "no_fitting_offer", "employer",
)  # fmt: skip
USUAL = ("language", "childcare", "no_time")
USUAL_OF = {
    "goal_find_work": ("language", "childcare", "no_network", "transport", "unaware"),
    "goal_better_work": ("no_time", "language", "diploma_not_recognised", "employer"),
    "goal_income": ("no_time", "childcare", "benefit_fear", "language"),
    "goal_help_child": ("language", "no_time", "digital_access", "money"),
    "goal_daily_dutch": ("no_time", "childcare", "fear_of_failure", "no_network"),
    "goal_digital": ("digital_access", "language", "complex_rules", "money"),
    "goal_paperwork": ("language", "complex_rules", "digital_access", "unaware"),
    "goal_use_diploma": ("diploma_not_recognised", "language", "complex_rules", "money"),
    "goal_meet_people": ("no_network", "language", "transport", "childcare"),
    "goal_learn": ("childcare", "money", "no_time", "fear_of_failure"),
    "goal_own_business": ("complex_rules", "money", "language", "benefit_fear"),
    "goal_unsure": ("unaware", "no_time", "childcare", "language"),
}
AT_ONCE = 2  # sentences in one turn


def _menu(talk: Talk) -> list[str]:
    """The likeliest ones of this goal that were not said yet; none sensitive."""
    likely = dict.fromkeys((*USUAL_OF.get(talk.goal or "", ()), *USUAL, "transport", "money", "unaware"))
    left = [one for one in likely if one not in talk.labels["barrier"] and not is_sensitive(one)]
    return [*left[:3], "personal", "skip"]


question("barriers", menu=_menu, no="skip", reworded=True)


def answer_barriers(talk: Talk) -> bool:
    """Say something useful on what was said to be hard, at most two; the others come with the next turn. False when none was."""
    held = [one for one in talk.labels["barrier"] if is_sensitive(one)] if PERSONAL in talk.later else []
    put_off = [*sorted(held, key=WEIGHT.index)[:1], *(one for one in talk.later if one != PERSONAL)]
    waiting = sorted({*talk.new["barrier"], *put_off}, key=WEIGHT.index)
    talk.later = []
    if not waiting:
        return False
    talk.effect("record_phase", phase="context")
    helper, in_first = (talk.facts.get("helps") or {}).get(waiting[0]), bool(talk.known.get("first"))
    room = 1 if helper or in_first else AT_ONCE  # the first turn has to say who we are too
    for barrier in waiting[:room]:
        talk.say(f"barrier_{barrier}")
    if helper:
        _say_helper(talk, helper)
    talk.put_off(waiting[room:])
    return True


def _say_helper(talk: Talk, helper: dict[str, str]) -> None:
    """Debts, a house, health: who comes first here; an advisor can join later."""
    if number := helper.get("number"):
        talk.say("helps_number", name=helper["name"], number=number)
    else:
        talk.say("helps", name=helper["name"])


@picks(*(one for one in labels_of("barrier") if not is_sensitive(one)))
def picked_barriers(talk: Talk) -> None:
    """One or more of the menu."""
    talk.keep("barrier", [one for one in talk.options if one in labels_of("barrier")], "tapped")
    if "personal" in talk.options:
        talk.put_off(talk.new["barrier"])
        return personal(talk)
    answer_barriers(talk)
    go_on(talk)


@picks("personal")
def personal(talk: Talk) -> None:
    """Something personal is not asked here: rather with a person."""
    talk.say("personal_is_fine")
    offer_person(talk)
