"""The optional translation service: what it gives, what is said when it does not, and that nobody's words are logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot import translation
from bot.replies import available
from bot.translation import NotTranslated, Translator
from tests.libretranslate import LibreTranslate, serving
from tests.people import settings


@pytest.fixture
def libre() -> Iterator[LibreTranslate]:
    with serving(LibreTranslate()) as found:
        yield found


def reason(translator: Translator, text: str = "hallo", source: str = "nl", target: str = "ar") -> str:
    with pytest.raises(NotTranslated) as caught:
        translator.translate(text, source, target)
    return caught.value.reason


def test_a_text_is_translated_with_the_key_that_was_given(libre: LibreTranslate) -> None:
    libre.key, libre.words = "abc", {"Tot dinsdag": "إلى الثلاثاء"}
    assert Translator(libre.url + "/", "abc").translate("Tot dinsdag", "nl", "ar") == "إلى الثلاثاء"
    assert libre.asked == [{"q": "Tot dinsdag", "source": "nl", "target": "ar", "format": "text", "api_key": "abc"}]


def test_the_languages_it_lacks_are_known_before_anything_is_sent(libre: LibreTranslate) -> None:
    translator = Translator(libre.url)
    pairs = translator.pairs()
    assert pairs is not None
    assert [code for code in available() if code != "nl" and code not in pairs["nl"]] == ["so", "ti"]
    assert reason(translator, target="ti") == reason(translator, source="so", target="nl") == "translate_language"
    assert libre.asked == []


WRONG = [
    ("a wrong key", {"key": "right"}, "wrong", "hallo", "translate_key"),
    ("no key", {"key": "right"}, "", "hallo", "translate_key"),
    ("too many", {"busy": True}, "", "hallo", "translate_busy"),
    ("its own limit", {}, "", "a" * 2001, "translate_long"),
    ("ours", {}, "", "a" * 5000, "translate_long"),
    ("a proxy's error", {"broken": True}, "", "hallo", "translate_away"),
    ("slow", {"delay": 1.5}, "", "hallo", "translate_away"),
    ("an empty answer", {"words": {"hallo": " "}}, "", "hallo", "translate_away"),
]


@pytest.mark.parametrize(("_why", "how", "key", "text", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_why_there_is_no_translation(libre: LibreTranslate, _why: str, how: dict[str, object], key: str, text: str, said: str) -> None:
    for name, value in how.items():
        setattr(libre, name, value)
    assert reason(Translator(libre.url, key, timeout=0.7), text) == said


def test_a_language_it_dropped_since_is_said_as_one_it_lacks(libre: LibreTranslate) -> None:
    translator = Translator(libre.url)
    assert translator.pairs()
    libre.codes = ("nl", "en")
    assert reason(translator) == "translate_language"  # 400, "ar is not supported"


def test_nobody_there_is_noticed_quickly_and_asked_again_later() -> None:
    translator = Translator("http://127.0.0.1:1")
    assert translator.pairs() is None
    assert reason(translator) == "translate_away"
    with serving(LibreTranslate()) as libre:
        translator._url = libre.url
        assert translator.pairs() is None  # believed for half a minute: a page does not wait for it each time
        translator._until = 0.0
        assert translator.pairs() is not None


def test_no_word_of_a_person_is_logged(libre: LibreTranslate, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    libre.key = "right"
    assert reason(Translator(libre.url, "wrong-key"), "een geheim") == "translate_key"
    libre.key = ""
    Translator(libre.url, "k").translate("een geheim", "nl", "ar")
    assert "geheim" not in caplog.text
    assert "wrong-key" not in caplog.text


def test_without_the_setting_there_is_no_service() -> None:
    assert translation.service(settings()) is None
    assert translation.wrong_with(settings()) is None


@pytest.mark.parametrize(
    ("how", "key", "word"),
    [
        ({}, "", None),
        ({"key": "right"}, "right", None),
        ({"key": "right"}, "wrong", "INLOOP_TRANSLATE_KEY"),
        ({"codes": ("en", "ar")}, "", "no Dutch"),
        ({"broken": True}, "", "its own logs"),
    ],
)
def test_the_doctor_says_what_is_wrong_and_how_to_mend_it(
    libre: LibreTranslate, how: dict[str, object], key: str, word: str | None
) -> None:
    for name, value in how.items():
        setattr(libre, name, value)
    found = translation.wrong_with(settings(INLOOP_TRANSLATE_URL=libre.url, INLOOP_TRANSLATE_KEY=key))
    assert (found is None) if word is None else (found is not None and word in found)


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("http://127.0.0.1:1", "does not answer"),
        ("http://translate.example.org", "travel open"),
        ("http://translate:1", "does not answer"),
        ("http://10.0.0.5:1", None),
    ],
)
def test_words_travel_open_only_on_ones_own_network(url: str, word: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Translator, "pairs", lambda _self: None)
    found = translation.wrong_with(settings(INLOOP_TRANSLATE_URL=url))
    assert found is not None
    assert (word or "does not answer") in found
