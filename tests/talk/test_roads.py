"""Whole roads, as people walk them: what they do, what is said, what happens (conversation.md, the road)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.talk.person import Person, Said, actions, domain, rules

Act = tuple[str, dict[str, Any]] | list[str]


def go(person: Person, act: Act) -> Said:
    """Taps are lists of choices; words are an intent and what they carry."""
    return person.taps(*act) if isinstance(act, list) else person.says(act[0], **act[1])


def said(intent: str, **reading: Any) -> Act:
    return intent, reading


def test_rules_domain_and_actions_agree() -> None:
    intents = domain()["intents"]
    assert set(rules()) == set(intents)
    assert set(rules().values()) == set(domain()["actions"]) == set(actions())
    assert all(slot["influence_conversation"] is False for slot in domain()["slots"].values())


# name, acts, (replies, effects) of each turn; effects by name and their telling field.
ROADS: list[tuple[str, list[Act], list[list[str]], list[str]]] = [
    (
        "all tapped, to somebody with the same road",
        [
            said("greet"),
            ["goal_find_work"],
            ["family"],
            ["cooking"],
            ["childcare", "language"],
            ["fit_peer"],
            ["wish_woman"],
            ["share_this"],
        ],
        [
            ["intro", "ask_goal"],
            ["ask_why"],
            ["why_heard", "ask_strengths"],
            ["strength_heard", "ask_barriers"],
            ["barrier_childcare", "barrier_language", "ask_fits"],
            ["ask_wishes"],
            ["consent_goal_why", "consent_strengths", "consent_barriers", "consent_wishes", "consent_rules", "ask_consent"],
            ["passed_on", "reads_then", "ask_meanwhile"],
        ],
        ["acquainted", "context", "orienting", "ambassador"],
    ),
    (
        "all in own words: nothing is asked that was said",
        [
            said("goal_find_work", drivers=["family"], strengths=["building"], barriers=["childcare"]),
            said("tell_situation", barriers=["money"]),
            said("ask_human"),
            said("affirm"),
        ],
        [
            ["intro", "barrier_childcare", "ask_barriers"],
            ["barrier_money", "ask_fits"],
            ["consent_goal_why", "consent_strengths", "consent_barriers", "consent_rules", "ask_consent"],
            ["passed_on", "reads_then", "ask_meanwhile"],
        ],
        ["acquainted", "context", "context", "orienting", "advisor"],
    ),
    (
        "all skipped, then not now",
        [said("greet"), ["goal_help_child"], ["skip"], ["skip"], ["skip"], ["fit_later"], ["later_yes"]],
        [
            ["intro", "ask_goal"],
            ["ask_why"],
            ["ask_strengths"],
            ["ask_barriers"],
            ["ask_fits"],
            ["all_right", "ask_later"],
            ["later_agreed"],
        ],
        ["acquainted", "orienting"],
    ),
    (
        "debts: who comes first, the advisor after",
        [said("tell_situation", barriers=["debts", "literacy"]), ["goal_paperwork"]],
        [["intro", "barrier_debts", "helps_number", "ask_goal"], ["barrier_literacy", "ask_why"]],
        ["context", "acquainted", "context"],
    ),
    (
        "a question on the way is answered, then the open one again, short",
        [said("greet"), ["goal_find_work"], said("ask_cost"), ["security"]],
        [["intro", "ask_goal"], ["ask_why"], ["cost", "ask_why_again"], ["why_heard", "ask_strengths"]],
        ["acquainted"],
    ),
    (
        "not knowing is fine",
        [said("greet"), ["goal_other"], ["goal_unsure"], ["parenting"]],
        [["intro", "ask_goal"], ["all_right", "ask_goal_more"], ["unsure_is_fine", "ask_strengths"], ["strength_heard", "ask_barriers"]],
        ["acquainted"],
    ),
    (
        "something personal: with a person, and no is warm",
        [said("goal_find_work"), ["skip"], ["skip"], ["personal"], ["share_no"], ["fit_place"], ["any_place"]],
        [
            ["intro", "ask_why"],
            ["ask_strengths"],
            ["ask_barriers"],
            ["personal_is_fine", "consent_goal", "consent_rules", "ask_consent"],
            ["not_passed_on", "ask_after_no"],
            ["ask_where"],
            ["places", "ask_after_place"],
        ],
        ["acquainted", "orienting"],
    ),
    (
        "a call: the number, and being called after a yes",
        [said("ask_call"), ["call_me"], ["share_this"]],
        [
            ["intro", "call_number", "ask_call"],
            ["consent_nothing", "consent_rules", "ask_consent"],
            ["passed_on", "reads_then", "ask_meanwhile"],
        ],
        ["orienting", "advisor"],
    ),
    (
        "a letter with a date: not here, the right desk, a human after a yes",
        [said("formal_message"), ["formal_yes"], ["share_all"]],
        [
            ["intro", "formal", "formal_desk", "ask_formal"],
            ["consent_all", "consent_rules", "ask_consent"],
            ["passed_on", "reads_then", "ask_meanwhile"],
        ],
        ["advisor"],
    ),
    (
        "two readings: which one",
        [said("greet"), said("unsure_between", ranking=[{"intent": "ask_cost"}, {"intent": "goal_income"}]), ["goal_income"]],
        [["intro", "ask_goal"], ["ask_between"], ["ask_why"]],
        ["acquainted"],
    ),
]


@pytest.mark.parametrize(("acts", "replies", "told"), [road[1:] for road in ROADS], ids=[road[0] for road in ROADS])
def test_road(acts: list[Act], replies: list[list[str]], told: list[str]) -> None:
    person, effects = Person(), list[str]()
    for act, expected in zip(acts, replies, strict=True):
        turn = go(person, act)
        assert turn.replies == expected
        effects += [one.get("phase") or one["to"] for one in turn.effects if one["effect"] in ("record_phase", "open_case")]
    assert effects == told


@pytest.mark.parametrize(
    ("first", "heard", "sure", "expected", "asked"),
    [
        ("hint of the link", "nl", 0.2, "ar", "goal"),
        ("sure words", "en", 0.9, "en", "goal"),
        ("words against the hint", "en", 0.9, "en", "goal"),
        ("nothing known", "nl", 0.2, "nl", "language"),
    ],
)
def test_the_first_language(first: str, heard: str, sure: float, expected: str, asked: str) -> None:
    hint = {"hint of the link": "ar", "words against the hint": "ar"}.get(first)
    person = Person("nl", known={"hint": hint})
    person.says("greet", text="good morning to you", language=heard, language_confidence=sure)
    assert (person.language, person.state["asked"]) == (expected, asked)


def test_one_tap_changes_the_language_and_keeps_everything_said() -> None:
    person = Person(known={"hint": None})
    person.says("goal_find_work", text="werk", language_confidence=0.2, barriers=["childcare"])
    turn = person.taps("lang_ar")
    assert (person.language, person.known["goal"], person.known["barriers"]) == ("ar", "goal_find_work", ["childcare"])
    assert turn.replies == ["intro", "ask_why"]
    assert person.says("change_language", text="liever in het Engels", language="nl").replies == ["language_set", "ask_why_again"]
    assert person.language == "en"


def test_a_chosen_language_is_kept_against_guesses_and_asked_once() -> None:
    person = Person(known={"first": False, "hint": "nl"}, state={"language": "nl"})
    person.says("change_language", text="nederlands")
    turn = person.says("greet", text="what is the time over there", language="en", language_confidence=0.97)
    assert (person.language, turn.choices) == ("nl", ["lang_en", "lang_nl"])
    again = person.says("greet", text="what is the time over there", language="en", language_confidence=0.97)
    assert "ask_language" not in again.replies[:1]


def test_a_language_not_chosen_follows_sure_words() -> None:
    person = Person(known={"first": False}, state={"language": "nl"})
    person.says("ask_cost", text="how much does this cost me", language="en", language_confidence=0.97)
    assert person.language == "en"
    person.says("affirm", text="ok", language="nl", language_confidence=0.97)
    assert person.language == "en", "one word changes nothing"


@pytest.mark.parametrize(("reading", "source"), [({"confidence": 0.9}, "said"), ({"confidence": 0.4}, "guessed")])
def test_what_is_said_and_what_is_guessed_are_kept_apart(reading: dict[str, Any], source: str) -> None:
    kept = Person().says("tell_situation", barriers=["childcare"], **reading).did("keep_labels")[0]["labels"][0]
    assert (kept["source"], kept["confirmed"]) == (source, False)


def test_the_words_that_carried_a_label_go_with_it() -> None:
    evidence = [{"label": "childcare", "text": "geen oppas"}]
    kept = Person().says("tell_situation", confidence=0.3, barriers=["childcare"], evidence=evidence).did("keep_labels")[0]["labels"][0]
    assert (kept["source"], kept["evidence"]) == ("said", "geen oppas")


def test_what_is_tapped_is_confirmed() -> None:
    kept = Person(known={"first": False}).taps("goal_find_work").did("keep_labels")[0]["labels"][0]
    assert (kept["kind"], kept["source"], kept["confirmed"]) == ("goal", "tapped", True)


@pytest.mark.parametrize(("taps", "effect"), [(["better", "check_ins_yes"], "agree_check_ins"), (["same", "check_ins_no"], "no_check_ins")])
def test_how_was_it_then_check_ins(taps: list[str], effect: str) -> None:
    person = Person(known={"first": False, "case": {"status": "closed", "scope": "this"}})
    person.happens("timer", timer="how_was_it", args={})
    turns = [person.taps(one) for one in taps]
    assert turns[0].did("feedback")[0]["answer"] == taps[0]
    assert turns[1].did(effect)


def test_stuck_goes_back_to_the_same_human_after_a_yes() -> None:
    person = Person(known={"first": False, "case": {"status": "closed", "scope": "this"}})
    person.happens("timer", timer="check_in", args={})
    assert not person.taps("stuck").did("feedback")
    assert person.taps("look_yes").did("feedback")[0]["answer"] == "stuck"


def test_how_it_was_in_own_words_is_heard() -> None:
    person = Person(known={"first": False, "returning": True, "case": {"status": "closed", "scope": "this"}})
    person.happens("timer", timer="how_was_it", args={})
    person.known["returning"] = True
    turn = person.says("tell_situation", barriers=["no_time"])
    assert turn.replies == ["barrier_no_time", "ask_check_ins"]  # nobody there who could read it


@pytest.mark.parametrize("answer", ["confirm", "move", "cancel"])
def test_appointments_reach_the_human(answer: str) -> None:
    person = Person(known={"first": False, "case": {"status": "taken", "scope": "this"}})
    assert person.says(f"appointment_{answer}").did("appointment")[0]["answer"] == answer
    assert Person(known={"first": False}).says(f"appointment_{answer}").replies[:1] == ["no_appointment"]


def test_the_one_who_gave_the_link_can_come_along() -> None:
    assert "wish_along" in Person(known={"first": False}).says("ask_peer").choices


def test_a_returned_talk_names_the_human_who_stays() -> None:
    turn = Person(known={"first": False, "human": "Sara"}).happens("returned")
    assert "Sara" in turn.text
    assert turn.choices


def test_no_directory_no_promise() -> None:
    person = Person(known={"first": False, "facts": {"public_name": "Inloop"}})
    assert person.says("ask_walk_in").replies == ["no_place", "ask_after_place"]
    assert person.says("ask_call").replies == ["ask_call"]


def test_a_child_who_says_yes_gets_a_person() -> None:
    child = Person(channel="whatsapp")
    child.says("goal_find_work", about=["minor"])
    yes = child.taps("minor_person")
    assert yes.did("open_case")[0]["values"]["number"] == "0800-0432"  # what the yes was said to is kept whole
    assert "passed_on" in yes.replies


@pytest.mark.parametrize(
    ("asked", "reading", "goal"),
    [
        ("barriers", {"intent": "goal_help_child", "confidence": 0.58, "barriers": ["care_tasks"]}, "goal_paperwork"),
        ("barriers", {"intent": "goal_income", "confidence": 0.53, "barriers": ["childcare", "money"]}, "goal_paperwork"),
        ("barriers", {"intent": "goal_find_work", "confidence": 0.97, "barriers": ["money"]}, "goal_find_work"),
        ("goal", {"intent": "goal_income", "confidence": 0.6, "barriers": ["money"]}, "goal_income"),
    ],
)
def test_the_answer_to_another_question_changes_what_was_wanted_only_when_sure(asked: str, reading: dict[str, Any], goal: str) -> None:
    person = Person(known={"first": False, "goal": "goal_paperwork"}, state={"asked": asked, "done": ["hello", "why", "strengths"]})
    person.says(**reading)
    assert person.known["goal"] == goal


def test_no_appointment_is_promised_while_nobody_made_one() -> None:
    turn = Person(known={"first": False, "case": {"status": "waiting", "scope": "this"}}).says("appointment_confirm", "ben je er nog")
    assert turn.replies == ["no_appointment", "ask_meanwhile"]
    assert not turn.did("appointment")


def test_who_cannot_phone_in_danger_is_not_offered_a_phone_call() -> None:
    person = Person()
    person.says("urgent", urgent="self_harm", urgent_strength="sure")
    person.taps("now_danger")
    turn = person.says("ask_call", "nee ik kan niet bellen")
    assert turn.replies == ["without_call", "ask_stay"]
    assert "alert_no" in turn.choices


def test_an_ambulance_is_asked_after_not_safety() -> None:
    turn = Person().says("urgent", "mijn moeder ademt niet", urgent="medical", urgent_strength="sure")
    assert turn.replies[-1] == "ask_reached"


def test_who_dialled_wrong_hears_who_we_are_and_nothing_of_before() -> None:
    assert Person().says("other_person", "sorry verkeerd nummer").replies == ["intro", "ask_goal"]


def test_an_objection_reaches_a_human_with_its_words() -> None:
    person = Person(known={"first": False})
    person.says("formal_message", "hierbij maak ik bezwaar")
    asked = person.taps("formal_yes")
    assert (asked.replies[0], asked.choices[0]) == ("consent_all", "share_all")
    assert person.copy().taps("share_all").did("open_case")[0]["scope"] == "all"
    assert person.says("affirm", "ja").did("open_case")[0]["scope"] == "all"


@pytest.mark.parametrize(
    ("first", "answer"), [("voice", "ask_media"), ("ask_human", "ask_consent"), ("ask_cost", "cost"), ("greet", "ask_goal")]
)
@pytest.mark.parametrize("language", ["lang_en", "no"])
def test_what_the_first_words_asked_for_comes_once_the_language_is_known(first: str, answer: str, language: str) -> None:
    person = Person(known={"hint": None}, channel="whatsapp")
    turn = person.sends(first) if first == "voice" else person.word(first)
    assert turn.replies[-1] == "ask_language"
    said = person.taps(language) if language != "no" else person.says("deny", "nee", language=None, language_confidence=0)
    assert answer in said.replies


def test_words_in_a_language_we_have_answer_which_language() -> None:
    person = Person(known={"hint": None})
    person.word("greet")
    turn = person.says("tell_situation", "ik heb schulden", barriers=["debts"])
    assert "ask_language" not in turn.replies
    assert turn.replies[-1] == "ask_goal"


def test_a_script_without_spaces_is_recognised_too() -> None:
    reading = {"language": "zh", "language_confidence": 0.99}
    assert "ask_interpreter" in Person(known={"hint": None}).says("unclear", "你好，我需要工作，请帮助我", **reading).replies
