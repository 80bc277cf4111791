"""Staff who do not read the person's language see in Dutch what we said, and which choice the person meant."""

from __future__ import annotations

import pytest

from bot import asks
from bot.console import phrases
from bot.replies import texts
from tests.console.conftest import House
from tests.people import write


def arabic(house: House) -> str:
    """A case of somebody who writes Arabic, who was asked something by us."""
    case, contact = house.case("مرحبا", language="ar"), house.contact()
    with house.store.begin() as connection:
        options = [("goal_find_work", texts("ar")["choices"]["goal_find_work"]["label"]), ("goal_other", "شيء آخر")]
        asks.ask(connection, house.store.vault, contact, "ask_goal", {}, options)
    return case


def test_our_own_sentences_have_their_dutch_beside_them(house: House) -> None:
    page = house.browser().get(f"/cases/{arabic(house)}").text
    assert texts("nl")["replies"]["ask_goal"]["text"].strip() in page
    assert texts("nl")["choices"]["goal_find_work"]["label"] in page


@pytest.mark.parametrize(
    ("said", "meant"), [("1", "Werk vinden"), ("١", "Werk vinden"), ("إيجاد عمل", "Werk vinden"), ("أريد أن أعمل", None)]
)
def test_an_answer_by_number_or_label_is_told_in_dutch(house: House, said: str, meant: str | None) -> None:
    case = arabic(house)
    write(house.store, said)
    told = house.calls("advisor").get(f"/api/v1/cases/{case}").json()["messages"][-1]
    assert (told["text"], told["dutch"]) == (said, meant)


def test_a_ready_phrase_in_their_language_keeps_its_dutch(house: House) -> None:
    case, calls = arabic(house), house.calls("advisor", "Sara")
    calls.post(f"/api/v1/cases/{case}/reply", json={"phrase": first_phrase()})
    assert calls.get(f"/api/v1/cases/{case}").json()["messages"][-1]["dutch"]


def first_phrase() -> str:
    return next(one.name for one in phrases.offered("ar") if not one.values)


def test_dutch_stays_as_it_is(house: House) -> None:
    case, contact = house.case("hallo"), house.contact()
    with house.store.begin() as connection:
        asks.tell(connection, house.store.vault, contact, "hello")
    told = house.calls("advisor").get(f"/api/v1/cases/{case}").json()["messages"]
    assert {one["dutch"] for one in told} == {None}
