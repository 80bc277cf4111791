"""The gate: every language passes, and each of its rules stops a text that is spoilt, naming file, key and word."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import smsutil  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from actions.barriers import USUAL, USUAL_OF
from actions.goals import STRENGTHS_OF, WHY_OF
from bot.gate import RULES, Language, findings, lists, read
from bot.replies import available, texts
from bot.segments import GSM_7, segments

MENUS = [[*many, "skip"] for of in (WHY_OF, STRENGTHS_OF) for many in of.values()]
MENUS += [[*many, *USUAL, "personal", "skip"] for many in USUAL_OF.values()]


@pytest.mark.parametrize("language", available())
def test_every_language_passes(language: str) -> None:
    assert not [str(one) for one in findings(read(language, MENUS))]


def _reply(name: str, text: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["replies"][name].update(text=text)


def _label(name: str, label: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["choices"][name].update(label=label)


def _word(name: str, word: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["choices"][name].setdefault("words", []).append(word)


def _without(section: str, name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[section].pop(name)


def _more(section: str, name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found[section].update({name: {"text": "x"}})


SAME = "means two choices of one menu"
LONG = "ik wil dat u nu weet dat wij hier heel graag voor u zijn"
SPOILT: list[tuple[str, Callable[[dict[str, Any]], None], str, str, str]] = [
    ("nl", _without("replies", "heard"), "replies.heard", "missing or left over", "missing"),
    ("nl", _more("replies", "heart"), "replies.heart", "missing or left over", "left over"),
    ("nl", _without("words", "stop"), "words.stop", "missing or left over", "missing"),
    ("en", lambda found: found["replies"]["heard"].update(source="00000000"), "replies.heard", "of an older Dutch text", "00000000"),
    ("en", _reply("heard", "Thank you, {name}."), "replies.heard", "placeholders", "{name}"),
    ("nl", _reply("heard", LONG), "replies.heard", "sentence too long", LONG),
    ("nl", _reply("heard", "Wat goed dat je dit zegt."), "replies.heard", "another form of address", "je"),
    ("ar", _reply("heard", "شكرا لك."), "replies.heard", "another form of address", "لك"),
    ("nl", _reply("heard", "U kunt hier een cursus doen."), "replies.heard", "keeps people away", "cursus"),
    ("en", _reply("heard", "A good education."), "replies.heard", "keeps people away", "education"),
    ("nl", _reply("heard", "Dit is een trajectplan."), "replies.heard", "not a common word", "trajectplan"),
    ("ar", _reply("heard", "نعم.\n" * 41), "replies.heard", "too many SMS segments", "4 segments"),
    ("nl", _reply("heard", "Geen financiën nodig."), "replies.heard", "costs a second SMS alphabet", "ë"),
    ("nl", _reply("heard", "Dank u wel 🙏"), "replies.heard", "a picture", "🙏"),
    ("nl", _label("skip", "Dit sla ik nu liever over"), "choices.skip", "label too long for a button", "Dit sla ik nu liever over"),
    ("nl", _label("goal_paperwork", "Werk vinden"), "choices.goal_paperwork", SAME, "werk vinden (also goal_find_work)"),
    ("nl", _word("goal_paperwork", "werk"), "choices.goal_paperwork", SAME, "werk (also goal_find_work)"),
    ("nl", _word("goal_paperwork", "end"), "choices.goal_paperwork", "reserved", "end"),
    ("nl", _word("goal_daily_dutch", "taal"), "choices.goal_daily_dutch", "reserved", "taal"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "spoil", "key", "rule", "word"), SPOILT, ids=[f"{row[0]} {row[3]} {row[4]}"[:60] for row in SPOILT])
def test_a_spoilt_text_is_stopped(language: str, spoil: Callable[[dict[str, Any]], None], key: str, rule: str, word: str) -> None:
    found = copy.deepcopy(texts(language))
    spoil(found)
    wrong = [str(one) for one in findings(Language(language, found, lists(language), read(language, MENUS).menus))]
    assert f"{language}.yml: {key}: {rule}: {word}" in wrong


def test_every_rule_has_its_spoilt_text() -> None:
    assert {*RULES, "missing or left over"} == {row[3] for row in SPOILT}


@given(st.text(alphabet=st.sampled_from([*sorted(GSM_7 - {"\f"}), "ë", "’", "😀", "ኣ"]), max_size=400))
def test_segments_are_counted_as_a_carrier_does(text: str) -> None:
    assert segments(text) == (len(smsutil.split(text).parts) if text else 0)
