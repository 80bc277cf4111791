"""The second step of signing in: a code from somebody's phone (RFC 6238), or a recovery code."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from bot.audit import note
from bot.clock import now
from bot.tables import factors, keys
from bot.vault import Vault

STEP, DIGITS, SECRET = 30, 6, 20  # seconds, digits, bytes: what every authenticator app takes
DRIFT = 1  # steps a phone's clock may be off, to either side
SETUP = timedelta(minutes=15)  # to scan and type the first code
RECOVERY_CODES, RECOVERY_LETTERS = 10, 12
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no look-alikes


def code(secret: bytes, step: int) -> str:
    """The code of one step of 30 seconds since 1970 (RFC 6238, with RFC 4226, 5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at : at + 4], 'big') & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: bytes, typed: str, at: datetime) -> int | None:
    """The step whose code was typed, now or one to either side; None when it is no code of these."""
    given, current = re.sub(r"[\s-]", "", typed).encode(), int(at.timestamp()) // STEP
    fits = [step for step in range(current - DRIFT, current + DRIFT + 1) if hmac.compare_digest(code(secret, step).encode(), given)]
    return max(fits, default=None)


def address(secret: bytes, name: str, issuer: str) -> str:
    """What the QR code holds (otpauth://, as authenticator apps read it)."""
    label = quote(f"{issuer}:{name}", safe="")
    return f"otpauth://totp/{label}?{urlencode({'secret': spelled(secret), 'issuer': issuer})}"


def spelled(secret: bytes) -> str:
    """The secret in letters, to be typed where nothing can be scanned."""
    return base64.b32encode(secret).decode()


def begin(connection: Connection, vault: Vault, user: str) -> None:
    """A new secret, which counts only after its first right code. Nothing happens when there is one already."""
    if find(connection, user) is None:
        connection.execute(delete(factors).where(factors.c.user_id == user))
        sealed = vault.close_bytes(secrets.token_bytes(SECRET))
        connection.execute(insert(factors).values(user_id=user, secret=sealed, used_step=0, created_at=now()))


def begun(connection: Connection, vault: Vault, user: str) -> bytes | None:
    """The secret somebody is setting up; None when there is none, or it is over a quarter of an hour old."""
    fresh = (factors.c.user_id == user) & factors.c.confirmed_at.is_(None) & (factors.c.created_at > now() - SETUP)
    sealed = connection.scalar(select(factors.c.secret).where(fresh))
    return None if sealed is None else vault.open_bytes(sealed)


def confirm(connection: Connection, vault: Vault, user: str, typed: str) -> list[str] | None:
    """The first right code: from now on one is asked. Gives the recovery codes, to be shown once; None for a wrong code."""
    secret = begun(connection, vault, user)
    step = step_of(secret, typed, now()) if secret else None
    if step is None:
        return None
    mine = (factors.c.user_id == user) & factors.c.confirmed_at.is_(None)
    if not connection.execute(update(factors).where(mine).values(confirmed_at=now(), used_step=step)).rowcount:
        return None
    note(connection, "factor_set", user=user)
    return new_recovery_codes(connection, vault, user)


def find(connection: Connection, user: str) -> Row[Any] | None:
    """Somebody's second step, when it is asked of them; None when it is not."""
    mine = (factors.c.user_id == user) & factors.c.confirmed_at.is_not(None)
    return connection.execute(select(factors).where(mine)).one_or_none()


def holders(connection: Connection) -> set[str]:
    """The ids of all who have a second step."""
    return set(connection.scalars(select(factors.c.user_id).where(factors.c.confirmed_at.is_not(None))))


def accepts(connection: Connection, vault: Vault, user: str, typed: str) -> bool:
    """Whether this is a right code that was not used before; it is used by that. A recovery code does as well."""
    found = find(connection, user)
    if found is None:
        return False
    step = step_of(vault.open_bytes(found.secret), typed, now())
    if step is None:
        return _spend_recovery(connection, vault, user, typed)
    # The database decides, so that the same code sent twice at once lets one in.
    fresh = (factors.c.user_id == user) & (factors.c.used_step < step)
    return connection.execute(update(factors).where(fresh).values(used_step=step)).rowcount == 1


def remove(connection: Connection, user: str, by: str | None) -> None:
    """No code is asked of somebody any more. `by`: who took it away; None on the command line."""
    if connection.execute(delete(factors).where(factors.c.user_id == user)).rowcount:
        note(connection, "factor_dropped" if by == user else "factor_removed", user=by, who=user)
    connection.execute(delete(keys).where(_recovery(user)))


def new_recovery_codes(connection: Connection, vault: Vault, user: str) -> list[str]:
    """Ten codes for a lost phone, each good once; older ones work no more. Only hashes are kept."""
    connection.execute(delete(keys).where(_recovery(user)))
    made = ["".join(secrets.choice(_LETTERS) for _ in range(RECOVERY_LETTERS)) for _ in range(RECOVERY_CODES)]
    rows = [{"hash": vault.hash(_named(user, one)), "kind": "recovery", "user_id": user, "created_at": now()} for one in made]
    connection.execute(insert(keys), rows)
    note(connection, "recovery_made", user=user)
    return ["-".join(re.findall("....", one)) for one in made]


def recovery_left(connection: Connection, user: str) -> int:
    """How many recovery codes still work."""
    return int(connection.scalar(select(func.count()).where(_recovery(user), keys.c.spent_at.is_(None))) or 0)


def _spend_recovery(connection: Connection, vault: Vault, user: str, typed: str) -> bool:
    plain = "".join(char for char in typed.lower() if char.isalnum())
    mine = _recovery(user) & keys.c.hash.in_(vault.hashes(_named(user, plain))) & keys.c.spent_at.is_(None)
    if not connection.execute(update(keys).where(mine).values(spent_at=now())).rowcount:
        return False
    note(connection, "recovery_used", user=user)
    return True


def _recovery(user: str) -> Any:
    return (keys.c.user_id == user) & (keys.c.kind == "recovery")


def _named(user: str, plain: str) -> str:
    """Twelve letters could be guessed back from a plain hash: theirs is keyed, and each person's own."""
    return f"recovery:{user}:{plain}"
