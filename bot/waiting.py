"""When a human has the talk and does not answer: the person hears once when somebody reads (conversation.md, rule 10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot import facts, outbox, timers
from bot.clock import now
from bot.replies import SOURCE, available, render
from bot.store import cases, contacts, conversations, messages, users
from bot.vault import Vault

PATIENCE = timedelta(minutes=10)  # within hours a human gets this long before the notice


def say_when(connection: Connection, vault: Vault, contact: str) -> None:
    """The person wrote to a human: outside hours tell at once when it is read, within them if nobody answers for a while."""
    case = _untold(connection, contact)
    if case is None:
        return
    if not facts.opening(facts.read(connection), now())["open"]:
        tell(connection, vault, contact)
    else:
        timers.add(connection, contact, "says_when", now() + PATIENCE, once=f"says_when:{case.id}", case=case.id)


def tell(connection: Connection, vault: Vault, contact: str) -> None:
    """Put the one notice that says who reads and when, unless a human answered meanwhile or it was said."""
    case = _untold(connection, contact)
    if case is None or _answered(connection, contact):
        return
    human = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == case.owner_id)).one()
    row = connection.execute(
        select(contacts.c.channel, conversations.c.language)
        .join(conversations, conversations.c.contact_id == contacts.c.id)
        .where(contacts.c.id == contact)
    ).one()
    language = row.language if row.language in available() else SOURCE
    duty = facts.opening(facts.read(connection), now())
    when = {"when": f"@when_{duty['when']}", "time": duty["time"]}
    name = "reads_soon" if duty["open"] else "reads_when"
    reply = render(name, language, row.channel, {"human": human.alias or human.name, **when}, kind="notice")
    outbox.put(connection, vault, outbox.Row(contact, "notice", {"text": reply.text, "language": language}, reply=name))
    connection.execute(update(cases).where(cases.c.id == case.id).values(said_when_at=now()))


def _untold(connection: Connection, contact: str) -> Row[Any] | None:
    mine = (cases.c.contact_id == contact) & (cases.c.status == "taken") & cases.c.said_when_at.is_(None)
    return connection.execute(select(cases).where(mine).limit(1)).one_or_none()


def _answered(connection: Connection, contact: str) -> bool:
    """Whether the last word was a human's."""
    said = (messages.c.contact_id == contact) & messages.c.author.in_(("person", "human"))
    last = connection.scalar(select(messages.c.author).where(said).order_by(messages.c.seq.desc()).limit(1))
    return last == "human"
