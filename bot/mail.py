"""E-mail to staff: whose address is whose, proven by a link, and one message by SMTP."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from sqlalchemy import Connection, select, update

from bot.audit import note
from bot.clock import now
from bot.messages import SendError
from bot.settings import Settings, is_loopback
from bot.tables import users
from bot.vault import Vault

SECONDS = 20.0  # one message, or one look of `inloop doctor`
PROOF = timedelta(hours=1)  # a link proves an address this long
LONGEST = 254  # characters of an address (RFC 5321)
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\"]+")


@dataclass(frozen=True)
class Letter:
    """One message to one member of staff; `id` makes a second copy of it known as such."""

    id: str
    to: str
    subject: str
    text: str


def proof(vault: Vault, user: str, address: str) -> str:
    """What a link to an address holds: who reads mail there may say it is theirs. Raises ValueError for no address."""
    found = address.strip()
    if len(found) > LONGEST or not _ADDRESS.fullmatch(found):
        raise ValueError("this is no e-mail address")
    return vault.close_json({"user": user, "email": found, "until": (now() + PROOF).isoformat()}).decode()


def proven(vault: Vault, user: str, secret: str) -> str | None:
    """The address a link proves for this member of staff; None when it is old, broken or somebody else's."""
    try:
        held: dict[str, Any] = vault.open_json(secret.encode())
        fits = held["user"] == user and datetime.fromisoformat(held["until"]) > now()
    except (ValueError, KeyError, TypeError):
        return None
    return str(held["email"]) if fits else None


def set_address(connection: Connection, vault: Vault, user: str, address: str | None) -> bool:
    """Keep somebody's own address and mail them, or forget it (None); False when a colleague has it."""
    if address is None:
        connection.execute(update(users).where(users.c.id == user).values(email=None, email_hash=None, mails=False))
        note(connection, "email_removed", user=user)
        return True
    hashes = vault.hashes(address.casefold())
    if connection.scalar(select(users.c.id).where(users.c.email_hash.in_(hashes), users.c.id != user).limit(1)):
        return False
    values = {"email": vault.close(address), "email_hash": hashes[0], "mails": True}
    connection.execute(update(users).where(users.c.id == user).values(**values))
    note(connection, "email_set", user=user)
    return True


async def send(settings: Settings, letter: Letter) -> None:
    """Send one message. Raises SendError, without the address or the words."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.mail_from, letter.to, letter.subject
    message["Date"] = format_datetime(now())
    message["Message-ID"] = f"<{letter.id}@{settings.mail_from.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    try:
        await aiosmtplib.send(message, **_server(settings))
    except (SMTPException, OSError, ssl.SSLError) as wrong:
        raise _wrong(wrong) from None


async def reach(settings: Settings) -> None:
    """Sign in to the mail server and leave again, in order also when it says no (`inloop doctor`). Raises SendError."""
    told = _server(settings)
    account = [told.pop(name) for name in ("username", "password") if name in told]
    try:
        async with aiosmtplib.SMTP(**told) as server:
            await (server.login(*account) if account else server.noop())
    except (SMTPException, OSError, ssl.SSLError) as wrong:
        raise _wrong(wrong) from None


def _server(settings: Settings) -> dict[str, Any]:
    """How the server is spoken to: over TLS, save without a password on this very machine."""
    url = urlsplit(settings.smtp_url)
    secret, host = url.scheme == "smtps", url.hostname or "localhost"
    found: dict[str, Any] = {"hostname": host, "port": url.port or (465 if secret else 587), "timeout": SECONDS, "use_tls": secret}
    found["start_tls"] = not secret and not (is_loopback(host) and not url.username)
    if url.username:
        found |= {"username": unquote(url.username), "password": unquote(url.password or "")}
    return found


def _wrong(wrong: Exception) -> SendError:
    """A server's lasting no to this address is not asked again; all else may pass."""
    if isinstance(wrong, SMTPRecipientsRefused):
        wrong = wrong.recipients[0]
    if isinstance(wrong, SMTPResponseException):
        return SendError(f"smtp {wrong.code}", retry=wrong.code < 500 or wrong.code in (530, 534, 535, 538))
    return SendError(type(wrong).__name__, retry=True)
