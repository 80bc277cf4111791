"""Where can I come by: near what was said, else asked once, else what fits best."""

from __future__ import annotations

from typing import Any

import pytest

from bot.replies import available, texts
from tests.talk.person import Person, directory

BRUG, ZUID, LINDE = "Buurthuis De Brug", "Bibliotheek Zuid", "Wijkcentrum De Linde"
AFTER = "ask_after_place"


def named(text: str) -> list[str]:
    return sorted((one for one in (BRUG, ZUID, LINDE) if one in text), key=text.index)


def known(**more: Any) -> Person:
    return Person(known={"first": False, **more})


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("waar kan ik langskomen in zuid", [ZUID]),
        ("where can I come by near 1055", [LINDE]),
        ("عايز مكان في نورد", [BRUG]),
        ("Voorbeeldstad", [BRUG, LINDE]),
    ],
)
def test_what_was_named_is_near(text: str, places: list[str]) -> None:
    turn = known(goal="goal_help_child").says("ask_walk_in", text)
    assert turn.replies == ["places" if len(places) > 1 else "place", AFTER]
    assert set(named(turn.text)) == set(places)


def test_where_is_asked_once_and_may_be_skipped() -> None:
    person = known(goal="goal_meet_people")
    assert person.says("ask_walk_in").replies == ["ask_where"]
    skipped = person.copy().taps("any_place")
    assert skipped.replies == ["places", AFTER]
    assert named(skipped.text)[0] == LINDE, "what one wants to do there comes first"
    assert person.copy().says("deny").replies == ["places", AFTER]
    person.taps("any_place")
    assert person.says("ask_walk_in").replies == ["places", AFTER]


@pytest.mark.parametrize("intent", ["unclear", "tell_situation", "goal_find_work", "thank", "greet", "ask_walk_in", "out_of_scope"])
def test_own_words_answer_it_whatever_they_sound_like(intent: str) -> None:
    person = known(goal="goal_meet_people", language_chosen=False)
    person.says("ask_walk_in")
    turn = person.says(intent, "Voorbeeldstad Zuid", language="tr", language_confidence=0.99)
    assert (turn.replies, named(turn.text)[0]) == (["places", AFTER], ZUID)
    assert person.language == "nl", "the name of a place tells no language"
    assert "Zuid" not in str(person.state)


def test_where_we_know_none_that_is_said() -> None:
    person = known()
    person.says("ask_walk_in")
    turn = person.says("unclear", "Rotterdam")
    assert turn.replies == ["not_there", "place", AFTER]
    assert len(named(turn.text)) == 1


@pytest.mark.parametrize(
    ("intent", "reading", "replies"),
    [
        ("ask_human", {}, ["consent_nothing", "consent_rules", "ask_consent"]),
        ("stop_asked", {}, ["ask_stop"]),
        ("ask_explain", {}, ["simpler", "ask_where_again"]),
        ("ask_cost", {}, ["cost", "ask_where_again"]),
        ("tell_situation", {"barriers": ["childcare"]}, ["barrier_childcare", "ask_where_again"]),
    ],
)
def test_something_else_said_is_heard_as_that(intent: str, reading: dict[str, Any], replies: list[str]) -> None:
    person = known()
    person.says("ask_walk_in")
    assert person.says(intent, "iets heel anders", **reading).replies == replies


def test_danger_comes_before_the_name_of_a_place() -> None:
    person = known()
    person.says("ask_walk_in")
    turn = person.says("urgent", "ik slaap vannacht buiten in Noord", urgent="homeless", urgent_strength="sure")
    assert turn.replies[0] == "safety_desk"
    assert directory()["desks"]["homeless"]["number"] in turn.text


def test_two_places_or_fewer_are_said_at_once() -> None:
    facts = directory() | {"places": directory()["places"][:2]}
    assert known(facts=facts).says("ask_walk_in").replies == ["places", AFTER]


def test_a_child_along_and_the_language_count_after_the_goal() -> None:
    places = [
        {"name": "Een", "can": ["letters"], "languages": ["nl"]},
        {"name": "Twee", "can": ["work"], "languages": ["nl"]},
        {"name": "Drie", "can": ["work"], "languages": ["fr"], "child_welcome": True},
    ]
    person = known(goal="goal_find_work", facts=directory() | {"places": places})
    person.says("ask_walk_in")
    assert person.copy().taps("any_place").text.index("Twee") < person.copy().taps("any_place").text.index("Drie")
    person.known["barriers"] = ["childcare"]
    assert person.copy().taps("any_place").text.index("Drie") < person.copy().taps("any_place").text.index("Twee")


def test_the_town_is_said_where_there_is_more_than_one() -> None:
    places = [{"name": "Een", "town": "Noordstad"}, {"name": "Twee", "town": "Zuidstad"}]
    assert "Een, Noordstad" in known(facts=directory() | {"places": places}).says("ask_walk_in").text
    assert "Voorbeeldstad" not in known().says("ask_walk_in", "in zuid").text


@pytest.mark.parametrize("language", available())
def test_the_way_past_it_is_understood_in_every_language(language: str) -> None:
    person = Person(language, known={"first": False})
    person.says("ask_walk_in", language=language)
    assert person.taps("any_place").replies == ["places", AFTER]
    assert texts(language)["choices"]["any_place"]["words"]
