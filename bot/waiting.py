"""When a human has the talk and does not answer: the person hears once when somebody reads (conversation.md, rule 10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot import asks, facts, timers
from bot.clock import now
from bot.tables import cases, messages, users
from bot.vault import Vault

PATIENCE = timedelta(minutes=10)  # a human who is there gets this long before the notice


def say_when(connection: Connection, vault: Vault, contact: str) -> None:
    """The person wrote to a human: tell when it is read, at once outside hours, else if nobody answers for a while.

    A human who took the case or wrote a moment ago is there, whatever the hours say.
    """
    case = _untold(connection, contact)
    if case is None:
        return
    spoke = _human_spoke(connection, contact)
    here = max(case.taken_at, spoke.at) if spoke else case.taken_at
    if now() - here > PATIENCE and not facts.opening(facts.read(connection), now())["open"]:
        tell(connection, vault, contact)
    else:
        # A key for each word of the human: after an answer the next silence is waited for again.
        once = f"says_when:{case.id}:{spoke.seq if spoke else 0}"
        timers.add(connection, contact, "says_when", now() + PATIENCE, once=once, case=case.id)


def late(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """The human's time to answer is over."""
    tell(connection, vault, timer.contact_id)


def tell(connection: Connection, vault: Vault, contact: str) -> None:
    """Put the one notice that says who reads and when, unless a human answered meanwhile or it was said."""
    case = _untold(connection, contact)
    if case is None or _answered(connection, contact):
        return
    human = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == case.owner_id)).one()
    duty = facts.opening(facts.read(connection), now())
    when = {"when": f"@when_{duty['when']}", "time": duty["time"]}
    said = {"human": human.alias or human.name, **when}
    asks.tell(connection, vault, contact, "reads_soon" if duty["open"] else "reads_when", said)
    connection.execute(update(cases).where(cases.c.id == case.id).values(said_when_at=now()))


def _untold(connection: Connection, contact: str) -> Row[Any] | None:
    mine = (cases.c.contact_id == contact) & (cases.c.status == "taken") & cases.c.said_when_at.is_(None)
    return connection.execute(select(cases).where(mine).limit(1)).one_or_none()


def _human_spoke(connection: Connection, contact: str) -> Row[Any] | None:
    """The last message a human wrote to this person."""
    said = (messages.c.contact_id == contact) & (messages.c.author == "human")
    query = select(messages).where(said).order_by(messages.c.seq.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _answered(connection: Connection, contact: str) -> bool:
    """Whether the last word was a human's."""
    said = (messages.c.contact_id == contact) & messages.c.author.in_(("person", "human"))
    last = connection.scalar(select(messages.c.author).where(said).order_by(messages.c.seq.desc()).limit(1))
    return last == "human"
