"""Every state the talk can reach, and what is said there to everything a person can do."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.talk.person import Person, Said, rules

URGENT = ("self_harm", "violence", "homeless", "exploitation", "medical", "deportation")
# Readings that matter to the road; an intent without one is tried bare.
READINGS: dict[str, list[dict[str, Any]]] = {
    "tell_situation": [
        {},
        {"barriers": ["childcare"]},
        {"barriers": ["debts", "literacy", "money"]},
        {"drivers": ["family"], "strengths": ["cooking"]},
        {"about": ["on_behalf"]},
        {"about": ["minor"]},
    ],
    "unsure_between": [
        {"ranking": [{"intent": "goal_income", "confidence": 0.4}, {"intent": "ask_cost", "confidence": 0.38}]},
        {"ranking": [{"intent": "greet", "confidence": 0.4}, {"intent": "stop", "confidence": 0.38}]},
        {"ranking": [{"intent": "greet", "confidence": 0.4}, {"intent": "affirm", "confidence": 0.38}]},
    ],
    "urgent": [{"urgent": one, "urgent_strength": "sure"} for one in URGENT] + [{"urgent": "violence", "urgent_strength": "maybe"}],
    "ask_cost": [{}, {"barriers": ["debts", "benefit_fear"]}],
    "ask_human": [{}, {"barriers": ["shame", "legal_status"]}],
}
ACTS = ("pick", "media", "timer", "returned", "urgent")


@dataclass(frozen=True)
class Step:
    """One turn of the walk: where, what the person did, what was said, and who they were after it."""

    path: tuple[str, ...]
    before: Person
    did: str
    options: tuple[str, ...]
    said: Said
    after: Person

    def __str__(self) -> str:
        return " › ".join((*self.path, self.did))


def _key(person: Person, said: Said) -> str:
    """States that lead on alike: what was asked, offered and put before, and how far one is with people."""
    known, state = person.known, person.state
    case = known["case"] or {}
    context = {name: value for name, value in state.get("context", {}).items() if name != "back"}
    place = (state.get("asked"), context, state.get("misses"), case.get("status"), known["minor"], known["goal"] is None)
    return json.dumps([*place, bool(known["urgent_open"]), len(said.choices)], sort_keys=True)


def _all(person: Person, choices: list[str]) -> list[tuple[str, tuple[str, ...], Any]]:
    """All a person can do here: tap, say, send, and what happens by itself."""
    tries: list[tuple[str, tuple[str, ...], Any]] = [(f"tap {one}", (one,), lambda who, one=one: who.taps(one)) for one in choices]
    if len(choices) > 2:
        tries.append((f"tap {choices[0]} and {choices[1]}", tuple(choices[:2]), lambda who: who.taps(*choices[:2])))
    for intent in rules():
        for reading in READINGS.get(intent, [{}]) if intent not in ACTS or intent == "urgent" else []:
            tries.append((f"say {intent} {reading or ''}".strip(), (), lambda who, i=intent, r=reading: who.says(i, **r)))
    tries += [(f"send {kind}", (), lambda who, kind=kind: who.sends(kind)) for kind in ("voice", "location", "empty")]
    tries += [("tap an old choice", ("fit_old",), lambda who: who.taps("fit_old"))]
    if not person.known["first"]:
        names = ("check_in", "how_was_it", "ask_again")
        tries += [(f"timer {name}", (), lambda who, name=name: who.happens("timer", timer=name, args={})) for name in names]
        tries += [("human returns the talk", (), lambda who: who.happens("returned"))]
    return tries


@cache
def steps(language: str, limit: int = 400) -> tuple[Step, ...]:
    """Walk breadth-first from nobody known; `limit` states are left by every way there is."""
    start = Person(language)
    seen, found = {""}, list[Step]()
    queue: deque[tuple[tuple[str, ...], Person, list[str]]] = deque([((), start, [])])
    while queue and limit:
        path, person, choices = queue.popleft()
        limit -= 1
        for did, options, act in _all(person, choices):
            after = person.copy()
            said = act(after)
            found.append(Step(path, person, did, options, said, after))
            key = _key(after, said)
            if key not in seen:
                seen.add(key)
                queue.append(((*path, did), after, said.choices))
    return tuple(found)
