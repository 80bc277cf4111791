"""What staff keep for staff: notes, tags and tasks. Encrypted, by whom, and by role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot import cases, contacts, notes, tags, tasks
from bot.clock import Clock, now
from bot.store import Store
from bot.tables import joined  # fmt: skip
from bot.tables import notes as note_table
from bot.tables import tasks as task_table
from tests.people import human, only_contact, write


def taken(store: Store, name: str = "Sara") -> tuple[str, str]:
    """A case and who has it."""
    write(store, "ik zoek werk")
    user, contact = human(store, name), only_contact(store)
    with store.begin() as connection:
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=["ja"])
        cases.take(connection, case, user)
    return case, user


def note(store: Store, case: str, user: str, text: str, kind: str = "note") -> None:
    with store.begin() as connection:
        notes.write(connection, store.vault, case, user, text, kind)


def reads(store: Store, case: str, user: str, **may: bool) -> list[str]:
    with store.begin() as connection:
        return [one.text for one in notes.read(connection, store.vault, case, user, **{"others": False, "debriefs": False, **may})]


def test_a_note_says_by_whom_and_when_and_lies_encrypted(store: Store) -> None:
    case, sara = taken(store)
    note(store, case, sara, "  belt liever 's avonds ")
    with store.begin() as connection:
        (found,) = notes.read(connection, store.vault, case, sara, others=True, debriefs=False)
        sealed = connection.scalar(select(note_table.c.body))
    assert (found.by, found.text, found.kind) == ("Sara", "belt liever 's avonds", "note")
    assert now() - found.at < timedelta(minutes=1)
    assert b"avonds" not in bytes(sealed or b"")


@pytest.mark.parametrize(("text", "wrong"), [("   ", "empty"), ("x" * (notes.LONGEST + 1), "too_long")])
def test_no_note_without_words(lite: Store, text: str, wrong: str) -> None:
    case, sara = taken(lite)
    with pytest.raises(ValueError, match=wrong):
        note(lite, case, sara, text)


def test_who_reads_whose(store: Store) -> None:
    case, sara = taken(store)
    amir, noor = human(store, "Amir", "ambassador"), human(store, "Noor")
    note(store, case, sara, "van Sara")
    note(store, case, sara, "zwaar voor Sara", "debrief")
    note(store, case, amir, "van Amir")
    assert reads(store, case, amir) == ["van Amir"]
    assert reads(store, case, noor, others=True) == ["van Sara", "van Amir"]
    assert reads(store, case, sara, others=True) == ["van Sara", "zwaar voor Sara", "van Amir"]
    assert reads(store, case, noor, debriefs=True) == ["zwaar voor Sara"]


def test_who_gets_a_case_reads_what_came_with_it(store: Store) -> None:
    case, sara = taken(store)
    amir, noor = human(store, "Amir", "ambassador"), human(store, "Noor", "ambassador")
    note(store, case, sara, "eerder, voor een ander", "transfer")
    note(store, case, sara, "let op de kinderen", "transfer")
    with store.begin() as connection:
        cases.assign(connection, case, sara, amir)
    assert reads(store, case, amir) == ["let op de kinderen"]
    assert reads(store, case, noor) == []


@pytest.mark.parametrize(("text", "held"), [("  Nieuw  In Stad ", "nieuw in stad"), ("kind 2", "kind 2"), ("مساء", "مساء")])
def test_a_tag_is_a_short_word(lite: Store, text: str, held: str) -> None:
    case, sara = taken(lite)
    with lite.begin() as connection:
        tags.put(connection, case, sara, text)
        assert cases.one(connection, case).tags == [held]


@pytest.mark.parametrize("text", ["", "x" * 25, "0612345678", "a@b.nl"])
def test_no_tag_that_is_long_or_a_number(lite: Store, text: str) -> None:
    case, sara = taken(lite)
    with pytest.raises(ValueError, match="tag"), lite.begin() as connection:
        tags.put(connection, case, sara, text)


def test_tags_once_few_and_off(store: Store) -> None:
    case, sara = taken(store)
    with store.begin() as connection:
        for one in ("b", "a", "b", *"cdefgh"):
            tags.put(connection, case, sara, one)
    with pytest.raises(ValueError, match="tags"), store.begin() as connection:
        tags.put(connection, case, sara, "negende")
    with store.begin() as connection:
        for one in ("b", "onbekend"):
            tags.take_off(connection, case, sara, one)
        assert cases.one(connection, case).tags == ["a", *"cdefgh"]


def test_tags_in_use_are_offered_the_usual_first(store: Store) -> None:
    (case, sara), other = taken(store), "+31600000002"
    message = write(store, "hallo", address=other)
    with store.begin() as connection:
        contact = contacts.find(connection, store.vault, "whatsapp", other)
        second = cases.alert(connection, str(contact), str(message), "violence", "maybe")
        for of, tag in ((case, "avond"), (case, "briefje"), (second, "briefje")):
            tags.put(connection, of, sara, tag)
        assert tags.in_use(connection) == ["briefje", "avond"]
        cases.close(connection, store.vault, case, sara, outcome="helped", next_step=None)
        assert tags.in_use(connection) == ["briefje"]


def joins(store: Store, case: str, user: str, **how: Any) -> None:
    row = {"case_id": case, "user_id": user, "how": "bridge", "status": "agreed", "at": now(), **how}
    with store.begin() as connection:
        connection.execute(insert(joined).values(**row))


def add(store: Store, case: str, who: str, text: str = "bel de school", due: str | None = None) -> str:
    with store.begin() as connection:
        return tasks.add(connection, store.vault, case, who, who, text, due)


def to_do(store: Store, user: str, *, others: bool = True) -> list[tuple[str, bool]]:
    with store.begin() as connection:
        return [(one.text, one.overdue) for one in tasks.to_do(connection, store.vault, user, others=others)]


def test_tasks_stand_on_the_first_page_the_most_pressing_on_top(store: Store, moved: Clock) -> None:
    case, sara = taken(store)
    today = now().date()
    add(store, case, sara, "zonder dag")
    add(store, case, sara, "overmorgen", (today + timedelta(days=2)).isoformat())
    first = add(store, case, sara, "morgen", (today + timedelta(days=1)).isoformat())
    assert to_do(store, sara) == [("morgen", False), ("overmorgen", False), ("zonder dag", False)]
    moved.shift = timedelta(days=3)
    assert to_do(store, sara) == [("morgen", True), ("overmorgen", True), ("zonder dag", False)]
    with store.begin() as connection:
        tasks.finish(connection, case, first, sara)
        assert [(one.text, one.done) for one in tasks.of_case(connection, store.vault, case)][-1] == ("morgen", True)
        assert b"morgen" not in b"".join(connection.scalars(select(task_table.c.body)))
    assert to_do(store, sara) == [("overmorgen", True), ("zonder dag", False)]


def test_a_task_goes_with_the_case_and_to_who_joined(store: Store) -> None:
    case, sara = taken(store)
    amir, noor = human(store, "Amir", "ambassador"), human(store, "Noor")
    add(store, case, sara, "van Sara")
    joins(store, case, amir)
    add(store, case, amir, "van Amir")
    assert to_do(store, amir) == [("van Amir", False)]
    with store.begin() as connection:
        cases.assign(connection, case, sara, noor)
    assert {text for text, _ in to_do(store, noor)} == {"van Sara", "van Amir"}
    assert to_do(store, sara) == []
    assert to_do(store, noor, others=False) == []


WRONG = [("", None, "empty"), ("x" * 301, None, "too_long"), ("bel", "morgen", "date")]


@pytest.mark.parametrize(("text", "due", "wrong"), WRONG)
def test_a_task_that_is_none(lite: Store, text: str, due: str | None, wrong: str) -> None:
    case, sara = taken(lite)
    with pytest.raises(ValueError, match=wrong):
        add(lite, case, sara, text, due)


@pytest.mark.parametrize("how", [{}, {"status": "asked"}, {"left_at": now()}])
def test_only_who_works_on_the_case_gets_a_task(lite: Store, how: dict[str, Any]) -> None:
    case, _ = taken(lite)
    noor = human(lite, "Noor")
    if how:
        joins(lite, case, noor, **how)
    with pytest.raises(ValueError, match="wrong_colleague"):
        add(lite, case, noor)


def test_a_task_of_another_case_is_not_finished_here(lite: Store) -> None:
    case, sara = taken(lite)
    task = add(lite, case, sara)
    with pytest.raises(KeyError), lite.begin() as connection:
        tasks.finish(connection, "another", task, sara)


def test_all_of_it_goes_with_the_person(store: Store) -> None:
    case, sara = taken(store)
    note(store, case, sara, "weg")
    add(store, case, sara)
    with store.begin() as connection:
        contacts.erase(connection, cases.one(connection, case).contact_id)
        assert connection.execute(select(note_table)).all() == connection.execute(select(task_table)).all() == []
