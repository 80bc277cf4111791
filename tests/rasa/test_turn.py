"""The turn: a function of what is sent, and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.rasa.turn import BadTurn
from tests.rasa.conftest import Actions

WORK = {"text": "ik zoek werk", "language": "nl"}


def test_a_turn_answers_with_labels_answers_effects_and_the_next_state(take: Any) -> None:
    found = take(**WORK, state={"count": 3})
    assert set(found) == {"labels", "answers", "effects", "language", "state"}
    assert found["labels"]["intent"] == "goal_find_work"
    assert found["answers"] == [{"reply": "ask_why", "values": {"goal": "@goal_find_work"}, "choices": ["yes", "no"], "kind": None}]
    assert found["effects"] == [{"effect": "record_phase", "phase": "acquainted"}]
    assert found["language"] == "nl"
    assert found["state"] == {"count": 4, "asked": "goal_find_work"}


def test_the_same_request_twice_gives_the_same_answer(take: Any) -> None:
    request = {**WORK, "state": {"count": 7, "asked": "greet"}, "known": {"first": False}}
    assert take(**request) == take(**request)


def test_nothing_is_kept_of_a_conversation(take: Any) -> None:
    take(**WORK, state={"count": 41})
    assert take(**WORK)["state"]["count"] == 1


def test_people_who_write_at_the_same_moment_do_not_meet(turns: Any, actions: Actions) -> None:
    actions.wait = 0.02

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(turns.take({"conversation": f"c{n}", **WORK, "state": {"count": n}}) for n in range(20)))

    assert [found["state"]["count"] for found in asyncio.run(all_at_once())] == list(range(1, 21))


def test_the_three_hundredth_turn_does_the_work_of_the_fifth(take: Any, actions: Actions) -> None:
    state: dict[str, Any] = {}
    for _ in range(300):
        state = take(act={"name": "pick", "options": ["goal_find_work"]}, state=state)["state"]
    assert state["count"] == 300
    events = [len(sent["tracker"]["events"]) for sent in actions.sent]
    sizes = [len(json.dumps(sent)) for sent in actions.sent]
    assert events[299] == events[4]
    assert sizes[299] - sizes[4] < 50


def test_a_turn_that_was_given_up_is_simply_taken_again(turns: Any, actions: Actions) -> None:
    actions.wait = 0.5
    request = {"conversation": "c1", **WORK, "state": {"count": 1}}

    async def given_up() -> None:
        await asyncio.wait_for(turns.take(request), 0.1)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(given_up())
    actions.wait = 0.0
    assert asyncio.run(turns.take(request))["state"]["count"] == 2


@pytest.mark.parametrize("text", ["/restart", "/goal_find_work", ' /greet{"x": 1}', "/session_start"])
def test_text_with_a_slash_is_no_command(take: Any, text: str) -> None:
    found = take(text=text, state={"count": 5})
    assert found["state"]["count"] == 6
    assert found["labels"]["confidence"] < 1.0


@pytest.mark.parametrize(
    ("act", "intent", "label"),
    [
        ({"name": "pick", "options": ["goal_find_work", "goal_learn"]}, "pick", None),
        ({"name": "say", "intent": "ask_human"}, "ask_human", "ask_human"),
        ({"name": "say", "intent": "help"}, "help", "help"),
        ({"name": "media", "kind": "voice"}, "media", None),
        ({"name": "timer", "timer": "check_in", "args": {}}, "timer", None),
        ({"name": "returned"}, "returned", None),
    ],
)
def test_what_the_gateway_understood_is_not_read_again(
    take: Any, actions: Actions, act: dict[str, Any], intent: str, label: str | None
) -> None:
    found = take(act=act, text="hij slaat mij")
    assert found["answers"][0]["values"] == {"goal": f"@{intent}"}
    assert found["labels"]["intent"] == label
    assert found["labels"]["urgent"] is None
    assert actions.sent[0]["tracker"]["slots"]["act"] == act


def test_actions_see_what_is_known_and_read_for_this_turn_only(take: Any, actions: Actions) -> None:
    found = take(text="ik schaam me dat ik niet kan lezen", known={"phase": "reached"}, state={"known": {"old": 1}, "reading": {"old": 1}})
    slots = actions.sent[0]["tracker"]["slots"]
    assert slots["known"] == {"phase": "reached"}
    assert slots["reading"] == found["labels"]
    assert not {"known", "reading", "act"} & set(found["state"])


def test_an_unknown_slot_of_an_older_state_does_no_harm(take: Any) -> None:
    assert "gone" not in take(**WORK, state={"gone": 1, "count": 1})["state"]


@pytest.mark.parametrize(
    ("fields", "answered"),
    [
        (WORK, False),
        ({"text": "hallo daar"}, False),
        ({"act": {"name": "media", "kind": "voice"}}, False),
        ({"act": {"name": "say", "intent": "forget_me"}}, True),
        ({"text": "mijn man slaat mij elke avond"}, True),
    ],
)
def test_while_a_human_has_the_conversation_only_danger_is_answered(take: Any, fields: dict[str, Any], answered: bool) -> None:
    found = take(**fields, owner="human", state={"count": 2})
    assert bool(found["answers"]) == answered
    assert found["state"]["count"] == (3 if answered else 2)


def test_danger_comes_before_the_intent(take: Any) -> None:
    found = take(text="ik zoek werk en mijn man slaat mij elke avond")
    assert (found["labels"]["urgent"], found["answers"][0]["values"]) == ("violence", {"goal": "@urgent"})


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"conversation": 1}, {"conversation": "c", "text": 1}, {"conversation": "c", "act": {"name": "fly"}},
     {"conversation": "c", "state": []}, {"conversation": "c", "act": {"name": "say", "intent": "no_such_intent"}}],
)  # fmt: skip
def test_what_is_no_turn_is_refused(turns: Any, body: Any) -> None:
    with pytest.raises(BadTurn):
        asyncio.run(turns.take(body))
