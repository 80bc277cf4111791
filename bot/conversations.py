"""A conversation: who speaks (the bot or a human), in which language, and what the next turn must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from bot import labels as taxonomy
from bot.clock import now
from bot.counters import count
from bot.facts import opening
from bot.store import cases, consents, contacts, conversations, labels, media, messages, users
from bot.vault import Vault

LEASE = timedelta(seconds=60)  # a turn that takes longer is given to another worker; its commit is then refused
PAUSE = timedelta(hours=8)  # after this a person is greeted as returning (conversation.md, rule 11)
ACQUAINTANCE = timedelta(days=90)  # after this it is a new acquaintance (rule 11)
ON_DUTY = timedelta(minutes=5)
PHASES = tuple(taxonomy.taxonomy()["phases"])


@dataclass(frozen=True)
class Turn:
    """A claimed turn: one conversation under a lease, the message it answers, and what may be known for it."""

    conversation: Row[Any]
    contact: Row[Any]
    message: Row[Any]
    previous_at: datetime | None
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """After so long it may be somebody else: a new acquaintance (conversation.md, rule 11)."""
        return self.previous_at is not None and self.message.at - self.previous_at > ACQUAINTANCE


def claim(connection: Connection) -> Turn | None:
    """Lease a conversation with an unhandled message, and its oldest one; None when there is none."""
    held = connection.execute(_claim(), {"moment": now(), "until": now() + LEASE}).one_or_none()
    if held is None:
        return None
    waiting = (messages.c.contact_id == held.contact_id) & (messages.c.direction == "in") & (messages.c.status == "new")
    message = connection.execute(select(messages).where(waiting).order_by(messages.c.seq).limit(1)).one_or_none()
    if message is None:
        connection.execute(update(conversations).where(conversations.c.id == held.id).values(pending=False, lease_until=None))
        return None
    earlier = (messages.c.contact_id == held.contact_id) & (messages.c.seq < message.seq) & (messages.c.author == "person")
    previous = connection.scalar(select(messages.c.at).where(earlier).order_by(messages.c.seq.desc()).limit(1))
    contact = connection.execute(select(contacts).where(contacts.c.id == held.contact_id)).one()
    return Turn(held, contact, message, previous)


@cache
def _claim() -> ReturningUpdate[Any]:
    """The claim as one statement, built once: it runs several times a message."""
    moment, until = (bindparam(name, type_=conversations.c.lease_until.type) for name in ("moment", "until"))
    free = or_(conversations.c.lease_until.is_(None), conversations.c.lease_until < moment)
    due = or_(conversations.c.next_try_at.is_(None), conversations.c.next_try_at <= moment)
    oldest = select(conversations.c.id).where(conversations.c.pending, free, due).limit(1).with_for_update(skip_locked=True)
    lease = {"lease_until": until, "fence": conversations.c.fence + 1}
    return update(conversations).where(conversations.c.id.in_(oldest.scalar_subquery())).values(**lease).returning(conversations)


def lock(connection: Connection, contact: str) -> Row[Any] | None:
    """The conversation's row, locked to the end of this transaction: order by commit."""
    return connection.execute(select(conversations).where(conversations.c.contact_id == contact).with_for_update()).one_or_none()


def hold(connection: Connection, turn: Turn) -> Row[Any] | None:
    """Lock the leased conversation for its commit; None when the lease was lost to another worker."""
    fenced = and_(conversations.c.id == turn.conversation.id, conversations.c.fence == turn.conversation.fence)
    return connection.execute(select(conversations).where(fenced).with_for_update()).one_or_none()


def give_to(connection: Connection, contact: str, owner: str) -> None:
    """Hand the talk to a human (user id) or back to "bot". A human's take-over cancels talk that did not go out yet."""
    connection.execute(update(conversations).where(conversations.c.contact_id == contact).values(owner=owner))
    if owner != "bot":
        unsent = (messages.c.contact_id == contact) & messages.c.status.in_(("queued", "waiting")) & (messages.c.kind == "talk")
        connection.execute(update(messages).where(messages.c.direction == "out", unsent).values(status="cancelled"))


