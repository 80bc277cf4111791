"""The state of one turn: Rasa's tracker store, kept in the turn itself and gone with it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, DEFAULT_SLOT_NAMES
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

# Given anew with every turn; never part of the state that goes back.
PER_TURN = ("known", "act", "reading")


@dataclass
class Turn:
    """What a running turn holds: slots in, slots out, and what went wrong in between."""

    state: dict[str, Any]
    given: dict[str, Any]
    failure: Exception | None = None
    events: int = 0
    said: list[dict[str, Any]] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)


CURRENT: ContextVar[Turn] = ContextVar("turn")


def _begun(turn: Turn, domain: Domain) -> list[Event]:
    """The events that put a tracker where the last turn left it: its slots, and listening."""
    known = {slot.name for slot in domain.slots}
    values = {**{name: value for name, value in turn.state.items() if name not in PER_TURN}, **turn.given}
    return [*(SlotSet(name, value) for name, value in values.items() if name in known), ActionExecuted(ACTION_LISTEN_NAME)]


class TurnStore(TrackerStore):
    """Reads and writes only the running turn (`endpoints.yml`); two turns share nothing."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker:
        """A tracker as the request's state describes it; its size does not depend on how long people have talked."""
        return DialogueStateTracker.from_events(sender_id, _begun(CURRENT.get(), self.domain), self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Take the talk's own slots out of the tracker, into the turn."""
        turn = CURRENT.get()
        slots = tracker.current_slot_values()
        turn.events = len(tracker.events)
        turn.actions = [event.action_name for event in tracker.events if isinstance(event, ActionExecuted) and event.action_name]
        turn.state = {
            name: value for name, value in slots.items() if value is not None and name not in PER_TURN and name not in DEFAULT_SLOT_NAMES
        }
