"""A person talking with the bot, without Rasa and without a gateway: rules.yml gives the action, effects change what is known."""

from __future__ import annotations

import copy
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from bot.labels import is_sensitive, taxonomy
from bot.messages import ChannelName
from bot.replies import Reply, available, render
from bot.turns import merged

ROOT = Path(__file__).resolve().parents[2]
PLURAL = {"driver": "drivers", "strength": "strengths", "barrier": "barriers", "about": "about", "wish": "wishes"}


@cache
def rules() -> dict[str, str]:
    """Intent → action, as Rasa's RulePolicy follows it."""
    found = yaml.safe_load((ROOT / "data" / "rules.yml").read_text(encoding="utf-8"))["rules"]
    return {rule["steps"][0]["intent"]: rule["steps"][1]["action"] for rule in found}


@cache
def domain() -> dict[str, Any]:
    """domain.yml."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def actions() -> dict[str, Any]:
    """The actions as the action server finds them."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return dict(executor.actions)


@cache
def directory() -> dict[str, Any]:
    """The facts of the example deployment."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "data" / "directory.yml").read_text(encoding="utf-8"))
    return loaded | {"privacy_page": "https://inloop.example/privacy"}


def _run(action: Coroutine[Any, Any, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """An action awaits nothing: no event loop is needed to run it."""
    try:
        action.send(None)
    except StopIteration as done:
        found: list[dict[str, Any]] = done.value
        return found
    raise AssertionError("an action waited for something")


@dataclass
class Said:
    """What one turn gave."""

    answers: list[dict[str, Any]]
    effects: list[dict[str, Any]]
    messages: list[Reply]

    @property
    def replies(self) -> list[str]:
        """Names of the replies, in order."""
        return [one["reply"] for one in self.answers]

    @property
    def text(self) -> str:
        """All that the person reads, without choices."""
        return "\n\n".join(one.text for one in self.messages)

    @property
    def choices(self) -> list[str]:
        """The choices now open."""
        return [one.id for one in self.messages[-1].choices] if self.messages else []

    def did(self, effect: str) -> list[dict[str, Any]]:
        """The effects of a name."""
        return [one for one in self.effects if one["effect"] == effect]


@dataclass
class Person:
    """Somebody with a phone. `known` is what the gateway would tell of them; `state` what the last turn gave back."""

    language: str = "nl"
    channel: ChannelName = "sms"
    state: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        fresh = {
            "first": True, "returning": False, "language_chosen": False, "languages": list(available()), "phase": "reached", "goal": None,
            "drivers": [], "strengths": [], "barriers": [], "about": [], "labels": [], "wishes": [], "minor": False, "quiet": False,
            "stopped": False, "urgent_open": None, "case": None, "human": None, "check_ins": False, "media_waiting": 0, "code": None,
            "appointment": None, "hint": self.language, "masked": [],
            "duty": {"open": False, "on_duty": 0, "when": "tomorrow", "time": "9:00"}, "facts": directory(),
        }  # fmt: skip
        self.known = fresh | self.known

    def copy(self) -> Person:
        """The same person at this moment, to try something with."""
        return Person(self.language, self.channel, copy.deepcopy(self.state), self._known())

    def _known(self) -> dict[str, Any]:
        """What is known, to be changed freely; the facts are the deployment's and shared."""
        bare = {name: value for name, value in self.known.items() if name != "facts"}
        return copy.deepcopy(bare) | {"facts": self.known["facts"]}

    def says(self, intent: str, text: str = "dat zeg ik dan in woorden", **reading: Any) -> Said:
        """Free text, as Rasa read it."""
        full = {"intent": intent, "confidence": 0.9, "language": self.language, "language_confidence": 0.95, "ranking": []}
        return self._turn(intent, None, full | reading, text)

    def taps(self, *options: str) -> Said:
        """One or more of the open choices."""
        return self._turn("pick", {"name": "pick", "options": list(options)}, None, "")

    def word(self, intent: str) -> Said:
        """A bare keyword the gateway understood itself."""
        return self._turn(intent, {"name": "say", "intent": intent}, None, "")

    def sends(self, kind: str) -> Said:
        """A voice note, a photo …"""
        return self._turn("media", {"name": "media", "kind": kind}, None, "")

    def happens(self, name: str, **act: Any) -> Said:
        """A timer, or a human who gave the talk back."""
        return self._turn(name, {"name": name, **act}, None, "")

    def _turn(self, intent: str, act: dict[str, Any] | None, reading: dict[str, Any] | None, text: str) -> Said:
        slots = {**dict.fromkeys(domain()["slots"]), **self.state, "known": self._known(), "act": act, "reading": reading}
        latest = {"intent": {"name": intent, "confidence": 1.0}, "entities": [], "text": text}
        tracker, dispatcher = Tracker("p", slots, latest, [], False, None, {}, None), CollectingDispatcher()
        for event in _run(actions()[rules()[intent]](dispatcher, tracker, domain())):
            slots[event["name"]] = event["value"]
        given = ("known", "act", "reading")
        self.state = json.loads(json.dumps({name: value for name, value in slots.items() if value is not None and name not in given}))
        said = self._collect(dispatcher.messages)
        self.known["first"], self.known["returning"] = False, False
        return said

    def _collect(self, messages: list[dict[str, Any]]) -> Said:
        """As the gateway does: effects in order, then the answers rendered in the language that now is."""
        effects = [one["custom"] for one in messages if one["custom"]]
        sdk = {"text", "buttons", "elements", "custom", "template", "response", "image", "attachment", "choices", "kind"}
        answers = [
            {"reply": one["response"], "values": {k: v for k, v in one.items() if k not in sdk}, "choices": one.get("choices")}
            for one in messages
            if one["response"]
        ]
        for effect in effects:
            self._carry_out(effect)
        rendered = [render(one["reply"], self.language, self.channel, one["values"], one["choices"]) for one in answers]
        return Said(answers, effects, merged(rendered))

    def _carry_out(self, effect: dict[str, Any]) -> None:
        match effect["effect"]:
            case "set_language":
                self.language, self.known["language_chosen"] = effect["language"], effect["chosen"] or self.known["language_chosen"]
            case "keep_labels":
                for one in effect["labels"]:
                    self._keep(one)
            case "drop_labels":
                self._drop(effect["labels"])
            case "open_case":
                for line in effect["lines"]:  # the gateway keeps the words a yes was said to
                    render(line, self.language, "sms", effect["values"])
                urgent = (self.known["case"] or {}).get("urgent")
                self.known["case"] = {"status": "waiting", "to": effect["to"], "scope": effect["scope"], "urgent": urgent, "outcome": None}
                for wish in effect["wishes"]:
                    self._keep({"kind": "wish", "label": wish, "source": "tapped", "confirmed": True})
            case "alert":
                held = self.known["case"] or {"status": "waiting", "to": "advisor", "scope": "nothing", "outcome": None}
                self.known["case"], self.known["urgent_open"] = held | {"urgent": effect["urgent"]}, effect["urgent"]
            case "withdraw_alert" | "withdraw_consent":
                self.known["case"], self.known["urgent_open"] = None, None
            case "want_media":
                self.known["case"] = {"status": "waiting", "to": "advisor", "scope": "story", "urgent": None, "outcome": None}
            case "minor":
                self._drop("all")
                self.known["minor"] = True
            case "new_acquaintance":
                self._drop("all")
                self.known |= {"minor": False, "case": None, "phase": "reached", "urgent_open": None}
            case "record_phase":
                assert effect["phase"] in taxonomy()["phases"]

    def _keep(self, one: dict[str, Any]) -> None:
        assert not self.known["minor"], "nothing is kept of a child"
        kind, label = one["kind"], one["label"]
        if kind == "goal":
            self.known["goal"] = label
            self.known["labels"] = [row for row in self.known["labels"] if row["kind"] != "goal"]
        elif kind in PLURAL and label not in self.known[PLURAL[kind]]:
            self.known[PLURAL[kind]].append(label)
        self.known["labels"] = [row for row in self.known["labels"] if (row["kind"], row["label"]) != (kind, label)]
        row = {"kind": kind, "label": label, "source": one["source"], "confirmed": one["confirmed"], "sensitive": is_sensitive(label)}
        self.known["labels"].append(row | {"consented": False})

    def _drop(self, which: list[str] | str) -> None:
        gone = {row["label"] for row in self.known["labels"]} if which == "all" else set(which)
        self.known["labels"] = [row for row in self.known["labels"] if row["label"] not in gone]
        for plural in PLURAL.values():
            self.known[plural] = [one for one in self.known[plural] if one not in gone]
        self.known["goal"] = None if self.known["goal"] in gone else self.known["goal"]
