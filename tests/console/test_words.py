"""The console's words: the same names in Dutch and English, a word for every label, none that no page uses."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import labels, replies
from bot.console import words
from bot.users import ROLES

ROOT = Path(words.__file__).parent
KINDS = ("driver", "barrier", "strength", "about", "urgent")
# Names put together from parts in templates and code.
COMPOSED = (
    "roles",
    "channels",
    "languages",
    "weekdays",
    "kinds",
    "outcomes",
    "phases",
    "acts",
    "did",
    "reasons",
    "account.code_",
    "glance.answered_",
    "glance.note_kinds",
    "glance.own.",
    "glance.tag_names",
    "labels",
    "errors",
    "done.",
    "nav",
    "notices.kinds.",
    "notices.letter",
    "notices.subject",
    "notices.wrong_",
    "summary",
    "name",
    "sign_in.",
    "directory.",
    "accessibility.parts",
    "case.sent_status",
    "case.media",
    "case.marks",
    "case.mark_values",
    "case.values",
    "case.topics.",
    "case.urgent_tag_",
    "case.urgent_sure_text",
    "case.urgent_maybe_text",
    "case.strengths",
    "case.goal",
    "case.drivers",
    "case.barriers",
    "case.wishes",
    "case.about",
    "case.person",
    "case.bot",
    "case.tapped",
    "case.said",
    "case.guessed",
    "case.stopped",
    "case.gone",
    "case.media_",
    "appointments.status",
    "appointments.today",
    "appointments.tomorrow",
    "appointments.interpreter_",
    "appointments.file_",
    "after.about",
    "after.answers",
    "after.ask_",
    "match.reasons",
    "profile.wrong_",
    "profile.roads",
    "together.agreed",
    "together.asked",
)


# What is on no screen of an ambassador (words.SCREENS): it needs no words in the languages of words.MORE.
NOT_AN_AMBASSADORS = (
    "sites.", "users.", "directory.", "audit.", "accessibility.", "acts.", "did.", "reasons.", "kinds.",
    "nav.sites", "nav.users", "nav.audit", "case.reveal", "case.number", "case.talk_hidden", "after.page",
    "notices.subject", "notices.letter", "notices.proof", "notices.kinds", "notices.is_", "notices.to_account", "notices.wrong_link",
    "errors.name", "errors.name_used", "errors.own_code", "errors.reason", "errors.no_number", "errors.yourself", "errors.place_gone",
    "errors.hours",
)  # fmt: skip


def flat(found: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(value)


def test_dutch_and_english_have_the_same_names_and_places() -> None:
    ours, theirs = (dict(flat(words.texts(code))) for code in words.LANGUAGES)
    assert set(ours) == set(theirs)
    places = {name: [field for _, field, _, _ in string.Formatter().parse(text) if field] for name, text in ours.items()}
    for name, text in theirs.items():
        assert sorted(field for _, field, _, _ in string.Formatter().parse(text) if field) == sorted(places[name]), name


def blanks(text: str) -> list[str]:
    return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)


@pytest.mark.parametrize("language", words.MORE)
def test_an_ambassadors_screens_have_all_their_words(language: str) -> None:
    """One that is missing shows the whole page in Dutch or English: it never mixes."""
    ours, theirs = dict(flat(words.texts("nl"))), dict(flat(words.texts(language)))
    theirs_too = {name for name in ours if not name.startswith(NOT_AN_AMBASSADORS)} | {"users.alias", "users.languages"}
    assert sorted(theirs_too - set(theirs)) == []
    assert sorted(set(theirs) - theirs_too) == []
    assert [name for name in theirs if blanks(theirs[name]) != blanks(ours[name])] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_label_role_phase_and_language_has_its_word(language: str) -> None:
    found = words.texts(language)
    assert set(labels.goals()) | {label for kind in KINDS for label in labels.labels_of(kind)} <= set(found["labels"])
    assert set(found["phases"]) == set(labels.taxonomy()["phases"])
    assert set(found["languages"]) == set(labels.languages())
    assert set(found["roles"]) == set(ROLES)


def test_every_text_is_used_and_every_used_text_exists() -> None:
    files = [*ROOT.rglob("*.html"), *ROOT.rglob("*.py")]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = {name for name, _ in flat(words.texts("nl"))}
    unused = {name for name in names if f'"{name}"' not in source and not name.startswith(COMPOSED)}
    assert unused == set()
    for used in re.findall(r'\bt\("([\w.]+)"', source):
        assert used in names or any(name.startswith(used) for name in names), used


STRETCHES = [
    (timedelta(seconds=20), "minder dan 1 min"),
    (timedelta(minutes=59), "59 min"),
    (timedelta(hours=3, minutes=50), "3 uur"),
    (timedelta(hours=47), "47 uur"),
    (timedelta(days=3), "3 dagen"),
    (timedelta(seconds=-5), "minder dan 1 min"),
]


@pytest.mark.parametrize(("lasts", "said"), STRETCHES)
def test_a_stretch_of_time_is_said_plainly(lasts: timedelta, said: str) -> None:
    assert words.stretch("nl", lasts) == said


def test_staff_see_whether_a_native_speaker_read_our_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words.texts_are("nl", "tr") == "Onze teksten in deze taal: nog niet nagelezen door een moedertaalspreker"
    monkeypatch.setitem(replies.texts("tr"), "reviewed", {"by": "Elif", "on": "2026-11-01"})
    assert words.texts_are("en", "tr") == "Our texts in this language: read by Elif on 2026-11-01"
    assert words.texts_are("en", None) == words.texts_are("en", "es") == ""
