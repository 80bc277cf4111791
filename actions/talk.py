"""One turn of the talk as an action sees it: what is known and said in; answers, effects and the new state out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.labels import is_sensitive

PLURALS = {"driver": "drivers", "strength": "strengths", "barrier": "barriers", "about": "about", "wish": "wishes"}
PERSONAL = "personal"  # in `later`: something sensitive, known only by its label
SURE = 0.55  # below this what the classifier heard is a guess
# The talk's own slots, with what they are when empty (docs/architecture.md, the turn: state).
STATE: dict[str, Any] = {
    "language": None,  # of the conversation
    "asked": None,  # the open question
    "context": {},  # what the open question needs when it is answered
    "done": [],  # questions that were put or skipped
    "later": [],  # ordinary barriers whose sentence comes with the next turn
    "misses": 0,  # times in a row that nothing was understood
}


class Talk:
    """A turn. Actions read its attributes, then `say`, `keep` and `effect`; `events` gives the new state."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self._dispatcher, self._slots = dispatcher, {name: tracker.get_slot(name) for name in STATE}
        self.known: dict[str, Any] = tracker.get_slot("known") or {}
        self.act: dict[str, Any] = tracker.get_slot("act") or {}
        self.reading: dict[str, Any] = tracker.get_slot("reading") or {}
        self.intent = str((tracker.latest_message.get("intent") or {}).get("name"))
        self.text = str(tracker.latest_message.get("text") or "")
        self.language: str | None = self._slots["language"]
        self.asked: str | None = self._slots["asked"]
        self.context: dict[str, Any] = dict(self._slots["context"] or {})
        self.done: list[str] = list(self._slots["done"] or [])
        self.later: list[str] = list(self._slots["later"] or [])
        self.misses = int(self._slots["misses"] or 0)
        self.goal: str | None = self.known.get("goal")
        self.labels: dict[str, list[str]] = {kind: list(self.known.get(plural) or []) for kind, plural in PLURALS.items()}
        self.new: dict[str, list[str]] = {kind: [] for kind in PLURALS}
        self.said: list[str] = []

    @property
    def facts(self) -> dict[str, Any]:
        """The deployment's facts: names, numbers, places."""
        return self.known.get("facts") or {}

    @property
    def case(self) -> str | None:
        """How the person's case stands: waiting, taken, closed; None without one they said yes to."""
        case = self.known.get("case") or {}
        return None if case.get("scope") == "nothing" else case.get("status")

    @property
    def options(self) -> list[str]:
        """The choices picked in this turn."""
        return list(self.act.get("options") or [])

    def say(self, reply: str, choices: list[str] | None = None, **values: Any) -> None:
        """Answer with a reply by name; `choices` override its own."""
        more: dict[str, Any] = {} if choices is None else {"choices": choices}
        self._dispatcher.utter_message(response=reply, **values, **more)
        self.said.append(reply)

    def effect(self, name: str, **fields: Any) -> None:
        """Have the gateway do something (docs/architecture.md, effects)."""
        self._dispatcher.utter_message(json_message={"effect": name, **fields})

    def keep(self, kind: str, labels: Iterable[str], source: str) -> None:
        """Keep labels of a kind; source is tapped, said or guessed. Nothing is kept of a child."""
        labels = list(dict.fromkeys(labels))
        if not labels or self.known.get("minor"):
            return
        if kind == "goal":
            self.goal = labels[-1]
        elif kind in PLURALS:
            fresh = [label for label in labels if label not in self.labels[kind]]
            self.labels[kind] += fresh
            self.new[kind] += fresh
        self.effect("keep_labels", labels=[self._row(kind, label, source) for label in labels])

    def _row(self, kind: str, label: str, source: str) -> dict[str, Any]:
        words = next((one["text"] for one in self.reading.get("evidence") or [] if one["label"] == label), None)
        return {"kind": kind, "label": label, "source": source, "confirmed": source == "tapped", "evidence": words}

    def heard(self, label: str) -> str:
        """How sure a label of free text is: said when its words were found or the reading is sure, else guessed."""
        found = any(one["label"] == label for one in self.reading.get("evidence") or [])
        return "said" if found or float(self.reading.get("confidence") or 0) >= SURE else "guessed"

    def finish(self) -> None:
        """No question is open."""
        self.asked, self.context = None, {}

    def put_off(self, barriers: Iterable[str]) -> None:
        """Come back to these with the next turn; of sensitive ones the state holds no more than that there is one."""
        self.later = list(dict.fromkeys([*self.later, *(PERSONAL if is_sensitive(one) else one for one in barriers)]))[:3]

    def forget_all(self) -> None:
        """Start as with somebody new."""
        self.goal, self.done, self.later, self.misses = None, [], [], 0
        self.labels = {kind: [] for kind in PLURALS}
        self.new = {kind: [] for kind in PLURALS}
        self.finish()

    def events(self) -> list[EventType]:
        """The slots that changed; an empty one is unset, so that the state stays small."""
        values = {name: getattr(self, name) or None for name in STATE}
        return [SlotSet(name, value) for name, value in values.items() if value != (self._slots[name] or None)]
