"""A signal put right by a human; and its words kept only with the person's own yes to those words."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import yaml
from sqlalchemy import select, update
from typer.testing import CliRunner

from bot import cases, consent, corrections, counters, effects, retention
from bot import cli as commands
from bot.clock import Clock, now
from bot.labels import labels_of
from bot.scene import Scene
from bot.store import Store
from bot.tables import contacts as people
from bot.tables import labels, messages, suggestions
from tests.people import human, only_contact, texts, turns, write

WORDS = "ik moet steeds bukken van mijn baas Karin"


class Case:
    """A taken case in which the computer understood one thing from the person's words."""

    def __init__(self, store: Store, label: str = "no_time", kind: str = "barrier", words: str = WORDS, channel: str = "whatsapp") -> None:
        self.store, self.channel = store, channel
        message = write(store, words, channel=channel)  # type: ignore[arg-type]
        self.user, self.contact = human(store), only_contact(store)
        found = [{"kind": kind, "label": label, "source": "guessed", "confirmed": False, "evidence": words}]
        with store.begin() as connection:
            consent.keep(connection, store.vault, self.contact, message, found)
            self.id = cases.open_case(connection, store.vault, self.contact, to="advisor", scope="all", which=None, wording=["ja"])
            cases.take(connection, self.id, self.user)
            self.label = str(connection.scalar(select(labels.c.id)))

    def held(self) -> list[tuple[str, str, bool]]:
        with self.store.begin() as connection:
            return [(row["label"], row["source"], row["confirmed"]) for row in consent.visible(connection, self.contact)]

    def counted(self) -> dict[str, int]:
        with self.store.begin() as connection:
            return counters.totals(connection, "barrier")

    def asks(self, instead: str | None = "transport") -> None:
        with self.store.begin() as connection:
            corrections.ask(connection, self.store.vault, self.id, self.user, self.label, instead)
            if instead:
                corrections.change(connection, self.id, self.user, self.label, instead)
            else:
                corrections.remove(connection, self.id, self.user, self.label)

    def says(self, text: str) -> None:
        write(self.store, text, channel=self.channel)  # type: ignore[arg-type]
        worker = turns(self.store)
        while asyncio.run(worker.run_one()):
            pass

    def words(self) -> list[str | None]:
        with self.store.begin() as connection:
            return [self.store.vault.open(one) for one in connection.scalars(select(suggestions.c.words))]


def test_confirmed_changed_and_taken_away(store: Store) -> None:
    case = Case(store)
    counted = case.counted()
    with store.begin() as connection:
        corrections.confirm(connection, case.id, case.user, case.label)
    assert case.held() == [("no_time", "guessed", True)]
    with store.begin() as connection:
        corrections.change(connection, case.id, case.user, case.label, "transport")
    assert case.held() == [("transport", "said", True)]
    with store.begin() as connection:
        row = consent.visible(connection, case.contact)[0]
        assert store.vault.open(row["evidence"]) == WORDS  # the words stay with what was meant
        corrections.remove(connection, case.id, case.user, row["id"])
    assert case.held() == []
    assert case.counted() == counted == {"no_time": 1}


def test_changed_into_what_is_there_already_leaves_one(store: Store) -> None:
    case = Case(store)
    with store.begin() as connection:
        consent.keep(connection, store.vault, case.contact, None, [{"kind": "barrier", "label": "transport", "source": "guessed"}])
        corrections.change(connection, case.id, case.user, case.label, "transport")
    assert case.held() == [("transport", "guessed", True)]


@pytest.mark.parametrize(
    ("kind", "label", "instead"), [("barrier", "no_time", "cooking"), ("barrier", "no_time", "no_time"), ("barrier", "no_time", "")]
)
def test_only_another_of_the_same_kind(lite: Store, kind: str, label: str, instead: str) -> None:
    case = Case(lite, label, kind)
    with pytest.raises(ValueError, match="label"), lite.begin() as connection:
        corrections.change(connection, case.id, case.user, case.label, instead)


def test_every_kind_has_all_its_labels_to_choose_from() -> None:
    for kind in ("strength", "driver", "barrier"):
        assert set(corrections.choices_of(kind)) == labels_of(kind)
    assert "goal_find_work" in corrections.choices_of("goal")


def tapped(case: Case) -> None:
    with case.store.begin() as connection:
        connection.execute(update(labels).values(source="tapped"))


def not_agreed(case: Case) -> None:
    with case.store.begin() as connection:
        connection.execute(update(labels).values(consented=False))


@pytest.mark.parametrize("changed", [tapped, not_agreed])
def test_what_the_person_tapped_or_did_not_share_is_not_touched(lite: Store, changed: Any) -> None:
    case = Case(lite)
    changed(case)
    with pytest.raises(KeyError), lite.begin() as connection:
        corrections.remove(connection, case.id, case.user, case.label)


NAMES = [
    ("ik moet steeds bukken van mijn baas Karin", "ik moet steeds bukken van mijn baas •••"),
    ("Ik bel mevrouw El Amrani op 06 12 34 56 78", "Ik bel mevrouw ••• ••• op •••"),
    ("mail naar a@b.nl", "mail naar •••"),
    ("моя подруга Оксана допомагає", "моя подруга ••• допомагає"),
    ("@health zegt hij", "health zegt hij"),
    ("mijn été à Église", "mijn été à •••"),
    ("ليس عندي وقت", "ليس عندي وقت"),
    ("ግዜ የብለይን", "ግዜ የብለይን"),
]


@pytest.mark.parametrize(("said", "kept"), NAMES)
def test_names_and_numbers_are_masked(said: str, kept: str) -> None:
    assert corrections.without_names(said) == kept


