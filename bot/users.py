"""Staff: who they are, and the keys that let them in (tokens, sign-in links, a password); sessions: bot/sessions.py."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from bot import matching
from bot.audit import note
from bot.clock import now
from bot.tables import keys, users

ROLES = ("advisor", "ambassador", "coordinator", "outreach")
LINK = timedelta(minutes=15)
PRESENCE = timedelta(minutes=1)  # how often `seen_at` is written
# Who is counted as a human on duty: an urgent message may be promised to them (conversation.md, rule 1).
ON_DUTY_ROLES = ("advisor", "coordinator")
LONGEST_NAME, SHORTEST_PASSWORD = 80, 12
_hasher = PasswordHasher()
# Checked when a name has no password, so that an unknown name takes as long as a known one.
_NOBODY = _hasher.hash(secrets.token_urlsafe(16))


def add_user(
    connection: Connection, name: str, role: str, alias: str | None = None, languages: Iterable[str] = (), *, by: str | None = None
) -> str:
    """Make a staff member; returns the id. Raises ValueError for an unknown role, an empty or a used name.

    by: the staff member who does this; None on the command line (here and below).
    """
    name = " ".join(name.split())
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")
    if not name or len(name) > LONGEST_NAME:
        raise ValueError(f"a name has 1 to {LONGEST_NAME} characters")
    if find(connection, name) is not None:
        raise ValueError("this name is in use")
    row = {"name": name, "role": role, "alias": (alias or "").strip() or None, "languages": list(languages), "created_at": now()}
    user = str(connection.execute(insert(users).values(**row).returning(users.c.id)).scalar_one())
    note(connection, "user_added", user=by, who=user, role=role)
    matching.offer_again(connection, user)
    return user


def find(connection: Connection, name: str) -> Row[Any] | None:
    """The staff member of a name or id, disabled ones too; None when there is none."""
    return connection.execute(select(users).where(or_(users.c.name == name, users.c.id == name))).one_or_none()


def list_users(connection: Connection) -> list[Row[Any]]:
    """All staff by name, those who left last."""
    return list(connection.execute(select(users).order_by(users.c.disabled_at.is_not(None), users.c.name)).all())


def disable(connection: Connection, user: str, *, by: str | None = None) -> None:
    """End somebody's access at once: keys are gone. `user` is a name or id. Raises KeyError."""
    found = find(connection, user)
    if found is None:
        raise KeyError(user)
    connection.execute(update(users).where(users.c.id == found.id).values(disabled_at=now(), password=None, seen_at=None))
    connection.execute(delete(keys).where(keys.c.user_id == found.id, keys.c.kind != "recovery"))  # these open nothing alone
    note(connection, "user_disabled", user=by, who=found.id)
    matching.offer_again(connection, found.id)


def enable(connection: Connection, user: str, *, by: str | None = None) -> None:
    """Let somebody who left in again (by a fresh link). Raises KeyError."""
    found = find(connection, user)
    if found is None:
        raise KeyError(user)
    connection.execute(update(users).where(users.c.id == found.id).values(disabled_at=None))
    note(connection, "user_enabled", user=by, who=found.id)
    matching.offer_again(connection, found.id)


def token(connection: Connection, role: str, name: str | None = None) -> str:
    """A bearer token for the API; makes the staff member when there is none of this name (default: the role)."""
    found = find(connection, name or role)
    if found is None:
        user = add_user(connection, name or role, role)
    elif found.role != role or found.disabled_at is not None:
        raise ValueError(f"{found.name} is {'disabled' if found.disabled_at else found.role}: choose another name")
    else:
        user = found.id
    note(connection, "token_added", who=user)
    return new_key(connection, "token", user, None)


def sign_in_link(connection: Connection, user: str, *, by: str | None = None) -> str:
    """The secret part of a sign-in link (name or id): 15 minutes, spent by its first POST. Raises KeyError."""
    found = find(connection, user)
    if found is None or found.disabled_at is not None:
        raise KeyError(user)
    note(connection, "link_made", user=by, who=found.id)
    return new_key(connection, "link", found.id, LINK)


def link_holder(connection: Connection, secret: str) -> Row[Any] | None:
    """Whose unspent link this is; None when it is spent, old or nobody's."""
    return holder(connection, "link", secret)


def spend_link(connection: Connection, secret: str) -> Row[Any] | None:
    """Spend a link: the first caller gets its staff member, every other None."""
    found = holder(connection, "link", secret)
    if found is None:
        return None
    mine = (keys.c.hash == digest(secret)) & keys.c.spent_at.is_(None)
    return found if connection.execute(update(keys).where(mine).values(spent_at=now())).rowcount else None


def holder(connection: Connection, kind: str, secret: str) -> Row[Any] | None:
    """The staff member of a live key, with a session's `csrf`, `handle` and `used_at`; None when it lets nobody in."""
    live = (keys.c.hash == digest(secret)) & (keys.c.kind == kind) & keys.c.spent_at.is_(None)
    live &= or_(keys.c.expires_at.is_(None), keys.c.expires_at > now())
    query = select(users, keys.c.csrf, keys.c.handle, keys.c.used_at).join(keys, keys.c.user_id == users.c.id)
    return connection.execute(query.where(live, users.c.disabled_at.is_(None))).one_or_none()


def see(connection: Connection, user: Row[Any]) -> None:
    """Note presence, at most once a minute, of those a person may be promised."""
    if user.role in ON_DUTY_ROLES and (user.seen_at is None or now() - user.seen_at > PRESENCE):
        connection.execute(update(users).where(users.c.id == user.id).values(seen_at=now()))


def hashed(password: str) -> str:
    """The argon2 hash of a new password. Takes about 0.1 s: never in a transaction. Raises ValueError when it is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
    return _hasher.hash(password)


def set_password(connection: Connection, user: str, password_hash: str | None) -> None:
    """Set a password by its hash, or take it away (None)."""
    connection.execute(update(users).where(users.c.id == user).values(password=password_hash))
    note(connection, "password_set" if password_hash else "password_removed", user=user)


def password_fits(found: Row[Any] | None, password: str) -> bool:
    """Whether a password is this staff member's. Takes about 0.1 s either way: never on the event loop, never in a transaction."""
    known = found is not None and found.password and found.disabled_at is None
    try:
        return _hasher.verify(found.password if known and found is not None else _NOBODY, password) and bool(known)
    except (Argon2Error, InvalidHashError):
        return False


def new_key(connection: Connection, kind: str, user: str, lasts: timedelta | None, **more: str) -> str:
    """Make a key of a kind (bot/tables.py), `more` for its columns; returns its secret, of which a hash is kept."""
    secret = secrets.token_urlsafe(32)
    expires: datetime | None = now() + lasts if lasts else None
    row = {"hash": digest(secret), "kind": kind, "user_id": user, "created_at": now(), "expires_at": expires, **more}
    connection.execute(insert(keys).values(**row))
    return secret


def digest(secret: str) -> str:
    """What is kept of a key's secret: 32 random bytes cannot be guessed back from a plain hash."""
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
