"""A formal message (objection, complaint, application): never lost among the others, and received with a date by a human."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy import Connection, Row, select, update

from bot import cases, facts
from bot.audit import note
from bot.clock import now
from bot.replies import SOURCE, available, render
from bot.tables import cases as case_table
from bot.tables import contacts, conversations, messages
from bot.vault import Vault

INTENT = NOTE = TAG = "formal_message"
SURE = 0.55  # below this what was heard is a guess
DAYS = {"tr": "d MMMM y EEEE", "ar": "EEEE، d MMMM y"}  # where a language does not write a day as Dutch does (CLDR patterns)


def mark(connection: Connection, vault: Vault, message: str) -> None:
    """Mark a person's message as formal, inside what is encrypted."""
    body = vault.open_json(connection.scalar(select(messages.c.body).where(messages.c.id == message)))
    if body:
        connection.execute(update(messages).where(messages.c.id == message).values(body=vault.close_json({**body, "formal": True})))


def flag(connection: Connection, contact: str) -> None:
    """The person's open case is shown as one with a formal message."""
    held = cases.open_for(connection, contact)
    if held is not None and TAG not in held.tags:
        connection.execute(update(case_table).where(case_table.c.id == held.id).values(tags=[TAG, *held.tags]))


def heard(connection: Connection, vault: Vault, contact: str, message: str, labels: Mapping[str, Any]) -> None:
    """While a human has the talk: a message that reads as formal is marked for them."""
    if labels.get("intent") == INTENT and float(labels.get("confidence") or 0) >= SURE:
        mark(connection, vault, message)
        flag(connection, contact)


def receipt(connection: Connection, vault: Vault, case: str, user: str) -> str:
    """A human read it: say so with the date, once; takes a waiting case. Returns the message id.

    Raises ValueError ("received") when it was said, cases.Taken, Closed, CannotReach, KeyError.
    """
    if cases.one(connection, case).formal_at is not None:
        raise ValueError("received")
    body = wording(connection, case)
    sent = cases.reply(connection, vault, case, user, body)
    connection.execute(update(case_table).where(case_table.c.id == case).values(formal_at=now()))
    note(connection, "receipted", user=user, case=case)
    return sent


def wording(connection: Connection, case: str, language: str | None = None) -> dict[str, Any]:
    """The receipt of today as the person reads it, or in another language."""
    row = _person(connection, case)
    spoken = language or row.language
    code = spoken if spoken in available() else SOURCE
    today = now().astimezone(ZoneInfo(str(facts.mark(connection, "time_zone") or "Europe/Amsterdam"))).date()
    text = render("formal_received", code, row.channel, {"day": said_day(code, today)}).text
    return {"text": text, "language": code, "said": ["formal_received"]}


def said_day(language: str, day: date) -> str:
    """A day with its weekday and year, as a language writes it."""
    return str(format_date(day, DAYS.get(language, "EEEE d MMMM y"), locale=language))


def desk(connection: Connection) -> dict[str, Any] | None:
    """The deployment's desk for formal messages, from its directory."""
    found = (facts.mark(connection, "desks") or {}).get(INTENT)
    return found if found and found.get("name") else None


def _person(connection: Connection, case: str) -> Row[Any, Any]:
    query = select(contacts.c.channel, conversations.c.language).join(case_table, case_table.c.contact_id == contacts.c.id)
    return connection.execute(query.join(conversations, conversations.c.contact_id == contacts.c.id).where(case_table.c.id == case)).one()
