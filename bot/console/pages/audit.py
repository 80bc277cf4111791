"""The log: who did what and when, as sentences and as a file; never what was said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from markupsafe import Markup, escape
from sqlalchemy import Row

from bot import audit, users
from bot.console.access import DeskHere, Marked, Session, only
from bot.console.desk import Refused
from bot.console.pages.page import language_of, show
from bot.console.words import listing, say
from bot.reveal import words_of

router = APIRouter()
SHOWN = 100
FILE = {"Content-Disposition": 'attachment; filename="inloop-audit.csv"'}
COLUMNS = ("at", "who", "act", "what", "case")
# What in a line's detail is said in its sentence, with the list of its words. Nothing else of it leaves this page.
TOLD = {"outcome": "outcomes", "reason": "reasons"}


@router.get("/audit")
def page(request: Request, desk: DeskHere, staff: Session, before: str | None = None, who: str = "", act: str = "") -> Response:
    """The newest lines; `before` (a moment) gives older ones, `who` (a staff id) and `act` fewer."""
    only(staff, "coordinator")
    until = None if before is None else _moment(before)
    with desk.store.begin() as connection:
        rows = audit.read(connection, who=who, act=act, before=until, most=SHOWN + 1)
        people = users.list_users(connection)
        written = words_of(connection, desk.store.vault, [row.detail["reveal"] for row in rows if "reveal" in row.detail])
    told = _Told(language_of(request), {one.id: one.name for one in people})
    lines = [(row, told.sentence(row), written.get(row.detail.get("reveal", ""))) for row in rows[:SHOWN]]
    older = rows[SHOWN - 1].at.isoformat() if len(rows) > SHOWN else None
    values: dict[str, Any] = {"lines": lines, "older": older, "people": people, "who": who, "act": act, "nobody": audit.NOBODY}
    return show(request, "audit.html", staff=staff, **values)


@router.post("/audit/export")
def export(request: Request, desk: DeskHere, staff: Marked, who: Annotated[str, Form()] = "", act: Annotated[str, Form()] = "") -> Response:
    """The same lines as a file, all of them; that is noted too."""
    only(staff, "coordinator")
    with desk.store.begin() as connection:
        rows = audit.read(connection, who=who, act=act)
        told = _Told(language_of(request), {one.id: one.name for one in users.list_users(connection)})
        audit.note(connection, "exported", user=staff.id)
    return Response(_file(rows, told), media_type="text/csv; charset=utf-8", headers=FILE)


class _Told:
    """Lines of the audit as sentences, in a language, with the names of staff."""

    def __init__(self, language: str, names: Mapping[str, str]) -> None:
        self.language, self.names = language, names

    def name(self, row: Row[Any]) -> str:
        """Who did it."""
        return row.name or say(self.language, "audit.system")

    def values(self, row: Row[Any]) -> dict[str, str]:
        """What a sentence names: who, about whom, and one word more."""
        unknown = say(self.language, "common.unknown")
        about = self.names.get(str(row.detail.get("who") or row.detail.get("to")), unknown)
        detail = next((listing(self.language, TOLD[key]).get(row.detail[key], unknown) for key in TOLD if key in row.detail), unknown)
        return {"who": self.name(row), "about": about, "detail": detail}

    def plain(self, row: Row[Any]) -> str:
        """The sentence as text."""
        return self._said(row).format_map(self.values(row))

    def sentence(self, row: Row[Any]) -> Markup:
        """The sentence for a page: a name keeps its own direction."""
        names = {key: Markup("<bdi>{}</bdi>").format(value) for key, value in self.values(row).items()}
        return Markup(escape(self._said(row))).format_map(names)

    def _said(self, row: Row[Any]) -> str:
        """An act without a sentence is shown by its id; tests/console/test_audit.py finds those that have none."""
        return str(listing(self.language, "did").get(row.act, "{who}: " + row.act.replace("{", "").replace("}", "")))


def _file(rows: Iterable[Row[Any]], told: _Told) -> bytes:
    """CSV (RFC 4180), marked as UTF-8 for spreadsheets."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(COLUMNS)
    for row in rows:
        write.writerow([row.at.isoformat(), _harmless(told.name(row)), row.act, _harmless(told.plain(row)), row.case_id or ""])
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    """A name that begins like a formula is not run by a spreadsheet."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        raise Refused(422, "invalid") from None
    if found.tzinfo is None:
        raise Refused(422, "invalid")
    return found
