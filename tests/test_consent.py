"""What may be kept, shown and counted: nothing sensitive without a yes, and nothing of it a day later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import cases, consent, retention
from bot.clock import Clock
from bot.counters import totals
from bot.store import Store
from bot.tables import contacts as people
from bot.tables import conversations, labels, metadata
from tests.people import only_contact, texts, write


def said(store: Store, text: str, *found: dict[str, Any]) -> str:
    """A person writes, and these labels are understood; gives the contact."""
    message = write(store, text)
    contact = only_contact(store)
    with store.begin() as connection:
        consent.keep(connection, store.vault, contact, message, found)
    return contact


def barrier(label: str, source: str = "said", evidence: str = "zijn woorden") -> dict[str, Any]:
    return {"kind": "barrier", "label": label, "source": source, "confirmed": False, "evidence": evidence}


def everything(store: Store) -> str:
    """All tables as text, what is closed opened: what anybody with the key could read."""
    out = []
    with store.begin() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)).all():
                for value in row:
                    try:
                        out.append(str(store.vault.open(value)) if isinstance(value, bytes) else str(value))
                    except ValueError:
                        out.append(repr(value))
    return "\n".join(out)


@pytest.mark.parametrize("label", ["debts", "health", "legal_status", "discrimination"])
def test_a_sensitive_label_without_a_yes_is_nowhere_a_day_later(store: Store, moved: Clock, label: str) -> None:
    contact = said(store, "woorden die het dragen", barrier(label), barrier("childcare"))
    state = {"asked": "why", "said": ["childcare", label], "heard": {label: 1}}
    with store.begin() as connection:
        connection.execute(conversations.update().values(state=store.vault.close_json(state)))
        retention.purge(connection, store.vault)
    assert label in everything(store)
    moved.shift += timedelta(hours=24, minutes=1)
    with store.begin() as connection:
        retention.purge(connection, store.vault)
    left = everything(store)
    assert label not in left
    assert "woorden die het dragen" not in left
    assert "childcare" in left
    assert contact in left


def test_with_a_yes_it_stays(store: Store, moved: Clock) -> None:
    contact = said(store, "ik heb schulden", barrier("debts"))
    with store.begin() as connection:
        cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=["ja"])
    moved.shift += timedelta(days=2)
    with store.begin() as connection:
        retention.purge(connection, store.vault)
        assert [row["label"] for row in consent.visible(connection, contact)] == ["debts"]
    assert texts(store, "in")[0][2] == "ik heb schulden"


def test_only_the_lines_agreed_are_shown(store: Store) -> None:
    contact = said(store, "veel", barrier("debts"), barrier("childcare"), barrier("transport"))
    with store.begin() as connection:
        cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=["childcare"], wording=["oppas"])
        assert [row["label"] for row in consent.visible(connection, contact)] == ["childcare"]


def test_a_later_no_takes_it_back(store: Store) -> None:
    contact = said(store, "oppas", barrier("childcare"))
    with store.begin() as connection:
        cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=["oppas"])
        consent.withdraw(connection, contact, "handover")
        assert consent.visible(connection, contact) == []
        assert not consent.has_yes(connection, contact)


def test_nothing_is_kept_of_a_child(store: Store) -> None:
    write(store, "ik ben 12")
    contact = only_contact(store)
    with store.begin() as connection:
        connection.execute(people.update().values(minor=True))
        consent.keep(connection, store.vault, contact, None, [barrier("childcare")])
        assert connection.execute(select(labels)).all() == []


@pytest.mark.parametrize(
    ("first", "then", "source", "confirmed"),
    [
        ("guessed", "said", "said", False),
        ("said", "guessed", "said", False),
        ("said", "tapped", "tapped", True),
        ("tapped", "guessed", "tapped", True),
    ],
)
def test_a_stronger_source_wins(lite: Store, first: str, then: str, source: str, confirmed: bool) -> None:
    one, two = (barrier("money", which) | {"confirmed": which == "tapped"} for which in (first, then))
    said(lite, "x", one)
    said(lite, "y", two)
    with lite.begin() as connection:
        row = connection.execute(select(labels)).one()
    assert (row.source, row.confirmed) == (source, confirmed)


def test_a_new_goal_replaces_the_old(lite: Store) -> None:
    for goal in ("goal_find_work", "goal_income"):
        said(lite, "x", {"kind": "goal", "label": goal, "source": "tapped", "confirmed": True})
    with lite.begin() as connection:
        assert [row.label for row in connection.execute(select(labels)).all()] == ["goal_income"]


def test_what_is_sensitive_is_counted_only_after_a_yes(store: Store) -> None:
    contact = said(store, "x", barrier("debts"), barrier("transport"))
    with store.begin() as connection:
        assert totals(connection, "barrier") == {"transport": 1}
        cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=["debts"], wording=["geld"])
        assert totals(connection, "barrier") == {"transport": 1, "debts": 1}


def test_what_comes_after_the_yes_is_seen(store: Store) -> None:
    contact = said(store, "x", barrier("transport"))
    with store.begin() as connection:
        cases.open_case(connection, store.vault, contact, to="advisor", scope="story", which=["transport"], wording=["bus"])
    said(store, "en mijn rug", barrier("health"))
    with store.begin() as connection:
        assert {row["label"] for row in consent.visible(connection, contact)} == {"transport", "health"}


def test_an_alert_loses_its_label_a_day_after_its_case_closed(store: Store, moved: Clock) -> None:
    message = write(store, "ik wil niet meer leven")
    contact = only_contact(store)
    assert message is not None
    with store.begin() as connection:
        cases.alert(connection, contact, message, "self_harm", "sure")
        cases.withdraw_alert(connection, contact)
    moved.shift += timedelta(hours=25)
    with store.begin() as connection:
        retention.purge(connection, store.vault)
    left = everything(store)
    assert "self_harm" not in left
    assert "niet meer leven" not in left
