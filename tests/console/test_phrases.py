"""Ready phrases: every language has them fresh, with the same places, short and plain."""

from __future__ import annotations

import re

import pytest
import yaml
from smsutil import split  # type: ignore[import-untyped]

from bot.console import phrases
from bot.gate import IN_GSM, lists, words
from bot.replies import fingerprint

TURNS = yaml.safe_load((phrases.FOLDER / "phrases.yml").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.stem for path in phrases.FOLDER.glob("??.yml"))
DUTCH = yaml.safe_load((phrases.FOLDER / "nl.yml").read_text(encoding="utf-8"))["phrases"]
EXAMPLE = {"name": "Sara", "person": "Fatima", "place": "Brugstraat 4", "word": "sleutel", "day": "2026-11-25", "time": "14:30"}
# A child's school is fine (conversation.md, rule 3), and in Tigrinya it has no other name.
CHILDS_SCHOOL = ("child_school", "ti")


def filled(name: str) -> dict[str, str]:
    return {key: EXAMPLE[kind] for key, kind in (TURNS[name].get("values") or {}).items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_phrases_and_none_is_stale(language: str) -> None:
    found = yaml.safe_load((phrases.FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    assert set(found["phrases"]) == set(TURNS)
    assert {"language", "form", "status"} <= set(found)
    for name, entry in found["phrases"].items():
        assert phrases.places(entry["text"]) == set((TURNS[name] or {}).get("values", {})), name
        if language != "nl":
            assert entry["source"] == fingerprint(DUTCH[name]), f"{language}: {name} was written from another Dutch text"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", TURNS)
def test_a_phrase_is_short_plain_and_cheap(language: str, name: str) -> None:
    text = phrases.render(name, language, "sms", filled(name))
    sentences = [one for one in re.split(r"[.?!؟።፧]\s*", text) if one]
    assert len(sentences) <= 3
    assert all(len(one.split()) <= 12 for one in sentences), text
    found = split(text)
    assert found.encoding == "gsm0338" or language not in IN_GSM
    assert len(found.parts) <= 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_says_what_keeps_people_away_or_leaves_the_form_of_address(language: str) -> None:
    starts, other = lists(language)["keeps_away"], set(lists(language)["other_forms"])
    for name in TURNS:
        for word in words(phrases.render(name, language, "sms", filled(name))):
            away = any(word == start or (len(start) > 3 and word.startswith(start)) for start in starts)
            assert not away or (name, language) == CHILDS_SCHOOL, f"{name}: {word}"
            assert word not in other, f"{name}: {word}"


def test_sixty_phrases_and_more_stand_together_by_topic() -> None:
    topics = [turn["topic"] for turn in TURNS.values()]
    assert len(topics) >= 60
    assert len([topic for topic, before in zip(topics, ["", *topics], strict=False) if topic != before]) == len(set(topics))
    assert [phrase.name for many in phrases.by_topic("ar").values() for phrase in many] == list(TURNS)


SAID = [
    ("nl", "Ik bel u op woensdag 25 november om 14:30."),
    ("en", "I will call you on Wednesday 25 November at 14:30."),
    ("tr", "Sizi arayacağım: 25 Kasım Çarşamba, saat 14:30."),
    ("fr", "Je vous appelle mercredi 25 novembre à 14 h 30."),
    ("uk", "Я вам подзвоню: середа 25 листопада, о 14:30."),
    ("pl", "Zadzwonię do Ciebie: środa 25 listopada, godzina 14:30."),
    ("ar", "سأتصل بكم يوم الأربعاء 25 نوفمبر الساعة \u206614:30\u2069."),
]


@pytest.mark.parametrize(("language", "said"), SAID)
def test_a_day_and_a_time_are_said_as_the_language_does(language: str, said: str) -> None:
    assert phrases.render("call_at", language, "whatsapp", filled("call_at")) == said


WRONG = [
    ("hello", {}),
    ("hello", {"name": " \u202e "}),
    ("hello", {"name": "x" * 41}),
    ("code_word", {"word": "x" * 25}),
    ("appointment", {"day": "2026-11-23", "time": "half drie", "place": "hier"}),
    ("appointment", {"day": "23-11-2026", "time": "14:30", "place": "hier"}),
]


@pytest.mark.parametrize(("name", "values"), WRONG)
def test_a_missing_or_wrong_value_is_refused(name: str, values: dict[str, str]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kind of value is all it says
        phrases.render(name, "nl", "sms", values)


@pytest.mark.parametrize("language", ["../nl", "xx"])
def test_a_language_without_phrases_offers_none(language: str) -> None:
    assert phrases.offered(language) == []
    with pytest.raises(KeyError):
        phrases.render("hello", language, "sms", {"name": "Sara"})


def test_a_value_is_only_words() -> None:
    assert "{day} <b>" in phrases.render("hello", "nl", "telegram", {"name": "{day} <b>"})
