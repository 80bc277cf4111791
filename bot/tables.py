"""The tables: what is kept, of whom, and what is encrypted. How they are reached: bot/store.py."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def new_id() -> str:
    """A random pseudonym: 16 letters and digits, no look-alikes."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(16))


def _key() -> Column[str]:
    return Column("id", String(32), primary_key=True, default=new_id)


def _of(table: str, **options: Any) -> Column[str]:
    return Column(f"{table.removesuffix('s')}_id", String(32), ForeignKey(f"{table}.id", ondelete="CASCADE"), **options)


metadata = MetaData()

# A person on one channel address. The place of arrival is not here (design.md, Pseudonyms).
contacts = Table(
    "contacts", metadata, _key(),
    Column("channel", String(16), nullable=False),
    Column("address_hash", String(64), nullable=False),
    Column("address", LargeBinary, nullable=False),  # encrypted
    Column("created_at", Moment, nullable=False),
    Column("last_in_at", Moment),  # the 24-hour window counts from here
    Column("stopped_at", Moment),  # STOP; only START clears it
    Column("gone_at", Moment),  # blocked or unsubscribed at the carrier
    Column("quiet", Boolean, nullable=False, default=False),  # we start nothing until a human sets a safe time
    Column("minor", Boolean, nullable=False, default=False),
    Column("human_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),  # the same human on return
    Column("safe_hours", String(16)),  # "10:00-12:00": what we start goes out only then, as a human and the person agreed
    UniqueConstraint("channel", "address_hash"),
)  # fmt: skip

# The talk with one contact: who speaks, what Rasa handed back, and the lease of the turn that runs.
conversations = Table(
    "conversations", metadata, _key(), _of("contacts", nullable=False, unique=True),
    Column("owner", String(32), nullable=False, default="bot"),  # "bot" or a user id
    Column("language", String(8)),
    Column("language_chosen", Boolean, nullable=False, default=False),
    Column("state", LargeBinary),  # encrypted JSON, from Rasa
    Column("menu", LargeBinary),  # encrypted JSON: ids of the choices last offered, in order
    Column("phase", String(16), nullable=False, default="reached"),
    Column("started_at", Moment, nullable=False),
    Column("pending", Boolean, nullable=False, default=False, index=True),  # has an unhandled incoming message
    Column("next_try_at", Moment),
    Column("lease_until", Moment),
    Column("fence", Integer, nullable=False, default=0),
)  # fmt: skip

# Inbox and outbox: every message in and out. `seq` is the stored order.
messages = Table(
    "messages", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True, default=new_id),
    _of("contacts", nullable=False),
    Column("direction", String(3), nullable=False),  # in, out
    Column("author", String(8), nullable=False),  # person, bot, human
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("kind", String(12), nullable=False),  # in: IncomingKind; out: OutgoingKind
    Column("body", LargeBinary),  # encrypted JSON: text, picked, choices, values …; NULL once erased
    Column("erased_at", Moment),
    Column("reply", String(64)),  # name of the reply a turn sent
    Column("sensitive", Boolean, nullable=False, default=False),  # carried a sensitive label
    Column("consented", Boolean, nullable=False, default=False),  # the person said yes to passing it on
    Column("provider_id", String(64), index=True),
    Column("at", Moment, nullable=False),
    # in: new, done, failed.  out: queued, sending, sent, delivered, read, failed, cancelled, waiting (for the window)
    Column("status", String(12), nullable=False),
    Column("tries", Integer, nullable=False, default=0),
    Column("due_at", Moment),
    Column("claimed_at", Moment),
    Column("error", String(64)),
    Index("messages_in_order", "contact_id", "direction", "status", "seq"),
    Index("messages_due", "direction", "status", "due_at"),
)  # fmt: skip

# Every provider id ever taken in, as a keyed hash tied to nobody (kept 30 days; contract.md, forget).
received = Table(
    "received", metadata,
    Column("hash", String(64), primary_key=True),
    Column("at", Moment, nullable=False, index=True),
)  # fmt: skip

