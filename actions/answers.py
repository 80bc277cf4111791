"""Which function answers what: an intent, a picked choice; and the action of a topic that calls it."""

from __future__ import annotations

from collections.abc import Callable

from actions.talk import Talk

Answer = Callable[[Talk], None]
HEARD: dict[str, Answer] = {}  # by intent
PICKED: dict[str, Answer] = {}  # by the id of a choice


def hears(*intents: str) -> Callable[[Answer], Answer]:
    """The function answers these intents."""

    def keep(answer: Answer) -> Answer:
        HEARD.update(dict.fromkeys(intents, answer))
        return answer

    return keep


def picks(*choices: str) -> Callable[[Answer], Answer]:
    """The function answers a tap on these choices, or their number or words."""

    def keep(answer: Answer) -> Answer:
        PICKED.update(dict.fromkeys(choices, answer))
        return answer

    return keep