def test_asked_in_those_words_and_kept_after_a_yes(store: Store) -> None:
    case = Case(store)
    case.asks()
    assert case.words() == [None]  # not before the yes
    kind, _, asked = texts(store)[-1]
    assert kind == "notice"
    assert "ik moet steeds bukken van mijn baas •••" in asked
    case.says("ja")
    assert case.words() == ["ik moet steeds bukken van mijn baas •••"]
    assert "bewaren alleen deze zin" in texts(store)[-1][2]
    with store.begin() as connection:
        rows = corrections.agreed(connection, store.vault)
    assert rows == [{"language": "nl", "text": case.words()[0], "intent": "tell_situation", "barriers": ["transport"], "heard": "no_time"}]


@pytest.mark.parametrize("channel", ["whatsapp", "sms", "telegram"])
def test_a_no_keeps_nothing_and_nobody_is_asked_twice(lite: Store, channel: str) -> None:
    case = Case(lite, words="ik moet steeds bukken", channel=channel)
    case.asks("transport")
    assert "bukken" in texts(lite)[-1][2]
    case.says("nee")
    assert case.words() == [None]
    with lite.begin() as connection:
        row = connection.execute(select(suggestions)).one()
        assert (row.label, row.instead, row.agreed_at) == ("", None, None)
        held = consent.visible(connection, case.contact)[0]
        assert corrections.words_to_ask(connection, lite.vault, case.id, held["id"]) is None


def later_no(case: Case) -> None:
    case.says("Toch niet bewaren")


def takes_all_back(case: Case) -> None:
    message = write(case.store, "x")
    with case.store.begin() as connection:
        effects.carry_out(Scene(connection, case.store.vault, case.contact, str(message), "nl"), [{"effect": "withdraw_consent"}])


def is_forgotten(case: Case) -> None:
    with case.store.begin() as connection:
        retention.forget(connection, case.store.vault, case.contact)


def somebody_else(case: Case) -> None:
    message = write(case.store, "x")
    with case.store.begin() as connection:
        effects.carry_out(Scene(connection, case.store.vault, case.contact, str(message), "nl"), [{"effect": "new_acquaintance"}])


def is_silent(case: Case) -> None:
    with case.store.begin() as connection:
        connection.execute(update(people).values(last_in_at=now() - timedelta(days=91)))
        retention.purge(connection, case.store.vault)


@pytest.mark.parametrize("happened", [later_no, takes_all_back, is_forgotten, somebody_else, is_silent])
def test_kept_words_are_erased_by_a_later_no_and_by_forgetting(store: Store, happened: Any) -> None:
    case = Case(store)
    case.asks("transport")
    case.says("ja")
    assert case.words() != [None]
    happened(case)
    assert [one for one in case.words() if one] == []
    with store.begin() as connection:
        assert corrections.agreed(connection, store.vault) == []


def quiet(case: Case, moved: Clock) -> None:
    with case.store.begin() as connection:
        connection.execute(update(people).values(quiet=True))


def child(case: Case, moved: Clock) -> None:
    with case.store.begin() as connection:
        connection.execute(update(people).values(minor=True))


def away(case: Case, moved: Clock) -> None:
    moved.shift = timedelta(hours=25)


def sensitive(case: Case, moved: Clock) -> None:
    with case.store.begin() as connection:
        connection.execute(update(labels).values(label="debts", sensitive=True))


def no_words(case: Case, moved: Clock) -> None:
    with case.store.begin() as connection:
        connection.execute(update(labels).values(evidence=None))


def many_words(case: Case, moved: Clock) -> None:
    with case.store.begin() as connection:
        connection.execute(update(labels).values(evidence=case.store.vault.close("lang " * 60)))


@pytest.mark.parametrize("happened", [quiet, child, away, sensitive, no_words, many_words])
def test_where_asking_could_hurt_or_cannot_be_nothing_is_asked(lite: Store, moved: Clock, happened: Any) -> None:
    case, before = Case(lite), len(texts(lite))
    happened(case, moved)
    with lite.begin() as connection:
        corrections.ask(connection, lite.vault, case.id, case.user, case.label, None)
    assert len(texts(lite)) == before
    assert case.words() == []


def test_a_sensitive_word_instead_is_not_asked_about(lite: Store) -> None:
    case, before = Case(lite), len(texts(lite))
    case.asks("debts")
    assert len(texts(lite)) == before
    assert [label for label, _, _ in case.held()] == ["debts"]


def test_an_answer_of_another_person_does_nothing(lite: Store) -> None:
    case = Case(lite)
    case.asks("transport")
    with lite.begin() as connection:
        key = str(connection.scalar(select(suggestions.c.id)))
    write(lite, "", address="+31600000002", picked=f"keep:{key}:yes")
    worker = turns(lite)
    while asyncio.run(worker.run_one()):
        pass
    assert case.words() == [None]


def test_the_export_says_of_whom_nothing(lite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(lite)
    case.asks(None)
    case.says("ja")
    monkeypatch.setattr("bot.cli_texts.open_store", lambda settings: lite)
    told = CliRunner().invoke(commands.app, ["suggestions", "export"])
    assert told.exit_code == 0, told.output
    assert case.contact not in told.output
    rows = yaml.safe_load(told.output)
    assert rows == [{"text": rows[0]["text"], "language": "nl", "intent": "tell_situation", "barriers": [], "heard": "no_time"}]
    assert "bukken" in rows[0]["text"]


def test_the_question_is_erased_with_the_talk(lite: Store) -> None:
    """Until the yes the words stand in the question alone, and go with it."""
    case = Case(lite)
    case.asks("transport")
    with lite.begin() as connection:
        connection.execute(update(messages).values(body=None))
    case.says("ja")
    assert case.words() == [None]
