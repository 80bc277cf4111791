"""Ready phrases: every language has them fresh, with the same places, short and plain."""

from __future__ import annotations

import re

import pytest
import yaml
from smsutil import split  # type: ignore[import-untyped]

from bot.console import phrases
from bot.gate import IN_GSM
from bot.replies import fingerprint

TURNS = yaml.safe_load((phrases.FOLDER / "phrases.yml").read_text(encoding="utf-8"))
LANGUAGES = sorted(path.stem for path in phrases.FOLDER.glob("??.yml"))
DUTCH = yaml.safe_load((phrases.FOLDER / "nl.yml").read_text(encoding="utf-8"))["phrases"]
EXAMPLE = {"name": "Sara", "place": "Brugstraat 4", "day": "2026-11-23", "time": "14:30"}
# Words that may not come from us before the person uses them (conversation.md, rule 3).
THRESHOLD = (
    r"\b(leer|leren|cursus|training|les|lessen|studie|opleiding|carri|ontwikkel|learn|course|lesson|study|education|career)"
    r"|دورة|درس|دراسة|تدريب|تعلم"
)


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
    values = {key: EXAMPLE[kind] for key, kind in (TURNS[name].get("values") or {}).items()}
    text = phrases.render(name, language, "sms", values)
    sentences = [one for one in re.split(r"[.?!؟።፧]\s*", text) if one]
    assert len(sentences) <= 3
    assert all(len(one.split()) <= 12 for one in sentences), text
    assert not re.search(THRESHOLD, text, flags=re.IGNORECASE)
    found = split(text)
    assert found.encoding == "gsm0338" or language not in IN_GSM
    assert len(found.parts) <= 2


WRONG = [
    ("hello", {}),
    ("hello", {"name": " \u202e "}),
    ("hello", {"name": "x" * 41}),
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
