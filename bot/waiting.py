"""When a human is silent, or nobody takes a case: the person hears once when somebody reads (conversation.md, rule 10)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, select, update

from bot import asks, facts, safe_time, timers
from bot.clock import now
from bot.tables import cases, messages, users
from bot.vault import Vault

SOON = 60  # minutes of work left today in which "as soon as possible" is no empty word
PATIENCE = timedelta(minutes=10)  # a human who is there gets this long before the notice


def say_when(connection: Connection, vault: Vault, contact: str) -> None:
    """The person wrote to a human: tell when it is read, at once outside hours, else if nobody answers for a while.

    A human who took the case or wrote a moment ago is there, whatever the hours say.
    """
    case = _untold(connection, contact)
    if case is None:
        return
    spoke = human_spoke(connection, contact)
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
    if case is None or answered(connection, contact):
        return
    human = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == case.owner_id)).one()
    duty = facts.opening(facts.read(connection), now())
    when = {"when": f"@when_{duty['when']}", "time": duty["time"]}
    said = {"human": human.alias or human.name, **when}
    asks.tell(connection, vault, contact, "reads_soon" if duty["open"] else "reads_when", said)
    connection.execute(update(cases).where(cases.c.id == case.id).values(said_when_at=now()))


def longer(connection: Connection, vault: Vault, case: Row[Any]) -> None:
    """Nobody took the case yet: the person hears that it takes longer, once for each time they wait."""
    said = (messages.c.contact_id == case.contact_id) & messages.c.reply.in_(("takes_longer", "takes_longer_when"))
    if connection.scalar(select(messages.c.seq).where(said, messages.c.at >= (case.waiting_since or case.opened_at)).limit(1)):
        return
    due = safe_time.safe_moment(connection, case.contact_id, now())
    if due is not None:
        name, values = _how_long(facts.read(connection), due)
        asks.tell(connection, vault, case.contact_id, name, values, due_at=due)


def helps_now(connection: Connection, vault: Vault, contact: str, human: str) -> None:
    """Another human has the talk, because the first is not there any more: the person hears who, when we are open."""
    due = safe_time.safe_moment(connection, contact, facts.after(facts.read(connection), now()))
    if due is not None:
        asks.tell(connection, vault, contact, "new_human", {"human": human}, due_at=due)


def _how_long(found: dict[str, Any], at: datetime) -> tuple[str, dict[str, str]]:
    """The reply: as soon as possible while there is time left today, else on which day."""
    zone = ZoneInfo(found.get("time_zone", "Europe/Amsterdam"))
    if at.astimezone(zone).date() == facts.after(found, at, SOON).astimezone(zone).date():
        return "takes_longer", {}
    duty = facts.opening(found, at.astimezone(zone).replace(hour=23, minute=59))  # what is left of today is too short
    return "takes_longer_when", {"when": f"@when_{duty['when']}", "time": duty["time"]}


def _untold(connection: Connection, contact: str) -> Row[Any] | None:
    mine = (cases.c.contact_id == contact) & (cases.c.status == "taken") & cases.c.said_when_at.is_(None)
    return connection.execute(select(cases).where(mine).limit(1)).one_or_none()


def human_spoke(connection: Connection, contact: str) -> Row[Any] | None:
    """The last message a human wrote to this person."""
    said = (messages.c.contact_id == contact) & (messages.c.author == "human")
    query = select(messages).where(said).order_by(messages.c.seq.desc()).limit(1)
    return connection.execute(query).one_or_none()


def answered(connection: Connection, contact: str) -> bool:
    """Whether the last word was a human's."""
    said = (messages.c.contact_id == contact) & messages.c.author.in_(("person", "human"))
    last = connection.scalar(select(messages.c.author).where(said).order_by(messages.c.seq.desc()).limit(1))
    return last == "human"
