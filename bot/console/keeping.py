"""What staff keep on a case: notes, tags, tasks, signals put right, a receipt, opening again; who may, with a plain refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Row

from bot import corrections, formal, notes, outcome, tags, tasks
from bot.console import story
from bot.console.acts import _acting
from bot.console.desk import Desk, Refused, Staff
from bot.console.glance import works_on


def write_note(desk: Desk, staff: Staff, case: str, text: str) -> None:
    """Keep a note for colleagues."""
    with _reading(desk, staff, case) as (connection, _):
        notes.write(connection, desk.store.vault, case, staff.id, text)


def put_tag(desk: Desk, staff: Staff, case: str, tag: str) -> None:
    """Put a short word on the case."""
    with _reading(desk, staff, case) as (connection, _):
        tags.put(connection, case, staff.id, tag)


def take_tag_off(desk: Desk, staff: Staff, case: str, tag: str) -> None:
    """Take a word off the case."""
    with _reading(desk, staff, case) as (connection, _):
        tags.take_off(connection, case, staff.id, tag)


def add_task(desk: Desk, staff: Staff, case: str, who: str, text: str, due: str) -> None:
    """Somebody who works on this case does something by a day."""
    with _working(desk, staff, case) as (connection, _):
        tasks.add(connection, desk.store.vault, case, staff.id, who, text, due or None)


def finish_task(desk: Desk, staff: Staff, case: str, task: str) -> None:
    """It is done."""
    with _working(desk, staff, case) as (connection, _):
        tasks.finish(connection, case, task, staff.id)


def correct(desk: Desk, staff: Staff, case: str, label: str, how: str, instead: str, *, keep: bool) -> None:
    """Confirm, remove or change a signal; `keep`: ask the person whether the words may be kept."""
    with _working(desk, staff, case) as (connection, row):
        if row.status != "taken":
            raise Refused(409, "closed" if row.status == "closed" else "not_taken")
        if how == "confirm":
            return corrections.confirm(connection, case, staff.id, label)
        if how == "change" and not instead:
            raise ValueError("label")
        if keep:
            corrections.ask(connection, desk.store.vault, case, staff.id, label, instead if how == "change" else None)
        if how == "change":
            corrections.change(connection, case, staff.id, label, instead)
        else:
            corrections.remove(connection, case, staff.id, label)


def receive(desk: Desk, staff: Staff, case: str) -> None:
    """Send the receipt of a formal message; takes a waiting case."""
    with _reading(desk, staff, case) as (connection, row):
        found = story.talk(connection, desk.store.vault, row, "")
        if formal.TAG not in row.tags and not any(one.formal for one in found):
            raise Refused(404, "not_found")
        formal.receipt(connection, desk.store.vault, case, staff.id)


def reopen(desk: Desk, staff: Staff, case: str) -> None:
    """Take a closed case up again: its human, or a coordinator."""
    with _acting(desk, staff, case) as (connection, row):
        if row.owner_id != staff.id and staff.role != "coordinator":
            raise Refused(403, "not_yours")
        try:
            outcome.reopen(connection, case, staff.id)
        except outcome.CannotReopen as wrong:
            raise Refused(409, wrong.reason) from None


@contextmanager
def _reading(desk: Desk, staff: Staff, case: str) -> Iterator[tuple[Connection, Row[Any]]]:
    """A locked case whose words this member of staff may read; what is wrong becomes a sentence."""
    with _acting(desk, staff, case) as (connection, row):
        story.may_see(staff, row)
        if not story.reads(staff, row):
            raise Refused(403, "forbidden")
        try:
            yield connection, row
        except ValueError as wrong:
            raise Refused(422, str(wrong)) from None
        except KeyError:
            raise Refused(404, "not_found") from None


@contextmanager
def _working(desk: Desk, staff: Staff, case: str) -> Iterator[tuple[Connection, Row[Any]]]:
    """The same, for who has the case or joined it."""
    with _reading(desk, staff, case) as (connection, row):
        if not works_on(connection, staff, row):
            raise Refused(409, "not_taken" if row.owner_id is None else "taken")
        yield connection, row
