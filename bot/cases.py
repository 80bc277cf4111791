"""A case: what a human works on. Handover (bot to human), take-over, reply, return and close."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy import case as when

from bot import aftercare, asks, consent, conversations, outbox, reminders, templates, timers, together, volunteers
from bot.audit import note
from bot.clock import now
from bot.counters import count
from bot.labels import URGENT_ORDER
from bot.tables import cases, contacts, messages, users
from bot.vault import Vault

WINDOW = timedelta(hours=24)  # WhatsApp: free text only this long after the person's last message (Twilio error 63016)
# Spoken at a desk instead of a name (conversation.md, step 5): plain words in Dutch, no look-alikes.
CODE_WORDS = (
    "appel", "boom", "brug", "deur", "fiets", "haven", "kaars", "klok", "lamp", "maan",
    "molen", "peer", "roos", "schip", "sleutel", "ster", "stoel", "tafel", "tulp", "wolk",
)  # fmt: skip


class Taken(Exception):
    """Another human has this case (409)."""


class Closed(Exception):
    """The case is closed (409)."""


class CannotReach(Exception):
    """Nothing can be sent: `reason` is stopped, gone or window (409)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_for(connection: Connection, contact: str) -> Row[Any] | None:
    """The contact's case that is not closed, or None."""
    query = select(cases).where(cases.c.contact_id == contact, cases.c.status != "closed")
    return connection.execute(query.order_by(cases.c.opened_at.desc()).limit(1)).one_or_none()


def _insert(connection: Connection, contact: str, **values: Any) -> str:
    row = {"status": "waiting", "waiting_since": now(), "opened_at": now(), "code_word": secrets.choice(CODE_WORDS)}
    query = insert(cases).values(contact_id=contact, from_seq=_last_seq(connection, contact), **row, **values)
    return str(connection.execute(query.returning(cases.c.id)).scalar_one())


def open_case(
    connection: Connection, vault: Vault, contact: str, *, to: str, scope: str, which: Iterable[str] | None, wording: list[str]
) -> str:
    """Open (or widen) the waiting case a person said yes to; `which` labels were agreed (None: all). Returns its id."""
    consent.grant(connection, vault, contact, "handover", wording)
    consent.share(connection, contact, None if which is None else list(which), all_messages=scope == "all")
    held = open_for(connection, contact)
    if held is not None:
        # A yes after an alert counts from here: what was said to the bot in between was not agreed to.
        begins = _last_seq(connection, contact) if held.scope == "nothing" else held.from_seq
        connection.execute(update(cases).where(cases.c.id == held.id).values(scope=scope, to=to, from_seq=begins))
        reminders.wait(connection, str(held.id))
        return str(held.id)
    opened = _insert(connection, contact, to=to, scope=scope)
    sticky = connection.scalar(select(contacts.c.human_id).where(contacts.c.id == contact))
    count(connection, "case", "opened")
    note(connection, "opened", case=opened, sticky=bool(sticky))
    reminders.wait(connection, opened)
    return opened


def alert(connection: Connection, contact: str, message: str, urgent: str, strength: str) -> str:
    """An urgent case with label, language and this one message, without a yes (conversation.md, rule 1). Returns its id."""
    connection.execute(update(messages).where(messages.c.id == message).values(consented=True))
    held = open_for(connection, contact)
    if held is not None:
        worse = held.urgent is None or URGENT_ORDER.index(urgent) <= URGENT_ORDER.index(held.urgent)
        values = {"urgent": urgent, "urgent_strength": strength} if worse else {}
        connection.execute(update(cases).where(cases.c.id == held.id).values(message_id=message, **values))
        volunteers.relieve(connection, held)
        reminders.wait(connection, str(held.id))
        return str(held.id)
    values = {"urgent": urgent, "urgent_strength": strength, "message_id": message}
    opened = _insert(connection, contact, to="advisor", scope="nothing", **values)
    note(connection, "alerted", case=opened)
    reminders.wait(connection, opened)
    return opened


