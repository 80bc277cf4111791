"""Browser push to staff (RFC 8030, 8291, 8292): our key pair, their browsers, one knock that holds only its kind."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from pywebpush import WebPusher
from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.audit import note
from bot.clock import now
from bot.messages import SendError
from bot.tables import facts, pushes
from bot.vault import Vault

KEY = "_push_key"
SECONDS = 20.0
LASTS = 4 * 60 * 60  # seconds a push service keeps a knock for a browser that is closed
SIZE = 32  # bytes: every kind is as long as another for who looks on
LONGEST = 1000  # characters of a browser's address
MOST = 10  # browsers of one member of staff


@dataclass(frozen=True)
class Knock:
    """One push to one browser."""

    subscription: dict[str, Any]
    kind: str
    key: str  # ours, private
    sender: str  # mailto: or https:, for the push service's keepers


def key(connection: Connection, vault: Vault) -> str:
    """Our private key, made once: browsers are bound to it, so it may not change."""
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    held = connection.scalar(select(facts.c.value).where(facts.c.name == KEY))
    if held is None:
        made = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value.to_bytes(32, "big")
        row = {"name": KEY, "value": (vault.close(_text(made)) or b"").decode(), "changed_at": now()}
        connection.execute(dialect(facts).values(**row).on_conflict_do_nothing(index_elements=["name"]))
        held = connection.scalar(select(facts.c.value).where(facts.c.name == KEY))
    return vault.open(str(held).encode()) or ""


def public(private: str) -> str:
    """The public half, as a browser wants it."""
    shape = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return _text(Vapid02.from_raw(private.encode()).public_key.public_bytes(*shape))


def subscribe(connection: Connection, vault: Vault, user: str, given: dict[str, Any]) -> None:
    """Keep a browser's address and keys for this member of staff, whoever used the browser before. Raises ValueError."""
    endpoint, keys = _checked(given)
    _forget(connection, vault, endpoint)
    held = connection.scalar(select(func.count()).select_from(pushes).where(pushes.c.user_id == user)) or 0
    if held >= MOST:
        raise ValueError("too many browsers")
    sealed = vault.close_json({"endpoint": endpoint, "keys": keys})
    connection.execute(insert(pushes).values(user_id=user, endpoint_hash=vault.hash(endpoint), subscription=sealed, at=now()))
    note(connection, "push_on", user=user)


def unsubscribe(connection: Connection, vault: Vault, user: str, endpoint: str | None = None) -> None:
    """Forget one of somebody's own browsers, or all (None)."""
    mine = pushes.c.user_id == user
    if endpoint is not None:
        mine &= pushes.c.endpoint_hash.in_(vault.hashes(endpoint))
    if connection.execute(delete(pushes).where(mine)).rowcount:
        note(connection, "push_off", user=user)


def count(connection: Connection, user: str) -> int:
    """How many browsers of somebody are told."""
    return int(connection.scalar(select(func.count()).select_from(pushes).where(pushes.c.user_id == user)) or 0)


async def send(knock: Knock) -> None:
    """Send one knock. Raises SendError; `gone` when the browser is no more."""
    endpoint = str(knock.subscription["endpoint"])
    try:
        body = WebPusher(knock.subscription).encode(json.dumps({"kind": knock.kind}).ljust(SIZE).encode())["body"]
        async with httpx.AsyncClient(timeout=SECONDS, follow_redirects=False) as client:
            answer = await client.post(endpoint, content=body, headers=_headers(knock, endpoint))
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        raise SendError(type(wrong).__name__, retry=True) from None
    if not answer.is_success:
        raise _wrong(answer)


def _headers(knock: Knock, endpoint: str) -> dict[str, str]:
    address = urlsplit(endpoint)
    claims = {"sub": knock.sender, "aud": f"{address.scheme}://{address.netloc}", "exp": int(now().timestamp()) + LASTS}
    signed: dict[str, str] = Vapid02.from_raw(knock.key.encode()).sign(claims)
    return {**signed, "Content-Encoding": "aes128gcm", "TTL": str(LASTS), "Urgency": "high", "Topic": knock.kind}


def _wrong(answer: httpx.Response) -> SendError:
    gone = answer.status_code in (404, 410)
    later = answer.headers.get("retry-after", "")
    passes = answer.status_code == 429 or answer.status_code >= 500
    return SendError(f"push {answer.status_code}", retry=passes, after=float(later) if later.isdecimal() else None, gone=gone)


def _checked(given: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """A browser's address and keys as RFC 8291 has them. Raises ValueError."""
    endpoint, keys = given.get("endpoint"), given.get("keys")
    if not isinstance(endpoint, str) or len(endpoint) > LONGEST or not isinstance(keys, dict):
        raise ValueError("this is no subscription of a browser")
    address = urlsplit(endpoint)
    point, secret = (_bytes(keys.get(name)) for name in ("p256dh", "auth"))
    if address.scheme != "https" or not address.hostname or address.username or len(secret) != 16:
        raise ValueError("this is no subscription of a browser")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)  # ValueError when it is no point of the curve
    return endpoint, {"p256dh": _text(point), "auth": _text(secret)}


def _forget(connection: Connection, vault: Vault, endpoint: str) -> None:
    connection.execute(delete(pushes).where(pushes.c.endpoint_hash.in_(vault.hashes(endpoint))))


def _text(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).rstrip(b"=").decode()


def _bytes(found: object) -> bytes:
    text = str(found).rstrip("=")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
