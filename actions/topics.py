"""The actions of data/rules.yml, one a topic: every turn begins alike, then its intent is answered by the function that hears it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import along, control, followup, goals, handover, meeting, orient, picks, questions, unclear, urgent
from actions.answers import HEARD
from actions.talk import Talk

# Importing a topic's module is what registers its answers.
MODULES = (along, control, followup, goals, handover, meeting, orient, picks, questions, unclear, urgent)


class TopicAction(Action, ABC):  # type: ignore[misc]
    """The action of one topic."""

    @abstractmethod
    def name(self) -> str: ...

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        """Answer one turn; gives the slots that changed."""
        talk = Talk(dispatcher, tracker)
        orient.hears_where(talk)
        along.hears_code(talk)
        if not meeting.begins(talk):
            HEARD[talk.intent](talk)
        return talk.events()


class Urgent(TopicAction):
    """Danger, and a cry for help."""

    def name(self) -> str:
        return "action_urgent"


class Pick(TopicAction):
    """A picked choice; yes and no."""

    def name(self) -> str:
        return "action_pick"


class Meeting(TopicAction):
    """Hello, and somebody else."""

    def name(self) -> str:
        return "action_meeting"


class Goals(TopicAction):
    """What a person wants, and life as it is."""

    def name(self) -> str:
        return "action_goals"


class People(TopicAction):
    """A human, a peer, a call, a place."""

    def name(self) -> str:
        return "action_people"


class Questions(TopicAction):
    """What people ask back, and what the bot cannot do."""

    def name(self) -> str:
        return "action_questions"


class Control(TopicAction):
    """Stop, wipe, tell nobody, another language."""

    def name(self) -> str:
        return "action_control"


class Unclear(TopicAction):
    """Not understood, or nothing to read."""

    def name(self) -> str:
        return "action_unclear"


class Followup(TopicAction):
    """Afterwards."""

    def name(self) -> str:
        return "action_followup"
