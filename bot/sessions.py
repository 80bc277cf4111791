"""Sessions: where a member of staff is signed in, from the first step of the door to its end."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from bot.audit import note
from bot.clock import now
from bot.tables import keys, new_id
from bot.users import digest, holder, new_key

LASTS, HALF = timedelta(hours=12), timedelta(minutes=5)
USED = timedelta(minutes=1)  # how often `used_at` is written


def half_open(connection: Connection, user: str) -> str:
    """The first of two steps is done; the secret says who may try the second, for five minutes."""
    return new_key(connection, "half", user, HALF)


def half_holder(connection: Connection, secret: str) -> Row[Any] | None:
    """Who is between the two steps; None when that was too long ago."""
    return holder(connection, "half", secret)


def open_session(connection: Connection, user: str, browser: str = "", *, how: str = "link") -> str:
    """Sign somebody in; returns the cookie's secret. Keys past their time are swept on the way.

    browser: "Firefox/Android" or empty. how: link, password or code (the second step), for the audit.
    """
    connection.execute(delete(keys).where(keys.c.expires_at < now()))
    note(connection, "signed_in", user=user, how=how)
    return new_key(connection, "session", user, LASTS, csrf=secrets.token_urlsafe(32), handle=new_id(), browser=browser)


def close(connection: Connection, secret: str) -> None:
    """End the session, or the half-open one, of a cookie."""
    connection.execute(delete(keys).where(keys.c.hash == digest(secret), keys.c.kind.in_(("session", "half"))))


def use(connection: Connection, secret: str, held: Row[Any]) -> None:
    """Note that a session is in use, at most once a minute. `held`: what `users.holder` gave."""
    if held.used_at is None or now() - held.used_at > USED:
        connection.execute(update(keys).where(keys.c.hash == digest(secret)).values(used_at=now()))


def of(connection: Connection, user: str) -> Sequence[Row[Any]]:
    """Somebody's open sessions, the last used first: `handle, browser, created_at, used_at`."""
    last = func.coalesce(keys.c.used_at, keys.c.created_at)
    fields = (keys.c.handle, keys.c.browser, keys.c.created_at, keys.c.used_at)
    query: Select[Any] = select(*fields).where(_open(), keys.c.user_id == user).order_by(last.desc(), keys.c.handle)
    return connection.execute(query).all()


def counts(connection: Connection) -> dict[str, int]:
    """In how many places each is signed in, by user id."""
    found = connection.execute(select(keys.c.user_id, func.count()).where(_open()).group_by(keys.c.user_id)).all()
    return {row[0]: row[1] for row in found}


def end(connection: Connection, user: str, handle: str) -> bool:
    """End one of somebody's own sessions; False when there is none of this handle."""
    ended = connection.execute(delete(keys).where(_open(), keys.c.user_id == user, keys.c.handle == handle)).rowcount
    if ended:
        note(connection, "session_ended", user=user)
    return bool(ended)


def end_others(connection: Connection, user: str, keep: str) -> None:
    """End all of somebody's own sessions but one."""
    others = (keys.c.user_id == user) & keys.c.kind.in_(("session", "half")) & func.coalesce(keys.c.handle, "").is_distinct_from(keep)
    if connection.execute(delete(keys).where(others)).rowcount:
        note(connection, "session_ended", user=user)


def end_all(connection: Connection, user: str, by: str) -> None:
    """End somebody's sessions everywhere; links and half-open doors too. `by`: the coordinator."""
    connection.execute(delete(keys).where(keys.c.user_id == user, keys.c.kind.in_(("session", "half", "link"))))
    note(connection, "sessions_ended", user=by, who=user)


def _open() -> Any:
    return (keys.c.kind == "session") & (keys.c.expires_at > now())
