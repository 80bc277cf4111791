"""Afterwards, as staff see and set it: check-ins and their first day, a safe time, what was said of a transfer or a close."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from bot import aftercare, cases, facts, feedback
from bot.console.acts import _acting, _morning
from bot.console.desk import Desk, Refused, Staff
from bot.safe_time import ZONE
from bot.vault import Vault


@dataclass(frozen=True)
class Word:
    """One answer about a case; `who` is empty for the person."""

    who: str | None
    about: str
    answer: str
    words: str | None


@dataclass(frozen=True)
class After:
    """What the case page shows of afterwards."""

    check_ins: list[dict[str, Any]]  # day, and whether it was asked
    agreed: bool
    first_day: date | None
    safe_hours: list[str] | None  # from and to
    words: list[Word]
    to_say: list[str]  # about what this member of staff is asked: transfer, close
    mine: bool

    @property
    def any(self) -> bool:
        """Whether there is something to see or to do."""
        return bool(self.mine or self.check_ins or self.words or self.to_say)


def shown(connection: Connection, vault: Vault, staff: Staff, row: Row[Any]) -> After:
    """Aftercare of a case for this member of staff."""
    said = feedback.of_case(connection, row.id)
    zone = ZoneInfo(str(facts.mark(connection, "time_zone") or ZONE))
    planned = [{**one, "day": one["at"].astimezone(zone).date()} for one in aftercare.check_ins(connection, row.contact_id)]
    begins = row.first_day.astimezone(zone).date() if row.first_day else None
    words = [
        Word(one.name, one.about, one.answer, vault.open(one.words))
        for one in said
        if one.at and (one.user_id in (None, staff.id) or staff.role == "coordinator")
    ]
    asked = [one.about for one in said if one.user_id == staff.id and one.at is None]
    mine = row.owner_id == staff.id and row.status != "waiting"
    hours = row.safe_hours.split("-") if row.safe_hours else None
    return After(planned, aftercare.agreed(connection, row.contact_id), begins, hours, words, asked, mine)


def to_say(connection: Connection, staff: Staff) -> list[tuple[Row[Any], date]]:
    """Transfers this member of staff may still say a word about, with their day."""
    zone = ZoneInfo(str(facts.mark(connection, "time_zone") or ZONE))
    return [(one, one.asked_at.astimezone(zone).date()) for one in feedback.open_for(connection, staff.id)]


def set_first_day(desk: Desk, staff: Staff, case: str, day: str) -> None:
    """Set or move the first day, or take it away."""
    with _of_mine(desk, staff, case) as (connection, _):
        aftercare.set_first_day(connection, case, staff.id, _morning(connection, day) if day else None)


def set_safe_hours(desk: Desk, staff: Staff, case: str, start: str, end: str) -> None:
    """A safe time, as agreed with the person."""
    with _of_mine(desk, staff, case) as (connection, _):
        try:
            aftercare.set_safe_hours(connection, case, staff.id, start, end)
        except ValueError:
            raise Refused(422, "safe_hours") from None


def drop_safe_hours(desk: Desk, staff: Staff, case: str) -> None:
    """No safe time any more."""
    with _of_mine(desk, staff, case) as (connection, _):
        aftercare.drop_safe_hours(connection, case, staff.id)


def say(desk: Desk, staff: Staff, case: str, about: str, answer: str, words: str) -> None:
    """How a transfer or a case went, by who is asked; the case itself may be a colleague's by now."""
    try:
        with desk.store.begin() as connection:
            feedback.write(connection, desk.store.vault, case, staff.id, about, answer, words)
    except KeyError:
        raise Refused(404, "not_found") from None
    except ValueError:
        raise Refused(422, "invalid") from None


@contextmanager
def _of_mine(desk: Desk, staff: Staff, case: str) -> Iterator[tuple[Connection, Row[Any]]]:
    """A case this member of staff has, or had when it closed."""
    with _acting(desk, staff, case) as (connection, row):
        if row.status == "waiting":
            raise Refused(409, "not_taken")
        if row.owner_id != staff.id:
            raise cases.Taken
        yield connection, row