def withdraw_alert(connection: Connection, contact: str) -> None:
    """The person said no to a human after an urgent message: a case nobody took, and that had no yes, closes."""
    held = open_for(connection, contact)
    if held is None or held.status != "waiting":
        return
    connection.execute(update(messages).where(messages.c.id == held.message_id).values(consented=held.scope == "all"))
    if held.scope == "nothing":
        connection.execute(update(cases).where(cases.c.id == held.id).values(status="closed", closed_at=now(), outcome="not_now"))
    else:
        connection.execute(update(cases).where(cases.c.id == held.id).values(urgent=None, urgent_strength=None, message_id=None))
        reminders.wait(connection, str(held.id))


def one(connection: Connection, case: str) -> Row[Any]:
    """A case with its contact and conversation. Raises KeyError."""
    row = connection.execute(select(cases).where(cases.c.id == case)).one_or_none()
    if row is None:
        raise KeyError(case)
    return row


def take(connection: Connection, case: str, user: str) -> None:
    """A human takes the case: from now on the bot is silent. Raises Taken, Closed, KeyError."""
    held = _locked(connection, case)
    if held.status == "closed":
        raise Closed
    if held.status == "taken":
        if held.owner_id != user:
            raise Taken
        conversations.give_to(connection, held.contact_id, user)  # after a return: the human speaks again
        return
    values = {"status": "taken", "owner_id": user, "taken_at": now()}
    connection.execute(update(cases).where(cases.c.id == case).values(**values))
    connection.execute(update(contacts).where(contacts.c.id == held.contact_id).values(human_id=user))
    conversations.give_to(connection, held.contact_id, user)
    conversations.record_phase(connection, held.contact_id, "handed_over")
    reminders.watch(connection, held.contact_id)
    note(connection, "took", user=user, case=case)


def reply(connection: Connection, vault: Vault, case: str, user: str, body: dict[str, Any]) -> str:
    """A human writes to the person (and takes a waiting case); returns the message id. Raises Taken, Closed, CannotReach, KeyError.

    Who joined (bot/bridge.py) writes beside its owner, and takes nothing.
    """
    _speak(connection, case, user)
    held = one(connection, case)
    goes = _goes(connection, vault, held.contact_id)
    _hold_no_longer(connection, held.contact_id)
    asks.close(connection, vault, held.contact_id, "join")  # "yes" to what a human asks now is no yes to somebody who joins
    said = together.signed(connection, held, user, body)
    reminders.answered(connection, case)
    row = outbox.Row(held.contact_id, "human", said, author="human", user=user, consented=True, status=goes)
    note(connection, "wrote", user=user, case=case)
    return outbox.put(connection, vault, row)


def _speak(connection: Connection, case: str, user: str) -> None:
    held = _locked(connection, case)
    if held.status == "closed" or held.owner_id == user or not together.writes_along(connection, case, user):
        return take(connection, case, user)
    conversations.give_to(connection, held.contact_id, held.owner_id or user)


def _hold_no_longer(connection: Connection, contact: str) -> None:
    """The human answered: a safety line that was held back for them (rule 10) does not go out. One in retry still does."""
    held_back = (messages.c.kind == "safety") & (messages.c.status == "queued") & (messages.c.tries == 0) & (messages.c.due_at > now())
    connection.execute(update(messages).where(messages.c.contact_id == contact, held_back).values(status="cancelled"))


def _goes(connection: Connection, vault: Vault, contact: str) -> str:
    """Whether a human's message goes out now, or waits while the person hears by a template that it is there. Raises CannotReach."""
    try:
        reachable(connection, contact)
    except CannotReach as wrong:
        if wrong.reason != "window" or not templates.knock(connection, vault, contact):
            raise
        return "waiting"
    return "queued"


def reachable(connection: Connection, contact: str) -> None:
    """Raises CannotReach when nothing a human writes can be sent now."""
    row = connection.execute(select(contacts).where(contacts.c.id == contact)).one()
    if row.stopped_at is not None:
        raise CannotReach("stopped")
    if row.gone_at is not None:
        raise CannotReach("gone")
    if (left := window_left(row.channel, row.last_in_at)) is not None and left <= timedelta():
        raise CannotReach("window")


def window_left(channel: str, last_in_at: datetime | None) -> timedelta | None:
    """How long free text may still go out on WhatsApp; None where there is no such limit."""
    if channel != "whatsapp":
        return None
    return timedelta() if last_in_at is None else last_in_at + WINDOW - now()