media = Table(
    "media", metadata, _key(), _of("contacts", nullable=False),
    Column("message_id", String(32), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("content_type", String(64), nullable=False, default=""),
    Column("reference", LargeBinary, nullable=False),  # encrypted: the carrier's URL or file id
    Column("wanted_at", Moment),  # the person said yes to passing it on
    Column("fetched_at", Moment),
    Column("content", LargeBinary),  # encrypted
    Column("error", String(64)),
    Column("token", String(64), unique=True, index=True),  # hash: where a carrier fetches what a human recorded (bot/voice.py)
    Column("token_until", Moment),
)  # fmt: skip

# What was understood: goal, drivers, barriers, strengths, about, urgent, wishes.
labels = Table(
    "labels", metadata, _key(), _of("contacts", nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("label", String(40), nullable=False),
    Column("source", String(8), nullable=False),  # tapped, said, guessed
    Column("confirmed", Boolean, nullable=False, default=False),
    Column("consented", Boolean, nullable=False, default=False),
    Column("sensitive", Boolean, nullable=False, default=False),
    Column("evidence", LargeBinary),  # encrypted: the words that carried it
    Column("message_id", String(32)),
    Column("at", Moment, nullable=False),
    UniqueConstraint("contact_id", "kind", "label"),
)  # fmt: skip

consents = Table(
    "consents", metadata, _key(), _of("contacts", nullable=False, index=True),
    Column("what", String(24), nullable=False),  # handover, media, check_ins, come_along, opt_in
    Column("wording", LargeBinary),  # encrypted JSON: the words said yes to, each line
    Column("given_at", Moment, nullable=False),
    Column("until", Moment),
    Column("withdrawn_at", Moment),
)  # fmt: skip

# What a human works on.
cases = Table(
    "cases", metadata, _key(), _of("contacts", nullable=False, index=True),
    Column("status", String(8), nullable=False),  # waiting, taken, closed
    Column("to", String(12), nullable=False, default="advisor"),  # advisor, ambassador
    Column("urgent", String(24)),
    Column("urgent_strength", String(8)),
    Column("scope", String(12), nullable=False),  # nothing, this (one message), story (labels), all (every message)
    Column("message_id", String(32)),  # scope "this": that message only
    Column("from_seq", Integer, nullable=False, default=0),  # messages after this one are seen by the human
    Column("code_word", String(24)),
    Column("owner_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("waiting_since", Moment),
    Column("opened_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("closed_at", Moment),
    Column("outcome", String(16)),
    Column("next_step", LargeBinary),  # encrypted
    Column("first_day", Moment),
    Column("said_when_at", Moment),  # "Sara reads this tomorrow at 9" was said, once
    Column("offered_to", String(32)),  # who is asked first (bot/matching.py)
    Column("offered_at", Moment),
    Column("match", JSON, nullable=False, default=list, server_default="[]"),  # why: [{"reason": id, "value": …}]
    Column("escalated_at", Moment),  # the coordinator was told that nobody came
    Column("tags", JSON, nullable=False, default=list, server_default="[]"),
    Column("own_outcome", String(16)),  # by the person's own judgement: better, same, stuck
    Column("own_outcome_at", Moment),
    Column("transferred_at", Moment),  # last given to another human
    Column("formal_at", Moment),  # a formal message was shown to a human on this day
    Index("cases_queue", "status", "urgent", "waiting_since"),
)  # fmt: skip

timers = Table(
    "timers", metadata, _key(), _of("contacts", nullable=False, index=True),
    Column("name", String(24), nullable=False),  # ask_again, check_in, how_was_it, urgent_unanswered …
    Column("once", String(64), nullable=False, unique=True),  # one timer of this key, ever
    Column("case_id", String(32)),
    Column("due_at", Moment, nullable=False, index=True),
    Column("done_at", Moment),
    Column("args", JSON, nullable=False, default=dict),
)  # fmt: skip

users = Table(
    "users", metadata, _key(),
    Column("name", String(80), nullable=False, unique=True),
    Column("alias", String(80)),  # what the person sees
    Column("role", String(12), nullable=False),  # advisor, ambassador, coordinator, outreach
    Column("languages", JSON, nullable=False, default=list),
    Column("password", String(200)),  # argon2
    Column("created_at", Moment, nullable=False),
    Column("disabled_at", Moment),
    Column("seen_at", Moment),  # presence: on duty when recent
    Column("woman", Boolean, nullable=False, default=False, server_default="0"),  # may be offered to who asks for a woman
    Column("neighbourhood", String(40)),  # where people know them
    Column("sites", JSON, nullable=False, default=list, server_default="[]"),  # ids of the places they come
    Column("road", JSON, nullable=False, default=list, server_default="[]"),  # goals and barriers they know from their own life
    Column("hours", JSON, nullable=False, default=dict, server_default="{}"),  # as the deployment's; empty: those
    Column("most", Integer),  # conversations at once; empty: what is usual for the role
    Column("away_until", Moment),
    Column("email", LargeBinary),  # encrypted
    Column("email_hash", String(64), unique=True, index=True),  # keyed
    Column("mails", Boolean, nullable=False, default=False, server_default="0"),  # wants reminders by e-mail
    Column("subject", String(64), unique=True, index=True),  # keyed hash of issuer and subject (bot/oidc.py)
)  # fmt: skip

# Bearer tokens, browser sessions and sign-in links: only hashes are kept.
keys = Table(
    "keys", metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(8), nullable=False),  # token, session, link, half (first step of a sign-in), recovery, form (bot/once.py)
    _of("users", nullable=False),
    Column("handle", String(32)),  # what a list calls a session by: its hash stays here
    Column("browser", String(40)),  # "Firefox/Android": never the whole user agent
    Column("csrf", String(64)),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("expires_at", Moment),
    Column("spent_at", Moment),
)  # fmt: skip

# The second step of signing in: a secret shared with somebody's phone (RFC 6238).
factors = Table(
    "factors", metadata,
    _of("users", primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # encrypted
    Column("used_step", Integer, nullable=False, default=0),  # of the last right code: none is taken twice
    Column("created_at", Moment, nullable=False),
    Column("confirmed_at", Moment),  # not yet: scanned, but no right code seen
)  # fmt: skip

sites = Table(
    "sites", metadata, _key(),
    Column("code", String(8), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("language", String(8)),
    Column("created_by", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("created_at", Moment, nullable=False),
)  # fmt: skip

# Counts only, never a person: (day, what, value) and, for arrivals, the site.
counters = Table(
    "counters", metadata,
    Column("day", String(10), primary_key=True),
    Column("what", String(24), primary_key=True),  # phase, language, channel, site, barrier, outcome
    Column("value", String(40), primary_key=True),
    Column("count", Integer, nullable=False, default=0),
)  # fmt: skip

audit = Table(
    "audit", metadata, _key(),
    Column("at", Moment, nullable=False, index=True),
    Column("user_id", String(32)),
    Column("act", String(32), nullable=False),  # saw, took, wrote, returned, closed, signed_in, forgot …
    Column("case_id", String(32)),
    Column("detail", JSON, nullable=False, default=dict),  # never content
)  # fmt: skip

# Why a number was shown: the words go with the case, the audit keeps who, when and which reason.
reveals = Table(
    "reveals", metadata, _key(), _of("cases", nullable=False, index=True),
    Column("words", LargeBinary),  # encrypted
)  # fmt: skip

# More humans on a case: the bridge, the one who gave the link, who joins later (design: warm handover).
joined = Table(
    "joined", metadata, _key(), _of("cases", nullable=False, index=True),
    _of("users", nullable=False),
    Column("how", String(8), nullable=False),  # bridge (the first stays), along (gave the link), joins (asked in by the owner)
    Column("status", String(8), nullable=False),  # asked, agreed, refused, left
    Column("at", Moment, nullable=False),
    Column("answered_at", Moment),
    Column("left_at", Moment),
    UniqueConstraint("case_id", "user_id"),
)  # fmt: skip

# Staff and people who know each other from outside: such a case is not offered to them.
knows = Table(
    "knows", metadata,
    _of("users", primary_key=True),
    _of("contacts", primary_key=True),
    Column("at", Moment, nullable=False),
)  # fmt: skip

# What staff write for staff on a case; it never goes to the person.
notes = Table(
    "notes", metadata, _key(), _of("cases", nullable=False, index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("kind", String(8), nullable=False),  # note, transfer, debrief
    Column("body", LargeBinary, nullable=False),  # encrypted
    Column("at", Moment, nullable=False),
)  # fmt: skip

tasks = Table(
    "tasks", metadata, _key(), _of("cases", nullable=False, index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("body", LargeBinary, nullable=False),  # encrypted
    Column("due_on", String(10)),
    Column("done_at", Moment),
    Column("at", Moment, nullable=False),
)  # fmt: skip

appointments = Table(
    "appointments", metadata, _key(), _of("cases", nullable=False, index=True),
    _of("contacts", nullable=False, index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("kind", String(8), nullable=False),  # place, call
    Column("options", JSON, nullable=False, default=list),  # moments proposed, ISO 8601 UTC
    Column("at", Moment, index=True),  # the moment agreed
    Column("minutes", Integer, nullable=False, default=30),
    Column("place", LargeBinary),  # encrypted JSON: name, address; a place of the directory as it stood then
    Column("calls_from", String(24)),  # which number will call
    Column("interpreter", Boolean, nullable=False, default=False),
    Column("status", String(10), nullable=False),  # proposed, agreed, cancelled, kept, missed
    Column("moved", Integer, nullable=False, default=0),  # times; SEQUENCE of the .ics
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)  # fmt: skip

# When a person came to each phase.
phases = Table(
    "phases", metadata,
    _of("contacts", primary_key=True),
    Column("phase", String(16), primary_key=True),
    Column("at", Moment, nullable=False),
)  # fmt: skip

# A human said that something was understood wrong; kept for training only with the person's separate yes.
suggestions = Table(
    "suggestions", metadata, _key(), _of("contacts", nullable=False, index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),
    Column("kind", String(12), nullable=False),
    Column("label", String(40), nullable=False),  # what the computer heard
    Column("instead", String(40)),  # what it should have heard; empty: nothing
    Column("words", LargeBinary),  # encrypted, masked; only after the yes
    Column("at", Moment, nullable=False),
    Column("agreed_at", Moment),
)  # fmt: skip

# How it was, after a transfer or a close: of the person and of staff.
feedback = Table(
    "feedback", metadata, _key(), _of("cases", nullable=False, index=True),
    Column("user_id", String(32), ForeignKey("users.id", ondelete="SET NULL")),  # empty: the person
    Column("about", String(10), nullable=False),  # transfer, close
    Column("answer", String(16)),
    Column("words", LargeBinary),  # encrypted
    Column("asked_at", Moment, nullable=False),
    Column("at", Moment),
)  # fmt: skip

# What staff are told by mail or push: never content.
staff_notices = Table(
    "staff_notices", metadata, _key(), _of("users", nullable=False, index=True),
    Column("case_id", String(32), ForeignKey("cases.id", ondelete="CASCADE")),
    Column("kind", String(16), nullable=False),
    Column("once", String(96), nullable=False, unique=True),
    Column("due_at", Moment, nullable=False, index=True),
    Column("sent_at", Moment),
    Column("claimed_at", Moment),
    Column("tries", Integer, nullable=False, default=0),
    Column("error", String(64)),
)  # fmt: skip

# Browsers that may be pushed to (RFC 8030): the address is a secret of theirs.
pushes = Table(
    "pushes", metadata, _key(), _of("users", nullable=False, index=True),
    Column("endpoint_hash", String(64), nullable=False, unique=True),
    Column("subscription", LargeBinary, nullable=False),  # encrypted JSON: endpoint and keys
    Column("at", Moment, nullable=False),
)  # fmt: skip

# Provider ids still to be erased at a carrier after `forget`: tied to nobody.
erasures = Table(
    "erasures", metadata, _key(),
    Column("channel", String(16), nullable=False),
    Column("provider_ids", LargeBinary, nullable=False),  # encrypted JSON
    Column("at", Moment, nullable=False),
)  # fmt: skip

# The deployment's facts and marks: public_name, hours, places, numbers …; catch-up time marks.
facts = Table(
    "facts", metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_at", Moment, nullable=False),
)  # fmt: skip

Index("messages_body_age", messages.c.at)
