"""Everything that goes out: put in a transaction, claimed one at a time per person, sent, retried, reconciled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, bindparam, case, exists, insert, or_, select, update
from sqlalchemy import Row as Found
from sqlalchemy.sql.dml import ReturningUpdate

from bot import contacts as people
from bot.clock import now
from bot.messages import ChannelName, Choice, Outgoing, OutgoingKind, Receipt, SendError
from bot.tables import contacts, conversations, messages, new_id
from bot.vault import Vault

BACK_OFF = (5, 30, 120, 300, 600)  # seconds; after the last the message has failed and is shown
STUCK = timedelta(seconds=45)  # a claim older than this was left by a process that died
WINDOW = timedelta(hours=24)
# Replies that answer STOP, START and "delete everything": they go out after an opt-out too.
AFTER_STOP = ("stopped", "start_again", "forgotten")
FORGOTTEN = "forgotten"
RANK = {"sent": 1, "delivered": 2, "read": 3, "failed": 3}


@dataclass(frozen=True)
class Row:
    """A message to put: `body` holds text and choices ([{"id", "label"}]) as the person will see them."""

    contact: str
    kind: OutgoingKind
    body: dict[str, Any]
    author: str = "bot"
    user: str | None = None
    reply: str | None = None
    sensitive: bool = False
    consented: bool = False
    due_at: datetime | None = None
    status: str = "queued"


def put(connection: Connection, vault: Vault, row: Row) -> str:
    """Queue a message in the caller's transaction; returns its id."""
    values: dict[str, Any] = {"contact_id": row.contact, "kind": row.kind, "author": row.author, "user_id": row.user, "reply": row.reply}
    values |= {"sensitive": row.sensitive, "consented": row.consented, "status": row.status, "at": now(), "due_at": row.due_at or now()}
    values |= {"id": new_id(), "direction": "out", "body": vault.close_json(row.body)}
    connection.execute(insert(messages), values)
    return str(values["id"])


@dataclass(frozen=True)
class Claimed:
    """A row this process alone may send now."""

    row: Found[Any]
    outgoing: Outgoing
    heard_at: datetime | None  # when the person last wrote
    recording: str | None = None  # what a human said: a row of media

    @property
    def window_closed(self) -> bool:
        """Whether WhatsApp takes no free text for this person now (24 hours after their last message)."""
        return self.outgoing.channel == "whatsapp" and (self.heard_at is None or self.heard_at + WINDOW <= now())


def claim(connection: Connection, vault: Vault, channels: list[ChannelName]) -> Claimed | None:
    """Claim the next due message: in order per person, talk only while the bot owns, nothing after an opt-out; None when idle."""
    row = connection.execute(_claim(), {"moment": now(), "channels": channels}).one_or_none()
    return None if row is None else _with_message(connection, vault, row)


@cache
def _claim() -> ReturningUpdate[Any]:
    """The claim as one statement, built once: it runs several times a message."""
    moment, earlier = bindparam("moment", type_=messages.c.due_at.type), messages.alias("earlier")
    retried = and_(earlier.c.status == "queued", or_(earlier.c.due_at <= moment, earlier.c.tries > 0))
    blocked = exists().where(
        earlier.c.contact_id == messages.c.contact_id,
        earlier.c.direction == "out",
        earlier.c.seq < messages.c.seq,
        or_(earlier.c.status == "sending", retried),
    )
    allowed = or_(contacts.c.stopped_at.is_(None), messages.c.reply.in_(AFTER_STOP), messages.c.kind == "safety")
    next_one = (
        select(messages.c.seq)
        .join(conversations, conversations.c.contact_id == messages.c.contact_id)
        .join(contacts, contacts.c.id == messages.c.contact_id)
        .where(messages.c.direction == "out", messages.c.status == "queued", messages.c.due_at <= moment, ~blocked, allowed)
        .where(or_(messages.c.kind != "talk", conversations.c.owner == "bot"))
        .where(contacts.c.gone_at.is_(None), contacts.c.channel.in_(bindparam("channels", expanding=True)))
        .order_by(messages.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True, of=[messages, conversations])
    )
    taken = {"status": "sending", "claimed_at": moment, "tries": messages.c.tries + 1}
    return update(messages).where(messages.c.seq == next_one.scalar_subquery()).values(**taken).returning(messages)