def assign(connection: Connection, case: str, by: str, to: str) -> None:
    """Give the case to another human; the talk stays with humans. Raises Closed, KeyError (no such case or user)."""
    held = _locked(connection, case)
    if held.status == "closed":
        raise Closed
    if connection.scalar(select(users.c.id).where(users.c.id == to, users.c.disabled_at.is_(None))) is None:
        raise KeyError(to)
    values: dict[str, Any] = {"status": "taken", "owner_id": to, "taken_at": held.taken_at or now()}
    if held.owner_id not in (None, to):
        values["transferred_at"] = now()
    connection.execute(update(cases).where(cases.c.id == case).values(**values))
    connection.execute(update(contacts).where(contacts.c.id == held.contact_id).values(human_id=to))
    conversations.give_to(connection, held.contact_id, to)
    aftercare.transferred(connection, held, to)
    reminders.watch(connection, held.contact_id)
    note(connection, "assigned", user=by, case=case, to=to)


def give_back(connection: Connection, vault: Vault, case: str, user: str) -> None:
    """Return the talk to the bot; the case waits no more and stays the human's. Raises Taken, Closed, KeyError."""
    held = _mine(connection, case, user)
    conversations.give_to(connection, held.contact_id, "bot")
    timers.add(connection, held.contact_id, "returned", now(), once=f"returned:{case}:{now().isoformat()}", case=case)
    note(connection, "returned", user=user, case=case)


def close(
    connection: Connection,
    vault: Vault,
    case: str,
    user: str,
    *,
    outcome: str,
    next_step: dict[str, Any] | None,
    first_day: datetime | None = None,
) -> None:
    """Close the case with an outcome and a next step, which the person gets. Raises Taken, Closed, CannotReach, KeyError."""
    held = _mine(connection, case, user)
    if next_step:
        goes = _goes(connection, vault, held.contact_id)
        row = outbox.Row(held.contact_id, "human", next_step, author="human", user=user, consented=True, status=goes)
        outbox.put(connection, vault, row)
    sealed = vault.close_json(next_step) if next_step else None
    values = {
        "status": "closed",
        "closed_at": now(),
        "outcome": outcome,
        "next_step": sealed,
        "waiting_since": None,
        "first_day": first_day or held.first_day,
    }
    connection.execute(update(cases).where(cases.c.id == case).values(**values))
    conversations.give_to(connection, held.contact_id, "bot")
    conversations.record_phase(connection, held.contact_id, "followed_up")
    count(connection, "outcome", outcome)
    aftercare.closed(connection, held, user)
    note(connection, "closed", user=user, case=case, outcome=outcome)


def queue(connection: Connection, status: str, *, owner: str | None = None, to: str | None = None) -> list[Row[Any]]:
    """Cases of a status: urgent first (the one that can kill first), then longest waiting."""
    rank = when(*[(cases.c.urgent == name, index) for index, name in enumerate(URGENT_ORDER)], else_=99)
    sure = when((cases.c.urgent_strength == "sure", 0), (cases.c.urgent_strength == "maybe", 1), else_=2)
    query = select(cases).where(cases.c.status == status)
    if owner is not None:
        query = query.where(cases.c.owner_id == owner)
    if to is not None:
        query = query.where(cases.c.to == to, cases.c.urgent.is_(None))
    return list(connection.execute(query.order_by(sure, rank, cases.c.waiting_since, cases.c.opened_at)).all())


def _locked(connection: Connection, case: str) -> Row[Any]:
    contact = one(connection, case).contact_id
    conversations.lock(connection, contact)
    return connection.execute(select(cases).where(cases.c.id == case).with_for_update()).one()


def _mine(connection: Connection, case: str, user: str) -> Row[Any]:
    held = _locked(connection, case)
    if held.status == "closed":
        raise Closed
    if held.owner_id != user:
        raise Taken
    return held


def _last_seq(connection: Connection, contact: str) -> int:
    last = select(messages.c.seq).where(messages.c.contact_id == contact).order_by(messages.c.seq.desc()).limit(1)
    return int(connection.scalar(last) or 0)
