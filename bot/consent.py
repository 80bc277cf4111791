"""What may be kept, shown, said back and counted (conversation.md, rules 7 and 8). No other module decides this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, exists, insert, or_, select, update

from bot import labels as taxonomy
from bot.clock import now
from bot.counters import count
from bot.tables import cases, consents, contacts, conversations, joined, labels, messages
from bot.vault import Vault

SENSITIVE_HOURS = 24  # contract.md: sensitive labels without a yes are kept 1 day
STRENGTH_OF_SOURCE = {"guessed": 0, "said": 1, "tapped": 2}


def keep(connection: Connection, vault: Vault, contact: str, message: str | None, found: Iterable[Mapping[str, Any]]) -> None:
    """Keep labels understood in a message; nothing is kept of a minor.

    found: mappings with kind, label, source (tapped, said, guessed), confirmed, evidence (the words, or None).
    A stronger source replaces a weaker; a goal replaces the goal. What comes after a yes to a human is consented.
    """
    if connection.scalar(select(contacts.c.minor).where(contacts.c.id == contact)):
        return
    consented = has_yes(connection, contact)
    for one in found:
        _keep_one(connection, vault, contact, message, one, consented)


def _keep_one(connection: Connection, vault: Vault, contact: str, message: str | None, one: Mapping[str, Any], consented: bool) -> None:
    kind, label = str(one["kind"]), str(one["label"])
    if kind == "goal":
        connection.execute(delete(labels).where(labels.c.contact_id == contact, labels.c.kind == "goal", labels.c.label != label))
    held = connection.execute(
        select(labels).where(labels.c.contact_id == contact, labels.c.kind == kind, labels.c.label == label)
    ).one_or_none()
    source, confirmed = str(one.get("source", "guessed")), bool(one.get("confirmed"))
    if held is not None:
        if STRENGTH_OF_SOURCE[source] >= STRENGTH_OF_SOURCE[held.source] or confirmed:
            better = {"source": source, "confirmed": confirmed or held.confirmed, "consented": consented or held.consented}
            connection.execute(update(labels).where(labels.c.id == held.id).values(**better))
        return
    sensitive = taxonomy.is_sensitive(label)
    row = {"kind": kind, "label": label, "source": source, "confirmed": confirmed, "sensitive": sensitive, "consented": consented}
    evidence = vault.close(one.get("evidence") or None)
    connection.execute(insert(labels).values(contact_id=contact, message_id=message, evidence=evidence, at=now(), **row))
    if sensitive and message:
        connection.execute(update(messages).where(messages.c.id == message).values(sensitive=True))
    if kind == "barrier" and (consented or not sensitive):
        count(connection, "barrier", label)


def drop(connection: Connection, contact: str, which: list[str] | str) -> None:
    """Forget labels, with their evidence."""
    query = delete(labels).where(labels.c.contact_id == contact)
    connection.execute(query if which == "all" else query.where(labels.c.label.in_(which)))


def has_yes(connection: Connection, contact: str) -> bool:
    """Whether the person agreed to a human reading along, and a case of theirs is open."""
    return bool(connection.scalar(_has_yes(), {"contact": contact}))


@cache
def _has_yes() -> Select[Any]:
    who: Any = bindparam("contact")
    given = exists().where(consents.c.contact_id == who, consents.c.what == "handover", consents.c.withdrawn_at.is_(None))
    return select(given & exists().where(cases.c.contact_id == who, cases.c.status != "closed", cases.c.scope != "nothing"))


def grant(connection: Connection, vault: Vault, contact: str, what: str, wording: list[str], days: int = 365) -> str:
    """Store a yes with the words that were said yes to; returns its id."""
    row = {
        "contact_id": contact,
        "what": what,
        "wording": vault.close_json(wording),
        "given_at": now(),
        "until": now() + timedelta(days=days),
    }
    return str(connection.execute(insert(consents).values(**row).returning(consents.c.id)).scalar_one())


def share(connection: Connection, contact: str, which: list[str] | None, *, all_messages: bool) -> None:
    """Mark labels (None: all) as consented, and with `all_messages` every message so far."""
    fresh = select(labels.c.label).where(
        labels.c.contact_id == contact, labels.c.sensitive, ~labels.c.consented, labels.c.kind == "barrier"
    )
    chosen = (labels.c.contact_id == contact) if which is None else ((labels.c.contact_id == contact) & labels.c.label.in_(which))
    for label in connection.scalars(fresh.where(chosen)).all():
        count(connection, "barrier", label)
    connection.execute(update(labels).where(chosen).values(consented=True))
    if all_messages:
        connection.execute(update(messages).where(messages.c.contact_id == contact).values(consented=True))


def withdraw(connection: Connection, contact: str, what: str) -> None:
    """A later no: what was shared is no longer, and without a yes to a human nobody is along either."""
    whats = (what, "come_along") if what == "handover" else (what,)
    open_ = (consents.c.contact_id == contact) & consents.c.what.in_(whats) & consents.c.withdrawn_at.is_(None)
    connection.execute(update(consents).where(open_).values(withdrawn_at=now()))
    if "come_along" in whats:
        theirs = joined.c.case_id.in_(select(cases.c.id).where(cases.c.contact_id == contact)) & joined.c.status.in_(("asked", "agreed"))
        connection.execute(update(joined).where(theirs).values(status="left", left_at=now()))
    if what == "handover":
        connection.execute(update(labels).where(labels.c.contact_id == contact).values(consented=False))
        connection.execute(update(messages).where(messages.c.contact_id == contact).values(consented=False))


def visible(connection: Connection, contact: str) -> list[dict[str, Any]]:
    """Labels a human may see: consented ones, tapped and confirmed before guessed."""
    rows = connection.execute(select(labels).where(labels.c.contact_id == contact, labels.c.consented)).mappings()
    return [dict(row) for row in sorted(rows, key=how_sure)]


def how_sure(row: Mapping[Any, Any]) -> tuple[bool, int, datetime]:
    """The order of labels: confirmed before not, tapped before said before guessed, then as they came."""
    return not row["confirmed"], -STRENGTH_OF_SOURCE[row["source"]], row["at"]


def expire(connection: Connection, vault: Vault) -> int:
    """Erase sensitive labels, and the words that carried them, that got no yes within a day; returns how many rows."""
    limit = now() - timedelta(hours=SENSITIVE_HOURS)
    stale = labels.c.sensitive & ~labels.c.consented & (labels.c.at < limit)
    for contact in connection.scalars(select(labels.c.contact_id).where(stale).distinct()).all():
        gone = set(connection.scalars(select(labels.c.label).where(stale, labels.c.contact_id == contact)))
        _scrub_state(connection, vault, contact, gone)
    carried = select(labels.c.message_id).where(stale, labels.c.message_id.is_not(None))
    unread = ~messages.c.consented & messages.c.erased_at.is_(None) & (messages.c.at < limit)
    erased = connection.execute(
        update(messages).where(unread, or_(messages.c.sensitive, messages.c.id.in_(carried))).values(body=None, reply=None, erased_at=now())
    ).rowcount
    # An alert that opened without a yes loses its label once its case is closed a day.
    alerts = (cases.c.status == "closed") & (cases.c.scope == "nothing") & cases.c.urgent.is_not(None) & (cases.c.closed_at < limit)
    told = select(cases.c.message_id).where(alerts, cases.c.message_id.is_not(None))
    connection.execute(update(messages).where(messages.c.id.in_(told)).values(consented=False, body=None, reply=None, erased_at=now()))
    connection.execute(update(cases).where(alerts).values(urgent=None, urgent_strength=None))
    return int(erased + connection.execute(delete(labels).where(stale)).rowcount)


def _scrub_state(connection: Connection, vault: Vault, contact: str, gone: set[str]) -> None:
    """Take erased labels out of the dialogue state too."""
    where = conversations.c.contact_id == contact
    state = vault.open_json(connection.scalar(select(conversations.c.state).where(where)))
    if state:
        connection.execute(update(conversations).where(where).values(state=vault.close_json(without(state, gone))))


def without(value: Any, gone: set[str]) -> Any:
    """A JSON value without any text that names one of these labels."""
    if isinstance(value, dict):
        return {key: without(one, gone) for key, one in value.items() if not _names(key, gone) and not _names(one, gone)}
    if isinstance(value, list):
        return [without(one, gone) for one in value if not _names(one, gone)]
    return value


def _names(value: Any, gone: set[str]) -> bool:
    return isinstance(value, str) and any(label in value for label in gone)