def _with_message(connection: Connection, vault: Vault, row: Found[Any]) -> Claimed:
    """A claimed row with its message, as its channel sends it."""
    contact = connection.execute(_address(), {"contact": row.contact_id}).one()
    body = vault.open_json(row.body) or {"text": ""}
    choices = tuple(Choice(one["id"], one["label"]) for one in body.get("choices", ()))
    address = vault.open(contact.address) or ""
    message = Outgoing(contact.channel, address, row.kind, body["text"], choices, media_url=body.get("media_url"))
    return Claimed(row, message, contact.last_in_at, body.get("voice"))


@cache
def _address() -> Select[Any]:
    return select(contacts.c.channel, contacts.c.address, contacts.c.last_in_at).where(contacts.c.id == bindparam("contact"))


def wait_for_window(connection: Connection, row: Found[Any]) -> None:
    """Outside the window and without a template: the message waits for the person's next one."""
    _set(connection, row, status="waiting", error="window")


def sent(connection: Connection, row: Found[Any], provider_id: str) -> None:
    """The carrier took it."""
    connection.execute(_sent(), {"row": row.seq, "carriers": provider_id})


@cache
def _sent() -> Update:
    ours = (messages.c.seq == bindparam("row")) & (messages.c.status == "sending")
    return update(messages).where(ours).values(status="sent", provider_id=bindparam("carriers"), error=None)


def failed(connection: Connection, row: Found[Any], wrong: SendError) -> None:
    """Not sent: try again later, or give up; "blocked" and "unsubscribed" end all sending."""
    if wrong.gone:
        people.gone(connection, row.contact_id)
    if not wrong.retry or row.tries > len(BACK_OFF):
        _set(connection, row, status="failed", error=wrong.reason[:64])
        return
    wait = wrong.after if wrong.after is not None else BACK_OFF[row.tries - 1]
    # A carrier's own "later" (429) is obeyed and not counted as a try.
    tries = row.tries if wrong.after is None else max(row.tries - 1, 1)
    _set(connection, row, status="queued", due_at=now() + timedelta(seconds=wait), tries=tries, error=wrong.reason[:64])


def stuck(connection: Connection, vault: Vault) -> list[Claimed]:
    """Claim again the rows a dead process left in `sending`; the caller reconciles them before a resend."""
    old = (messages.c.status == "sending") & (messages.c.claimed_at < now() - STUCK)
    rows = connection.execute(update(messages).where(old).values(claimed_at=now(), tries=messages.c.tries + 1).returning(messages)).all()
    return [_with_message(connection, vault, row) for row in rows]


def unknown_ids(connection: Connection, provider_ids: list[str]) -> list[str]:
    """Those provider ids no row of ours carries yet."""
    held = set(connection.scalars(select(messages.c.provider_id).where(messages.c.provider_id.in_(provider_ids))))
    return [one for one in provider_ids if one not in held]


def receive(connection: Connection, receipts: list[Receipt]) -> None:
    """Note what became of messages, forward only; an id that no row of ours carries changes nothing."""
    noted = [{"of": one.provider_id, "became": one.status, "wrong": one.error, "rank": RANK[one.status]} for one in receipts]
    if noted:
        connection.execute(_receive(), noted)


@cache
def _receive() -> Update:
    known_rank = case(RANK, value=messages.c.status, else_=0)
    ours = (messages.c.provider_id == bindparam("of")) & (messages.c.direction == "out") & (known_rank < bindparam("rank"))
    return update(messages).where(ours).values(status=bindparam("became"), error=bindparam("wrong"))


def _set(connection: Connection, row: Found[Any], **values: Any) -> None:
    connection.execute(update(messages).where(messages.c.seq == row.seq, messages.c.status == "sending").values(**values))
