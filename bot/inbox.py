"""Everything that comes in: claimed by its provider id, cleaned, masked and stored, in one transaction, before the 2xx."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot import aftercare, consent, contacts, conversations, sites
from bot.clock import now
from bot.masking import mask
from bot.messages import Incoming
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import media, messages, new_id, received
from bot.vault import Vault

LONGEST = 4096  # characters kept of one message (Telegram's own limit; WhatsApp's is the same)
# Control characters and right-to-left overrides: they can hide what a text says (unicode.org/reports/tr36).
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


def take_in(connection: Connection, vault: Vault, incoming: Incoming) -> str | None:
    """Store a message once; returns its id, or None for one that was already taken in."""
    if not _first_time(connection, vault, f"{incoming.channel}:in:{incoming.provider_id}"):
        return None
    contact = contacts.find_or_create(connection, vault, incoming.channel, incoming.address)
    talk = conversations.lock(connection, contact)
    assert talk is not None
    text, hint = clean(incoming.text), incoming.language_hint
    if talk.phase == "reached":
        text, site_language = sites.arrive(connection, text, incoming.site)
        hint = site_language or hint
    text, masked = mask(text)
    body = {
        "text": text,
        "picked": incoming.picked,
        "masked": masked,
        "hint": hint,
        "edited": incoming.edited,
        "began": incoming.site is not None,
    }
    message = _insert(connection, vault, contact, incoming, body, consented=_goes_to_a_human(connection, contact, talk))
    aftercare.drop_late(connection, vault, contact)
    for query in _heard():
        connection.execute(query, {"contact": contact, "moment": now()})
    return message


@cache
def _heard() -> tuple[Update, ...]:
    """The person wrote: they are there, a turn waits, and what waited for WhatsApp's 24-hour window may go out."""
    who: Any = bindparam("contact")
    moment = bindparam("moment", type_=people.c.last_in_at.type)
    waiting = (messages.c.contact_id == who) & (messages.c.direction == "out") & (messages.c.status == "waiting")
    return (
        update(people).where(people.c.id == who).values(last_in_at=moment, gone_at=None),
        update(talks).where(talks.c.contact_id == who).values(pending=True),
        update(messages).where(waiting).values(status="queued", due_at=moment, tries=0),
    )


def clean(text: str) -> str:
    """A text without null bytes, control characters and direction overrides, at most LONGEST characters."""
    return _UNSAFE.sub("", text)[:LONGEST].strip()


def _first_time(connection: Connection, vault: Vault, provider_id: str) -> bool:
    """Claim a provider id atomically: the first delivery wins, however many come at once."""
    digest, *older = vault.hashes(provider_id)
    if older and connection.scalar(select(received.c.hash).where(received.c.hash.in_(older))):
        return False
    dialect = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    claimed = dialect(received).values(hash=digest, at=now()).on_conflict_do_nothing().returning(received.c.hash)
    return connection.scalar(claimed) is not None


def _insert(connection: Connection, vault: Vault, contact: str, incoming: Incoming, body: dict[str, Any], *, consented: bool) -> str:
    row = {"contact_id": contact, "direction": "in", "author": "person", "kind": incoming.kind, "status": "new", "at": now()}
    row |= {"body": vault.close_json(body), "provider_id": incoming.provider_id, "consented": consented}
    message = new_id()
    connection.execute(insert(messages), {"id": message, **row})
    for file in incoming.media:
        values = {"kind": file.kind, "content_type": file.content_type, "reference": vault.close(file.reference)}
        wanted = now() if consented else None
        connection.execute(insert(media).values(contact_id=contact, message_id=message, wanted_at=wanted, **values))
    return message


def _goes_to_a_human(connection: Connection, contact: str, talk: Row[Any]) -> bool:
    return talk.owner != "bot" or consent.has_yes(connection, contact)


def forget_ids(connection: Connection) -> None:
    """Drop claimed provider ids after 30 days."""
    connection.execute(received.delete().where(received.c.at < now() - timedelta(days=30)))