def record_phase(connection: Connection, contact: str, phase: str) -> None:
    """Move the conversation to a phase, forward only; each phase is counted once."""
    row = connection.execute(select(conversations.c.phase).where(conversations.c.contact_id == contact)).one()
    if PHASES.index(phase) > PHASES.index(row.phase):
        connection.execute(update(conversations).where(conversations.c.contact_id == contact).values(phase=phase))
        count(connection, "phase", phase)


def set_language(connection: Connection, contact: str, language: str, *, chosen: bool) -> None:
    """The conversation's language; a chosen one is kept against guesses."""
    held = connection.execute(
        select(conversations.c.language, conversations.c.language_chosen).where(conversations.c.contact_id == contact)
    ).one()
    if held.language != language:
        count(connection, "language", language)
    values = {"language": language, "language_chosen": chosen or held.language_chosen}
    connection.execute(update(conversations).where(conversations.c.contact_id == contact).values(**values))


def known(connection: Connection, vault: Vault, turn: Turn, facts: Mapping[str, Any], enabled: tuple[str, ...]) -> dict[str, Any]:
    """What the turn may know of this person and this deployment (docs/architecture.md, the turn). A fixed number of queries."""
    contact, conversation = turn.contact, turn.conversation
    held = connection.execute(select(labels).where(labels.c.contact_id == contact.id)).all()
    case = connection.execute(
        select(cases, users.c.alias, users.c.name)
        .outerjoin(users, users.c.id == cases.c.owner_id)
        .where(cases.c.contact_id == contact.id)
        .order_by(cases.c.opened_at.desc())
        .limit(1)
    ).one_or_none()
    spoken = (messages.c.contact_id == contact.id) & (messages.c.direction == "out")
    first = connection.scalar(select(messages.c.seq).where(spoken, messages.c.at >= conversation.started_at).limit(1)) is None
    waiting_media = connection.scalar(select(media.c.id).where(media.c.contact_id == contact.id, media.c.wanted_at.is_(None)).limit(1))
    checks = (consents.c.contact_id == contact.id) & (consents.c.what == "check_ins") & consents.c.withdrawn_at.is_(None)
    on_duty = connection.scalar(select(users.c.id).where(users.c.seen_at > now() - ON_DUTY, users.c.disabled_at.is_(None)).limit(1))
    return {
        "first": first,
        "returning": turn.previous_at is not None and turn.message.at - turn.previous_at > PAUSE,
        "language_chosen": conversation.language_chosen,
        "languages": list(enabled),
        "phase": conversation.phase,
        **_by_kind(held),
        "minor": contact.minor,
        "quiet": contact.quiet,
        "stopped": contact.stopped_at is not None,
        "urgent_open": case.urgent if case and case.status != "closed" else None,
        "case": None if case is None else _case(case),
        "human": None if case is None or case.owner_id is None else case.alias or case.name,
        "check_ins": connection.scalar(select(consents.c.id).where(checks).limit(1)) is not None,
        "media_waiting": int(waiting_media is not None),
        "from_site": False,
        "appointment": None,
        "duty": {**opening(dict(facts), now()), "on_duty": int(on_duty is not None)},
        "facts": dict(facts),
    }


def _by_kind(held: Any) -> dict[str, Any]:
    plural = {"driver": "drivers", "strength": "strengths", "barrier": "barriers", "about": "about", "wish": "wishes"}
    found: dict[str, Any] = {name: [row.label for row in held if row.kind == kind] for kind, name in plural.items()}
    goals = [row.label for row in held if row.kind == "goal"]
    fields = ("kind", "label", "source", "confirmed", "sensitive", "consented")
    rows = [{field: getattr(row, field) for field in fields} for row in held]
    return {"goal": goals[0] if goals else None, **found, "labels": rows}


def _case(case: Row[Any]) -> dict[str, Any]:
    return {"status": case.status, "urgent": case.urgent, "to": case.to, "outcome": case.outcome, "scope": case.scope}
