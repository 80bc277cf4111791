"""Who is on a case beside its owner (bot/bridge.py brings them there): what lists, the story and a reply look at."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, exists, func, select

from bot.tables import cases, joined, users


def of(connection: Connection, case: str) -> list[Row[Any]]:
    """Who is on a case beside its owner, or asked to be: user_id, name, alias, role, how, status."""
    query = select(joined, users.c.name, users.c.alias, users.c.role)
    query = query.join(users, users.c.id == joined.c.user_id).join(cases, cases.c.id == joined.c.case_id)
    others = cases.c.owner_id.is_(None) | (cases.c.owner_id != joined.c.user_id)
    here = (joined.c.case_id == case) & joined.c.status.in_(("asked", "agreed")) & others
    return list(connection.execute(query.where(here).order_by(joined.c.at)).all())


def with_them() -> ScalarSelect[Any]:
    """For a query of cases: the ids of who joined, with commas; see `is_with`."""
    here = _here() & (joined.c.case_id == cases.c.id)
    return select(func.aggregate_strings(joined.c.user_id, ",")).where(here).correlate(cases).scalar_subquery()


def is_with(user: str, row: Row[Any]) -> bool:
    """Whether somebody joined an open case, of a row with `with_them`."""
    return row.status != "closed" and user in (row.with_them or "").split(",")


def cases_of(user: str) -> Select[Any]:
    """The ids of the cases somebody joined."""
    return select(joined.c.case_id).where(_here(), joined.c.user_id == user)


def writes_along(connection: Connection, case: str, user: str) -> bool:
    """Whether somebody may write on a case that is not theirs."""
    return bool(connection.scalar(select(exists().where(_here(), joined.c.case_id == case, joined.c.user_id == user))))


def signed(connection: Connection, case: Row[Any], user: str, body: dict[str, Any]) -> dict[str, Any]:
    """A message as it goes out: where more humans write, its first line says who this is, by the name or alias people see."""
    beside = {one.user_id for one in of(connection, case.id) if one.status == "agreed"}
    if not body.get("text") or len({case.owner_id, user, *beside} - {None}) < 2:
        return body
    row = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == user)).one()
    return {**body, "text": f"{row.alias or row.name}:\n{body['text']}"}


def _here() -> ColumnElement[bool]:
    return joined.c.status == "agreed"
