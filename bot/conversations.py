"""A conversation: who speaks (the bot or a human), in which language, and what the next turn must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, bindparam, exists, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from bot import labels as taxonomy
from bot import phases, upcoming
from bot.clock import now
from bot.counters import count
from bot.facts import opening
from bot.tables import cases, consents, contacts, conversations, labels, media, messages, users
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
    message = connection.execute(_oldest_new(), {"contact": held.contact_id}).one_or_none()
    if message is None:
        connection.execute(update(conversations).where(conversations.c.id == held.id).values(pending=False, lease_until=None))
        return None
    contact = connection.execute(_contact(), {"contact": held.contact_id}).one()
    return Turn(held, contact, message, message.previous_at)


@cache
def _oldest_new() -> Select[Any]:
    """A person's oldest unhandled message, with when they wrote before it."""
    earlier = messages.alias("earlier")
    before = (earlier.c.contact_id == messages.c.contact_id) & (earlier.c.seq < messages.c.seq) & (earlier.c.author == "person")
    previous = select(earlier.c.at).where(before).order_by(earlier.c.seq.desc()).limit(1).scalar_subquery()
    waiting = (messages.c.contact_id == bindparam("contact")) & (messages.c.direction == "in") & (messages.c.status == "new")
    return select(messages, previous.label("previous_at")).where(waiting).order_by(messages.c.seq).limit(1)


@cache
def _contact() -> Select[Any]:
    return select(contacts).where(contacts.c.id == bindparam("contact"))


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
    return connection.execute(_lock(), {"contact": contact}).one_or_none()


@cache
def _lock() -> Select[Any]:
    return select(conversations).where(conversations.c.contact_id == bindparam("contact")).with_for_update()


def hold(connection: Connection, turn: Turn) -> Row[Any] | None:
    """Lock the leased conversation for its commit; None when the lease was lost to another worker."""
    return connection.execute(_hold(), {"talk": turn.conversation.id, "lease": turn.conversation.fence}).one_or_none()


@cache
def _hold() -> Select[Any]:
    fenced = and_(conversations.c.id == bindparam("talk"), conversations.c.fence == bindparam("lease"))
    return select(conversations).where(fenced).with_for_update()


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
        phases.record(connection, contact, phase)
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
    who = {"contact": contact.id}
    held = connection.execute(_labels(), who).all()
    case = connection.execute(_last_case(), who).one_or_none()
    signs = connection.execute(_signs(), {**who, "began": conversation.started_at, "seen": now() - ON_DUTY, "today": now()}).one()
    return {
        "first": not signs.spoken,
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
        "check_ins": bool(signs.check_ins),
        "media_waiting": int(signs.media),
        "appointment": upcoming.known(connection, contact.id),
        "duty": {**opening(dict(facts), now()), "on_duty": int(signs.on_duty)},
        "facts": dict(facts),
    }


@cache
def _labels() -> Select[Any]:
    return select(labels).where(labels.c.contact_id == bindparam("contact"))


@cache
def _last_case() -> Select[Any]:
    named = select(cases, users.c.alias, users.c.name).outerjoin(users, users.c.id == cases.c.owner_id)
    return named.where(cases.c.contact_id == bindparam("contact")).order_by(cases.c.opened_at.desc()).limit(1)


@cache
def _signs() -> Any:
    """What is so or not, asked at once: did we speak since they came, does a file wait, are check-ins agreed, is anybody on duty."""
    who: Any = bindparam("contact")
    stands = consents.c.withdrawn_at.is_(None) & (consents.c.until > bindparam("today", type_=consents.c.until.type))
    began, seen = bindparam("began", type_=messages.c.at.type), bindparam("seen", type_=users.c.seen_at.type)
    return select(
        exists().where(messages.c.contact_id == who, messages.c.direction == "out", messages.c.at >= began).label("spoken"),
        exists().where(media.c.contact_id == who, media.c.wanted_at.is_(None)).label("media"),
        exists().where(consents.c.contact_id == who, consents.c.what == "check_ins", stands).label("check_ins"),
        exists().where(users.c.seen_at > seen, users.c.disabled_at.is_(None)).label("on_duty"),
    )


def _by_kind(held: Any) -> dict[str, Any]:
    plural = {"driver": "drivers", "strength": "strengths", "barrier": "barriers", "about": "about", "wish": "wishes"}
    found: dict[str, Any] = {name: [row.label for row in held if row.kind == kind] for kind, name in plural.items()}
    goals = [row.label for row in held if row.kind == "goal"]
    fields = ("kind", "label", "source", "confirmed", "sensitive", "consented")
    rows = [{field: getattr(row, field) for field in fields} for row in held]
    return {"goal": goals[0] if goals else None, **found, "labels": rows}


def _case(case: Row[Any]) -> dict[str, Any]:
    return {"status": case.status, "urgent": case.urgent, "to": case.to, "outcome": case.outcome, "scope": case.scope}
