"""A contact: a person on one channel address, known here by a pseudonym."""

from __future__ import annotations

from sqlalchemy import Connection, Row, delete, insert, select, update

from bot import phases
from bot.clock import now
from bot.counters import count
from bot.messages import ChannelName
from bot.tables import contacts, conversations, new_id
from bot.vault import Vault


def find(connection: Connection, vault: Vault, channel: ChannelName, address: str) -> str | None:
    """The id of the contact at an address, by keyed hash (any key of the list)."""
    hashes = vault.hashes(f"{channel}:{address}")
    return connection.scalar(select(contacts.c.id).where(contacts.c.channel == channel, contacts.c.address_hash.in_(hashes)))


def find_or_create(connection: Connection, vault: Vault, channel: ChannelName, address: str) -> str:
    """The id of the contact at an address, made with its conversation on first sight."""
    if found := find(connection, vault, channel, address):
        return found
    contact = new_id()
    sealed, digest = vault.close(address), vault.hash(f"{channel}:{address}")
    connection.execute(insert(contacts).values(id=contact, channel=channel, address_hash=digest, address=sealed, created_at=now()))
    connection.execute(insert(conversations).values(contact_id=contact, started_at=now()))
    count(connection, "channel", channel)
    phases.record(connection, contact, "reached")
    count(connection, "phase", "reached")
    return contact


def row(connection: Connection, contact: str) -> Row[tuple[object, ...]]:
    """The contact's row. Raises NoResultFound."""
    return connection.execute(select(contacts).where(contacts.c.id == contact)).one()


def stop(connection: Connection, contact: str) -> None:
    """STOP: no message of ours starts any more, until START."""
    connection.execute(update(contacts).where(contacts.c.id == contact, contacts.c.stopped_at.is_(None)).values(stopped_at=now()))


def start(connection: Connection, contact: str) -> None:
    """START: messages may come again."""
    connection.execute(update(contacts).where(contacts.c.id == contact).values(stopped_at=None, gone_at=None))


def gone(connection: Connection, contact: str) -> None:
    """The carrier says this person blocked us or unsubscribed: nothing is sent."""
    connection.execute(update(contacts).where(contacts.c.id == contact).values(gone_at=now()))


def erase(connection: Connection, contact: str) -> None:
    """Remove a contact and, by the tables' cascades, everything of theirs."""
    connection.execute(delete(contacts).where(contacts.c.id == contact))
