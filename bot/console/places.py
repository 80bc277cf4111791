"""Sites as staff see them: code, links, and how often they were used, when that can point at nobody."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot import counters, sites
from bot.audit import note
from bot.console.desk import Desk, Refused, Staff
from bot.console.shapes import Site, Sites
from bot.inbox import clean


def page(desk: Desk, staff: Staff, cursor: str | None, size: int) -> Sites:
    """A page of sites, newest first: all for a coordinator, else one's own."""
    found = every(desk, staff)
    ids = [site.id for site in found]
    if cursor is not None and cursor not in ids:
        raise Refused(422, "invalid")
    start = 0 if cursor is None else ids.index(cursor) + 1
    shown = found[start : start + size]
    return Sites(items=shown, next=shown[-1].id if len(found) > start + size else None)


def every(desk: Desk, staff: Staff) -> list[Site]:
    """All sites this member of staff sees."""
    with desk.store.begin() as connection:
        used = counters.export(connection, "site")
        rows = sites.all_of(connection, None if staff.role == "coordinator" else staff.id)
    return [_site(desk, row, used.get(str(row.code))) for row in rows]


def make(desk: Desk, staff: Staff, name: str, kind: str, language: str | None) -> Site:
    """Make a site. Raises Refused 422 for an empty name or a language this deployment does not have."""
    name, kind = " ".join(clean(name).split()), " ".join(clean(kind).split())
    if not name or not kind or (language is not None and language not in desk.settings.languages):
        raise Refused(422, "invalid")
    with desk.store.begin() as connection:
        row = sites.create(connection, name, kind, language, staff.id)
        note(connection, "site_made", user=staff.id)
    return _site(desk, row, None)


def _site(desk: Desk, row: Row[Any], used: int | None) -> Site:
    links = sites.links(desk.settings, row.code, sites.greeting(row.language))
    fields = {name: getattr(row, name) for name in ("id", "name", "kind", "language", "code", "created_at")}
    return Site(**fields, links=links, used=used)
