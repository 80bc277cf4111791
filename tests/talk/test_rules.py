"""The twelve rules of conversation.md, over every state the walk reaches, in every language we have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import smsutil  # type: ignore[import-untyped]

from bot.choices import as_lines
from bot.labels import QUIET_AFTER, URGENT_ORDER, is_sensitive, labels_of, may_read_back
from bot.messages import Choice
from bot.replies import SOURCE, available, named, texts
from tests.talk.person import Person, Said
from tests.talk.walk import URGENT, Step, steps

LANGUAGES = available()
STATES = {SOURCE: 200}
YES = {"share_this", "share_all", "interpreter_yes", "minor_person", "help_danger", "media_yes", "look_yes"}
ANSWERED = ("consent", "media", "look_again", "help", "minor", "interpreter")  # a yes, or "no, not safe: get a person"
# The person ended, or tells on in their own words: no question then.
ENDS = {
    "goodbye", "welcome", "stopped", "forgotten", "later_agreed", "later_not", "until_then", "i_listen", "call_self", "minor_no",
    "check_ins_agreed", "write_any_time", "good_to_hear", "heard",
}  # fmt: skip


def walk(language: str) -> tuple[Step, ...]:
    return steps(language, STATES.get(language, 60))


def saying(language: str, intent: str) -> Iterator[Step]:
    """The steps in which somebody says this, in any state."""
    return (step for step in walk(language) if step.did.split(" {")[0] == f"say {intent}")


each_language = pytest.mark.parametrize("language", LANGUAGES)


# Rule 1: urgent comes first.
@each_language
def test_danger_is_answered_at_once_in_every_state(language: str) -> None:
    for step in (one for one in saying(language, "urgent") if "sure" in one.did):
        said = step.said
        assert said.messages[0].kind == "safety", step
        assert said.replies[0].startswith("safety_"), step
        assert "112" in said.messages[0].text, step
        assert [one["urgent"] for one in said.did("alert")] == [next(one for one in URGENT if one in step.did)], step
        assert said.choices, f"{step} ends without choices"
        assert len(said.messages) == 1, f"{step}: one message"


@pytest.mark.parametrize("urgent", URGENT_ORDER)
def test_every_danger_has_its_line(urgent: str) -> None:
    said = Person().says("urgent", urgent=urgent, urgent_strength="sure")
    assert "112" in said.text
    assert "alert_no" in said.choices
    assert bool(said.did("quiet")) == (urgent in QUIET_AFTER)
    assert ("wipe" in said.replies) == (urgent in QUIET_AFTER)


@pytest.mark.parametrize("urgent", URGENT_ORDER)
def test_without_a_directory_the_line_still_helps(urgent: str) -> None:
    said = Person(known={"facts": {"public_name": "Inloop"}}).says("urgent", urgent=urgent, urgent_strength="sure")
    assert "112" in said.text
    assert "None" not in said.text


@pytest.mark.parametrize(
    ("duty", "reply"),
    [
        ({"open": True, "on_duty": 1, "when": "today", "time": "9:00"}, "alerted_now"),
        ({"open": True, "on_duty": 0, "when": "today", "time": "9:00"}, "alerted"),
        ({"open": False, "on_duty": 0, "when": "monday", "time": "9:00"}, "alerted_then"),
        ({"open": False, "on_duty": 0, "when": "later", "time": ""}, "alerted"),
    ],
)
def test_now_is_said_only_while_somebody_is_on_duty(duty: dict[str, object], reply: str) -> None:
    said = Person(known={"duty": duty}).says("urgent", urgent="self_harm", urgent_strength="sure")
    assert reply in said.replies
    assert re.search(r"\bnu\.", said.text.split("\n\n")[-2]) is not None if reply == "alerted_now" else "leest dit nu" not in said.text


def test_maybe_is_asked_before_anybody_is_alerted() -> None:
    person = Person(known={"first": False})
    said = person.says("urgent", urgent="violence", urgent_strength="maybe")
    assert said.replies == ["ask_safe"]
    assert said.choices == ["safe_yes", "safe_no", "safe_unsure"]
    assert not said.did("alert")
    assert "violence" not in json.dumps(person.state), "what may be the matter is held with the labels, not in the state"
    safe, unsafe = person.copy(), person.copy()
    assert unsafe.taps("safe_no").did("alert") == [{"effect": "alert", "urgent": "violence", "urgent_strength": "sure"}]
    assert safe.taps("safe_yes").did("drop_labels") == [{"effect": "drop_labels", "labels": ["violence"]}]
    assert not safe.known["labels"]


def test_danger_comes_before_a_word_on_who_we_are_while_a_language_is_awaited() -> None:
    person = Person()
    person.says("change_language", language="nl", language_confidence=0.2)
    said = person.says("urgent", urgent="violence", urgent_strength="sure", language="fa", language_confidence=0.99)
    assert said.replies[0] == "safety_line"
    assert "intro" not in said.replies


def test_the_person_may_say_no_to_the_human() -> None:
    person = Person()
    person.says("urgent", urgent="self_harm", urgent_strength="sure")
    said = person.taps("alert_no")
    assert said.did("withdraw_alert")
    assert said.choices


# Rule 2 and 4: short, one question, at most five choices.
@each_language
def test_every_turn_is_short(language: str) -> None:
    """Three sentences; more where danger, consent or who we are must be said whole (rules 1, 6 and 8)."""
    for step in walk(language):
        for message in step.said.messages:
            said = set(step.said.replies)
            most = 5 if message.kind == "safety" else 3
            most += 3 * ("ask_consent" in said) + 2 * ("intro" in said) + ("intro_urgent" in said)
            assert len(re.findall(r"[.!?؟።፧](?=\s|$)", message.text)) <= most, f"{step}: {message.text}"


@each_language
def test_every_turn_fits_three_texts(language: str) -> None:
    """459 characters in GSM-7, 201 else. The consent turn may be longer, the first two messages; names of languages have their letters."""
    for step in walk(language):
        for message in step.said.messages:
            whole = message.text + ("\n" + as_lines(message.choices) if message.choices else "")
            longer = {"intro", "intro_urgent", "ask_consent", "ask_minor", "ask_minor_again"} & set(step.said.replies)
            if "ask_language" not in step.said.replies:
                assert len(smsutil.split(whole).parts) <= (6 if longer else 3), f"{step}: {len(whole)}: {whole}"


@each_language
def test_at_most_five_choices_that_differ(language: str) -> None:
    for step in walk(language):
        for message in step.said.messages:
            labels = [one.label for one in message.choices]
            assert len(labels) <= 5, f"{step}: {labels}"
            assert len(set(labels)) == len(labels), f"{step}: {labels}"
        asked = [one for one in step.said.replies if one.startswith("ask_")]
        assert len(asked) <= 1, f"{step}: {asked}"


def test_what_makes_it_hard_is_not_asked_again_once_said() -> None:
    person = Person(known={"first": False, "goal": "goal_find_work", "strengths": ["cooking"], "drivers": ["family"]})
    assert "childcare" in person.copy().says("greet").choices
    person.known["barriers"] = ["childcare"]
    assert "childcare" not in person.says("greet").choices


def test_what_was_said_with_a_question_gets_its_sentence_later() -> None:
    person = Person(known={"first": False, "goal": "goal_find_work"})
    person.says("greet")
    assert person.says("ask_cost", barriers=["health", "benefit_fear"]).replies == ["cost", "ask_why_again"]
    assert person.says("tell_situation").replies[:2] == ["barrier_health", "helps"]
    assert person.says("tell_situation").replies[0] == "barrier_benefit_fear"


# Rule 5: a person is one word away.
@each_language
def test_a_person_is_one_word_away_in_every_state(language: str) -> None:
    for step in saying(language, "ask_human"):
        assert {"ask_consent", "ask_meanwhile"} & set(step.said.replies), step


@pytest.mark.parametrize(
    ("word", "reply"),
    [("change_language", "ask_language"), ("stop_asked", "ask_stop"), ("forget_me", "ask_forget")],
)
@each_language
def test_these_words_work_in_every_state(language: str, word: str, reply: str) -> None:
    done = {"ask_stop": "stopped", "ask_forget": "forgotten"}  # said twice it is done
    for step in saying(language, word):
        assert {reply, done.get(reply)} & set(step.said.replies), step


# Rule 6: honest.
@each_language
def test_the_first_turn_says_who_this_is(language: str) -> None:
    for step in walk(language):
        if step.before.known["first"]:
            assert {"intro", "intro_urgent"} & set(step.said.replies), step
            assert "AI" in step.said.text, step
            assert step.before.known["facts"]["public_name"] in step.said.text, step


def test_who_are_you_is_answered_in_full() -> None:
    said = Person(known={"first": False}).says("ask_who")
    facts = Person().known["facts"]
    for part in (facts["full_name"], facts["controller"], facts["privacy_page"], "gratis", "sms"):
        assert part in said.text


# Rule 7: nothing is kept of a child, nothing sensitive in the state.
@each_language
def test_nothing_is_kept_of_a_child(language: str) -> None:
    for step in walk(language):
        if step.before.known["minor"] and step.after.known["minor"]:
            assert not step.said.did("keep_labels"), step
            assert not step.after.known["labels"], step


def test_a_child_is_met_kindly() -> None:
    said = Person().says("tell_situation", about=["minor", "on_behalf"], barriers=["debts"])
    assert said.did("minor")
    assert not said.did("keep_labels")
    assert "0800-0432" in said.text
    assert "minor_person" in said.choices


@each_language
def test_the_state_holds_nothing_sensitive(language: str) -> None:
    hidden = {one for kind in ("barrier", "urgent") for one in labels_of(kind) if is_sensitive(one)}
    for step in walk(language):
        held = set(re.findall(r"[a-z_]+", json.dumps(step.after.state)))
        assert not held & hidden, f"{step}: {held & hidden}"


# Rule 8: the person decides.
@each_language
def test_nothing_goes_to_a_human_without_a_yes(language: str) -> None:
    for step in walk(language):
        for effect in ("open_case", "want_media"):
            if step.said.did(effect):
                asked = step.before.state.get("asked")
                yes = set(step.options) & YES or (step.did in ("say affirm", "say deny") and asked in ANSWERED)
                assert yes, f"{step}: {effect}"


@each_language
def test_a_yes_follows_the_consent_turn(language: str) -> None:
    for step in walk(language):
        if {"share_this", "share_all"} & set(step.options):
            assert step.before.state["asked"] == "consent", step
            for effect in step.said.did("open_case"):
                unsaid = [one for one in effect["labels"] if not may_read_back(one)]
                assert not unsaid, f"{step}: passed on and never said back: {unsaid}"


@each_language
def test_what_hurts_is_never_said_back(language: str) -> None:
    named_labels = set(texts(language)["labels"])
    assert not [one for one in named_labels if one in labels_of("barrier") and not may_read_back(one)]


def test_the_consent_turn_says_what_to_whom_and_how_long() -> None:
    known = {"first": False, "goal": "goal_find_work", "strengths": ["cooking"], "barriers": ["debts", "shame", "language"]}
    said = Person(known=known).says("ask_human")
    for part in ("werk vinden", "koken", "het Nederlands", "schulden", "een adviseur", "1 jaar", Person().known["facts"]["controller"]):
        assert part in said.text
    assert "scham" not in said.text
    assert said.choices == ["share_this", "share_all", "take_out", "wish", "share_no"]


def test_a_wish_is_heard_before_the_yes() -> None:
    person = Person(known={"first": False, "goal": "goal_find_work"})
    person.says("ask_human")
    person.taps("wish")
    again = person.taps("wish_woman", "wish_outside")
    assert "een vrouw en iemand van buiten uw buurt" in again.text
    assert person.taps("share_this").did("open_case")[0]["wishes"] == ["wish_woman", "wish_outside"]


def test_a_line_taken_out_is_not_passed_on() -> None:
    known = {"first": False, "goal": "goal_find_work", "strengths": ["cooking"], "barriers": ["debts", "language"]}
    person = Person(known=known)
    person.says("ask_human")
    assert person.taps("take_out").choices == ["out_goal", "out_strengths", "out_barriers", "out_personal", "out_nothing"]
    again = person.taps("out_personal")
    assert "schulden" not in again.text
    assert "share_all" not in again.choices
    opened = person.taps("share_this").did("open_case")[0]
    assert opened["labels"] == ["goal_find_work", "cooking", "language"]
    assert opened["scope"] == "this"
    assert "consent_personal" not in opened["lines"]
    assert "ask_consent" in opened["lines"]


def test_no_is_warm_and_later_no_is_possible() -> None:
    person = Person(known={"first": False})
    person.says("ask_human")
    assert person.copy().taps("share_no").choices
    person.taps("share_this")
    said = person.taps("take_back")
    assert said.did("withdraw_consent")
    assert said.choices


def test_tell_nobody_is_heard() -> None:
    person = Person(known={"first": False, "goal": "goal_find_work"})
    said = person.says("keep_private", barriers=["family_against"])
    assert not said.did("keep_labels")
    assert not said.did("open_case")
    assert "Wissen" in said.text
    assert said.choices


# Rule 9: never a dead end, never silence.
@each_language
def test_everything_is_answered_and_leads_on(language: str) -> None:
    for step in walk(language):
        assert step.said.text.strip(), f"{step}: silence"
        assert step.said.choices or ENDS & set(step.said.replies), f"{step}: a dead end after {step.said.replies}"


def test_not_understood_is_said_in_other_words_then_a_person_then_the_simplest_question() -> None:
    person = Person()
    person.says("greet")
    once = person.says("unclear")
    assert once.replies == ["not_understood", "ask_goal_again"]
    assert len(once.choices) == 3
    assert "MENS" in once.text
    twice = person.says("unclear")
    assert twice.choices == ["ask_human", "ask_call", "fit_later", "stay_here"]
    after_no = person.says("deny")
    assert after_no.replies == ["i_stay", "ask_simplest"]
    assert after_no.choices[:3] == [
        "goal_find_work",
        "goal_help_child",
        "goal_paperwork",
    ]


@pytest.mark.parametrize("kind", ["voice", "photo", "video", "document", "location", "contact", "sticker"])
def test_what_cannot_be_read_may_be_passed_on(kind: str) -> None:
    person = Person()
    said = person.sends(kind)
    assert "ask_media" in said.replies
    assert not said.did("want_media")
    assert person.copy().taps("media_yes").did("want_media")
    assert not person.taps("media_no").did("want_media")


@pytest.mark.parametrize(("language", "words"), [("es", "español"), ("ru", "по-русски"), ("tr", "Türkçe"), ("hi", "हिंदी")])
def test_a_language_that_is_not_ours_gets_a_line_in_it(language: str, words: str) -> None:
    person = Person(known={"hint": None, "languages": ["nl", "en", "ar"]})
    said = person.says("unclear", text="algunas palabras que nadie conoce", language=language, language_confidence=0.95)
    assert words in said.text
    assert "interpreter_yes" in said.choices
    opened = person.taps("interpreter_yes").did("open_case")[0]
    assert opened["wishes"] == ["wish_interpreter"]
    assert opened["labels"] == []


# Rule 11: the past counts, but is not said aloud.
@pytest.mark.parametrize(
    "intent", ["greet", "tell_situation", "goal_help_child", "affirm", "deny", "unclear", "ask_explain", "ask_peer", "out_of_scope"]
)
def test_somebody_who_returns_hears_nothing_of_before(intent: str) -> None:
    person = _known_well()
    person.known["returning"] = True
    said = person.says(intent)
    assert said.choices == ["go_on", "something_new", "somebody_else"]
    assert not _content(person, said)


@pytest.mark.parametrize("intent", ["ask_who", "ask_privacy", "ask_cost", "ask_human", "keep_private", "other_person", "thank", "goodbye"])
def test_what_is_asked_on_return_shows_nothing_either(intent: str) -> None:
    person = _known_well()
    person.known["returning"] = True
    assert not _content(person, person.says(intent))


def test_somebody_else_meets_us_anew() -> None:
    person = _known_well()
    person.known["returning"] = True
    person.says("greet")
    said = person.taps("somebody_else")
    assert said.did("new_acquaintance")
    assert said.replies == ["intro", "ask_goal"]
    assert not person.known["labels"]
    assert set(person.state) <= {"language", "asked", "done"}


def test_who_goes_on_is_where_they_stopped() -> None:
    person = _known_well()
    person.known["returning"] = True
    person.says("greet")
    assert person.taps("go_on").replies == ["ask_fits"]


@pytest.mark.parametrize("timer", ["check_in", "how_was_it", "ask_again"])
def test_messages_we_start_name_no_topic(timer: str) -> None:
    person = _known_well()
    said = person.happens("timer", timer=timer, args={})
    assert "its_us" in said.replies
    assert not _content(person, said)
    assert "somebody_else" in said.choices


def _known_well() -> Person:
    person = Person(known={"first": False})
    person.says("greet")
    for act in (("goal_find_work",), ("family",), ("cooking",), ("childcare", "transport")):
        person.taps(*act)
    person.says("tell_situation", barriers=["debts"])
    return person


def _content(person: Person, said: Said) -> list[str]:
    """What of this person's is named in a text or a choice."""
    held = [person.known["goal"], *person.known["barriers"], *person.known["drivers"], *person.known["strengths"]]
    labels: list[Choice] = [one for message in said.messages for one in message.choices]
    return [one for one in held if named("nl", one) in said.text or one in {choice.id for choice in labels}]


# Rule 12: stop is stop; wiping is asked back once.
def test_stop_in_a_sentence_is_asked_back_once() -> None:
    person = Person(known={"first": False})
    asked = person.says("stop")
    assert not asked.did("stop")
    assert asked.choices == ["stop_yes", "stop_no"]
    assert asked.messages[0].kind == "notice"
    done = person.copy().taps("stop_yes")
    assert done.did("stop")
    assert done.replies == ["stopped"]
    assert person.copy().says("affirm").did("stop")
    assert person.copy().says("stop").did("stop")
    assert not person.taps("stop_no").did("stop")


def test_wiping_is_asked_back_once_and_tells_of_the_phone() -> None:
    person = Person(known={"first": False})
    assert not person.says("forget_me").did("forget")
    said = person.taps("forget_yes")
    assert said.did("forget")
    assert "telefoon" in said.text
    assert set(person.state) <= {"language"}


def test_help_is_a_cry() -> None:
    said = Person().word("help")
    assert "Bent u nu veilig" in said.text
    assert "help_danger" in said.choices
    assert said.messages[-1].kind == "safety"
