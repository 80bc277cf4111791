"""The texts and the talk fit: every choice leads somewhere, every question has its words (bot/gate.py looks at the texts alone)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from actions.answers import HEARD, PICKED
from actions.barriers import USUAL, USUAL_OF
from actions.goals import STRENGTHS, STRENGTHS_OF, WHY, WHY_OF
from actions.road import QUESTIONS
from bot.choices import plain
from bot.labels import is_sensitive, labels_of, languages, may_read_back
from bot.replies import SOURCE, available, texts, turns
from tests.talk.person import actions

actions()  # importing the actions is what fills HEARD, PICKED and QUESTIONS
LANGUAGES = available()


def entries(language: str) -> list[tuple[str, str, str]]:
    """(section, name, text) of all that a person may read."""
    found = texts(language)
    rows = [("replies", name, text) for name, entry in found["replies"].items() for key, text in entry.items() if key in ("text", "sms")]
    rows += [("choices", name, entry["label"]) for name, entry in found["choices"].items()]
    return rows + [("labels", name, entry["text"] if isinstance(entry, dict) else entry) for name, entry in found["labels"].items()]


PUT_BY_US = {"ask_went"}  # by the clock: bot/asks.py hears the answer, not the talk


def test_every_choice_leads_somewhere_and_has_its_words() -> None:
    dynamic = {*WHY, *STRENGTHS, *USUAL, *(one for of in (WHY_OF, STRENGTHS_OF, USUAL_OF) for many in of.values() for one in many)}
    fixed = {one for name, turn in turns().items() if name not in PUT_BY_US for one in turn.get("choices", ())}
    for one in dynamic | fixed:
        assert one in texts(SOURCE)["choices"], f"{one} has no label"
        assert one in PICKED or one in HEARD, f"nothing answers {one}"
    for one in {*PICKED} - labels_of("barrier") - labels_of("strength") - labels_of("driver"):
        assert one in texts(SOURCE)["choices"], f"{one} can be picked and has no label"


def test_every_question_has_its_texts() -> None:
    for name, question in QUESTIONS.items():
        assert f"ask_{name}" in turns()
        assert (f"ask_{name}_again" in turns()) == question.reworded, name
        assert question.menu or turns()[f"ask_{name}"].get("choices"), f"{name} has no choices"


def test_every_barrier_has_its_sentence_and_every_readable_label_its_words() -> None:
    for barrier in labels_of("barrier"):
        assert f"barrier_{barrier}" in turns()
        assert (barrier in texts(SOURCE)["labels"]) == may_read_back(barrier), f"{barrier}: said back, or never"
    for label in (*labels_of("driver"), *labels_of("strength"), *(one for one in labels_of("intent") if one.startswith("goal_"))):
        assert label in texts(SOURCE)["labels"]


def test_no_menu_names_anything_sensitive() -> None:
    fixed = [one for turn in turns().values() for one in turn.get("choices", ())]
    likely = [one for many in (USUAL, *USUAL_OF.values()) for one in many]
    assert not [one for one in (*fixed, *likely) if is_sensitive(one) or not may_read_back(one)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_word_for_an_ambassador_is_never_said(language: str) -> None:
    assert not [name for _, name, text in entries(language) if re.search(r"ambassad|سفير|سفارة", text, re.IGNORECASE)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_that_always_work_are_there(language: str) -> None:
    words: dict[str, Any] = texts(language)["words"]
    for meaning in ("yes", "no", "stop", "start", "person", "language", "delete", "explain", "help", "and"):
        assert words[meaning], f"{language}: no word for {meaning}"
    assert len(words["numbers"]) == 5
    intro = texts(language)["replies"]["intro"]["text"]
    named = [str(word) for meaning in ("person", "language", "stop") for word in words[meaning]]
    found = [word for word in named if plain(word) in plain(intro).split()]
    assert len(found) >= 3, f"{language}: the first turn names a person, another language and stop by words that work"


def test_others_are_met_in_one_line() -> None:
    others = texts("others")
    asked = {"es", "pt", "it", "de", "ru", "ro", "bg", "ur", "hi", "ku", "ps", "bn", "zh", "vi", "am"}
    assert asked | set(languages()) <= set(others)
    assert not {code: line for code, line in others.items() if len(line) > 90 or "\n" in line or "1 = " not in line}
