"""What is kept no longer: by age, and by the person's own word (contract.md, retention and forget)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, insert, select, update

from bot import consent, contacts, inbox
from bot.audit import note
from bot.clock import now
from bot.counters import count
from bot.tables import audit, cases, consents, erasures, labels, media, messages, suggestions, timers
from bot.tables import contacts as people
from bot.vault import Vault

MESSAGES, CASES, AUDIT = timedelta(days=90), timedelta(days=365), timedelta(days=365)


def purge(connection: Connection, vault: Vault) -> dict[str, int]:
    """Erase what is past its time; gives how many rows of each kind."""
    done = {"sensitive": consent.expire(connection, vault)}
    quiet = select(people.c.id).where(people.c.last_in_at < now() - MESSAGES)
    for table in (messages, media, labels, consents, timers, suggestions):
        done[table.name] = connection.execute(delete(table).where(table.c.contact_id.in_(quiet))).rowcount
    old = cases.c.closed_at < now() - CASES
    done["cases"] = connection.execute(delete(cases).where(old)).rowcount
    held = select(cases.c.contact_id)
    silent = (people.c.last_in_at < now() - MESSAGES) & people.c.id.not_in(held) & people.c.stopped_at.is_(None)
    done["contacts"] = connection.execute(delete(people).where(silent)).rowcount
    done["audit"] = connection.execute(delete(audit).where(audit.c.at < now() - AUDIT)).rowcount
    inbox.forget_ids(connection)
    return done


def forget(connection: Connection, vault: Vault, contact: str) -> None:
    """Erase a person: content, address, labels and media; at the carrier too. What stays is that it was done."""
    channel = connection.scalar(select(people.c.channel).where(people.c.id == contact))
    if channel is None:
        return
    ids = connection.scalars(select(messages.c.provider_id).where(messages.c.contact_id == contact, messages.c.provider_id.is_not(None)))
    if found := list(ids.all()):
        connection.execute(insert(erasures).values(channel=channel, provider_ids=vault.close_json(found), at=now()))
    case_ids = select(cases.c.id).where(cases.c.contact_id == contact)
    connection.execute(update(audit).where(audit.c.case_id.in_(case_ids)).values(case_id=None))
    contacts.erase(connection, contact)
    count(connection, "forgotten", "person")
    note(connection, "forgot")


def forget_address(connection: Connection, vault: Vault, channel: str, address: str) -> bool:
    """Erase the person at an address; False when there is none."""
    contact = contacts.find(connection, vault, channel, address)  # type: ignore[arg-type]
    if contact is None:
        return False
    forget(connection, vault, contact)
    return True
