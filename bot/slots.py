"""The moments of an appointment as a person hears them: proposed, agreed, called off; which of them are still free."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot import asks, facts, moments, upcoming
from bot.clock import now
from bot.replies import SOURCE, available
from bot.safe_time import ZONE, safe_moment
from bot.tables import appointments, cases, contacts, conversations, messages, users
from bot.vault import Vault

SLOT = "slot"  # the topic of answers to a proposal (bot/meetings.py)
_SAID = {"confirm": "meet_yes", "move": "meet_move", "cancel": "meet_no", "again": "meet_again", "not_now": "meet_not_now"}


def offer(connection: Connection, vault: Vault, row: Row[Any]) -> None:
    """Put a proposal to the person."""
    values = {"human": _human(connection, row), **about(connection, vault, row)}
    if not row.options:
        return asks.tell(connection, vault, row.contact_id, "slot_walk_in", values, choices=answers(row, "confirm", "cancel"))
    choose(connection, vault, row, f"slot_{row.kind}", moments_of(row.options), values)


def withdrawn(connection: Connection, vault: Vault, row: Row[Any]) -> None:
    """We called it off."""
    asks.tell(connection, vault, row.contact_id, "withdrawn", {"human": _human(connection, row)})


def missed(connection: Connection, vault: Vault, row: Row[Any]) -> None:
    """No blame, and another moment when they like; nothing to who may not be written to first."""
    if safe_moment(connection, row.contact_id, now()) is not None:
        asks.tell(connection, vault, row.contact_id, "missed", choices=answers(row, "again", "not_now"))


def choose(
    connection: Connection, vault: Vault, row: Row[Any], reply: str, options: Sequence[datetime], values: dict[str, Any] | None = None
) -> None:
    """Ask which moment, each in full as its own choice."""
    said = [(f"{SLOT}:{row.id}:{int(one.timestamp())}", _said(connection, row.contact_id, one)) for one in options]
    asks.ask(connection, vault, row.contact_id, reply, values or {}, [*said, (f"{SLOT}:{row.id}:none", "@neither")])


def confirm(connection: Connection, vault: Vault, row: Row[Any]) -> None:
    """What was agreed, without doubt."""
    values = {**about(connection, vault, row), "interpreter": "@with_interpreter" if row.interpreter else "@no_interpreter"}
    reply = "agreed_walk_in" if row.at is None else f"agreed_{row.kind}"
    asks.tell(connection, vault, row.contact_id, reply, values)


def about(connection: Connection, vault: Vault, row: Row[Any]) -> dict[str, Any]:
    """What texts say of an appointment; the word is said at the desk, or by us on the phone, instead of a name."""
    word = connection.scalar(select(cases.c.code_word).where(cases.c.id == row.case_id))
    moment = _said(connection, row.contact_id, row.at) if row.at else ""
    return {"moment": moment, "place": place_line(vault, row), "number": row.calls_from or "", "word": word or ""}


def place_line(vault: Vault, row: Row[Any]) -> str:
    """The place as it is said; its hours where one walks in."""
    place = vault.open_json(row.place) or {}
    return ", ".join(place[name] for name in ("name", "address", "town", "hours") if name in place and (name != "hours" or not row.options))


def _said(connection: Connection, contact: str, at: datetime) -> str:
    query = select(contacts.c.channel, conversations.c.language).join(conversations, conversations.c.contact_id == contacts.c.id)
    person = connection.execute(query.where(contacts.c.id == contact)).one()
    language = person.language if person.language in available() else SOURCE
    return moments.say(at, zone(connection), language, person.channel)


def zone(connection: Connection) -> str:
    """Where the deployment's clock is."""
    return str(facts.mark(connection, "time_zone") or ZONE)


def _human(connection: Connection, row: Row[Any]) -> str:
    found = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == row.user_id)).one_or_none()
    return str(found.alias or found.name) if found else str(facts.mark(connection, "public_name") or "")


def answers(row: Row[Any], *names: str) -> list[tuple[str, str]]:
    """The choices with which one answers about an appointment."""
    return [(f"{upcoming.MEETING}:{row.id}:{one}", f"@{_SAID[one]}") for one in names]


def moments_of(options: Sequence[str]) -> list[datetime]:
    """The moments of a proposal as they are kept."""
    return [datetime.fromisoformat(one).astimezone(UTC) for one in options]


def left(connection: Connection, row: Row[Any]) -> list[datetime]:
    """The moments proposed that can still be chosen, without the one that was."""
    return [one for one in free(connection, row) if one != row.at]


def free(connection: Connection, row: Row[Any]) -> list[datetime]:
    """The moments to come in which this human meets nobody else: whoever taps first has them."""
    connection.execute(select(users.c.id).where(users.c.id == row.user_id).with_for_update())
    others = (appointments.c.user_id == row.user_id) & (appointments.c.status == "agreed") & (appointments.c.id != row.id)
    busy = connection.execute(select(appointments.c.at, appointments.c.minutes).where(others, appointments.c.at.is_not(None))).all()
    lasts = timedelta(minutes=row.minutes)
    clash = [(one.at - lasts, one.at + timedelta(minutes=one.minutes)) for one in busy]
    return [one for one in moments_of(row.options) if one > now() and not any(start < one < end for start, end in clash)]


def find(connection: Connection, appointment: str) -> Row[Any] | None:
    """An appointment, or None."""
    return connection.execute(select(appointments).where(appointments.c.id == appointment)).one_or_none()


def change(connection: Connection, row: Row[Any], **values: Any) -> None:
    """Set fields of an appointment."""
    connection.execute(update(appointments).where(appointments.c.id == row.id).values(changed_at=now(), **values))


def mark(connection: Connection, vault: Vault, row: Row[Any], value: str) -> None:
    """A line only staff see, in the order of the talk, with the moment it is about."""
    body = {"text": "", "mark": "appointment", "value": value, "about": row.at.isoformat() if row.at else ""}
    line = {"contact_id": row.contact_id, "direction": "in", "author": "bot", "kind": "mark", "status": "done", "at": now()}
    connection.execute(insert(messages).values(body=vault.close_json(body), consented=True, **line))
