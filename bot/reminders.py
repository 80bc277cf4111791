"""The clock over the humans: who waits is not forgotten. Whom a case concerns is told, told again, then others are.

Times in minutes of opening hours, save the urgent one, which is by the clock. A timer of a case that moved on does nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot import facts, matching, staff_notices, timers, waiting
from bot.audit import note
from bot.candidates import PRESENT
from bot.clock import now
from bot.tables import cases, contacts, conversations, users
from bot.tables import timers as timer_table
from bot.users import ON_DUTY_ROLES
from bot.vault import Vault

URGENT = timedelta(minutes=5)  # by the clock: nobody answered a sure danger
REMIND, REASSIGN, ESCALATE = 30, 2 * 60, 4 * 60  # a case that waits
UNANSWERED, OVERDUE = 2 * 60, 8 * 60  # a person whose human is silent: two hours, a working day


def wait(connection: Connection, case: str) -> None:
    """A case waits from now on, or waits otherwise than before: it is offered, and its clock begins."""
    matching.offer(connection, case)
    begin(connection, case)


def begin(connection: Connection, case: str) -> None:
    """A case waits, was offered anew or turned urgent: those it concerns are told, and its timers run. Twice is as once."""
    held = _held(connection, case)
    if held is None or held.status == "closed":
        return
    if held.urgent and held.urgent_strength == "sure":
        _alarm(connection, held)
    elif held.status == "waiting":
        _wait(connection, held)


def begin_all(connection: Connection) -> None:
    """The same for all that wait: whatever changed an offer, and what waited before this clock ran."""
    for case in connection.scalars(select(cases.c.id).where(cases.c.status == "waiting")).all():
        begin(connection, case)


def watch(connection: Connection, contact: str) -> None:
    """A human has the talk and the last word is the person's: their answer is waited for."""
    query = select(cases).where(cases.c.contact_id == contact, cases.c.status == "taken").limit(1)
    held = connection.execute(query).one_or_none()
    if held is None or held.owner_id is None or waiting.answered(connection, contact):
        return
    key, args = f"{held.id}:{_spoke(connection, contact)}:{held.owner_id}", {"to": held.owner_id, "spoke": _spoke(connection, contact)}
    for name, minutes in (("unanswered", UNANSWERED), ("overdue", OVERDUE)):
        _set(connection, held, name, facts.after(facts.read(connection), now(), minutes), f"{name}:{key}", args)


def answered(connection: Connection, case: str) -> None:
    """A human answered: the queue no longer says that it takes too long."""
    connection.execute(update(cases).where(cases.c.id == case).values(escalated_at=None))


def too_long(held: Row[Any], *, answered: bool) -> bool:
    """Whether the queue says so of a case; `answered`: the last word was not the person's."""
    if held.escalated_at is None or held.status == "closed":
        return False
    return not answered if held.status == "taken" else bool(held.escalated_at >= (held.waiting_since or held.opened_at))


def _wait(connection: Connection, held: Row[Any]) -> None:
    """Offered: told at once, reminded, offered to the next one; and in the end the coordinators hear it."""
    since, found = held.waiting_since or held.opened_at, facts.read(connection)
    offered, whom = held.offered_at or since, held.offered_to or ""
    _set(connection, held, "escalate", facts.after(found, since, ESCALATE), f"escalate:{_wait_key(held)}", {})
    if whom:
        staff_notices.tell(connection, whom, "offered", held.id, key=_wait_key(held))
        _set(connection, held, "remind", facts.after(found, offered, REMIND), f"remind:{_wait_key(held)}:{whom}", {"to": whom})
    if (due := facts.after(found, offered, REASSIGN)) < facts.after(found, since, ESCALATE):
        _set(connection, held, "reassign", due, f"reassign:{_wait_key(held)}:{whom}", {"to": whom})


def _alarm(connection: Connection, held: Row[Any]) -> None:
    """A sure danger: all on duty at once, everybody when nobody is; and everybody after a few minutes without an answer."""
    key, on_duty = _alarm_key(connection, held), _on_duty(connection)
    if held.owner_id is not None and held.status == "taken":
        staff_notices.tell(connection, held.owner_id, "urgent", held.id, key=key)
    for user in on_duty or _everybody(connection):
        staff_notices.tell(connection, user, "urgent", held.id, key=key)
    args = {"spoke": _spoke(connection, held.contact_id)}
    _set(connection, held, "urgent_waits", now() + URGENT, f"urgent_waits:{key}", args)


def urgent_waits(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """Nobody answered a sure danger: everybody is told, whatever the hour."""
    held = _held(connection, timer.case_id)
    if held is None or held.urgent_strength != "sure" or not _waits_on(connection, held, timer):
        return
    for user in _everybody(connection):
        staff_notices.tell(connection, user, "urgent_all", held.id, key=_alarm_key(connection, held))
    _mark(connection, held)


def remind(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """Whom it was offered to is told again."""
    held = _still_waits(connection, timer)
    if held is not None and held.offered_to == timer.args["to"]:
        staff_notices.tell(connection, timer.args["to"], "reminder", held.id, key=_wait_key(held))


def reassign(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """Nobody came: it is offered to the next one, and the person hears that it takes longer."""
    held = _still_waits(connection, timer)
    if held is None or (held.offered_to or "") != timer.args["to"]:
        return
    without = {timer.args["to"]} - {""}
    if matching.next_one(connection, held.id, without) is not None:
        matching.offer(connection, held.id, without=without)
        begin(connection, held.id)
    waiting.longer(connection, vault, held)


def escalate(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """It waited long enough: the coordinators are told, and the queue shows it."""
    held = _still_waits(connection, timer)
    if held is not None:
        for user in coordinators(connection):
            staff_notices.tell(connection, user, "escalated", held.id, key=_wait_key(held))
        _mark(connection, held)


def unanswered(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """Who has the case is reminded that the person waits for an answer."""
    held = _still_unanswered(connection, timer)
    if held is not None:
        staff_notices.tell(connection, timer.args["to"], "unanswered", held.id, key=f"{held.id}:{timer.args['spoke']}")


def overdue(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """A working day without an answer: the coordinators may give it to somebody else."""
    held = _still_unanswered(connection, timer)
    if held is not None:
        for user in coordinators(connection):
            staff_notices.tell(connection, user, "overdue", held.id, key=f"{held.id}:{timer.args['spoke']}")
        _mark(connection, held)


NOTICES: dict[str, timers.Notice] = {
    "urgent_waits": urgent_waits,
    "remind": remind,
    "reassign": reassign,
    "escalate": escalate,
    "unanswered": unanswered,
    "overdue": overdue,
}


def coordinators(connection: Connection) -> list[str]:
    """Who is told when nobody came: the coordinators, or all who answer people where none is there."""
    return _active(connection, ("coordinator",)) or _everybody(connection)


def _everybody(connection: Connection) -> list[str]:
    return _active(connection, ON_DUTY_ROLES)


def _active(connection: Connection, roles: Iterable[str]) -> list[str]:
    """Those of these roles who are not away, or all of them when all are."""
    query = select(users.c.id, users.c.away_until).where(users.c.role.in_(roles), users.c.disabled_at.is_(None)).order_by(users.c.name)
    found = connection.execute(query).all()
    return [row.id for row in found if row.away_until is None or row.away_until <= now()] or [row.id for row in found]


def _on_duty(connection: Connection) -> list[str]:
    here = users.c.role.in_(ON_DUTY_ROLES) & users.c.disabled_at.is_(None) & (users.c.seen_at > now() - PRESENT)
    return list(connection.scalars(select(users.c.id).where(here).order_by(users.c.name)).all())


def _still_waits(connection: Connection, timer: Row[Any]) -> Row[Any] | None:
    """The case, while it waits as it did when the timer was set and we are open; nothing is sent to who said STOP."""
    held = _held(connection, timer.case_id)
    if held is None or held.status != "waiting" or timer.args["since"] != _since(held) or not _reachable(connection, held.contact_id):
        return None
    return None if _put_off(connection, timer) else held


def _still_unanswered(connection: Connection, timer: Row[Any]) -> Row[Any] | None:
    """The case, while the same human has it and has not answered since."""
    held = _held(connection, timer.case_id)
    if held is None or held.status != "taken" or held.owner_id != timer.args["to"] or not _reachable(connection, held.contact_id):
        return None
    if not _waits_on(connection, held, timer) or _put_off(connection, timer):
        return None
    return held


def _waits_on(connection: Connection, held: Row[Any], timer: Row[Any]) -> bool:
    """Whether no human has said a word since: none to the person, and none of them took over from the bot and gave back."""
    if held.status == "closed" or _spoke(connection, held.contact_id) != timer.args["spoke"]:
        return False
    speaker = connection.scalar(select(conversations.c.owner).where(conversations.c.contact_id == held.contact_id))
    return held.status == "waiting" or speaker != "bot"


def _put_off(connection: Connection, timer: Row[Any]) -> bool:
    """A timer that comes late, after we closed, waits for the next working day: nobody is there to hear it."""
    due = facts.after(facts.read(connection), now())
    if due <= now():
        return False
    connection.execute(update(timer_table).where(timer_table.c.id == timer.id).values(due_at=due, done_at=None))
    return True


def _reachable(connection: Connection, contact: str) -> bool:
    row = connection.execute(select(contacts.c.stopped_at, contacts.c.gone_at).where(contacts.c.id == contact)).one()
    return row.stopped_at is None and row.gone_at is None


def _mark(connection: Connection, held: Row[Any]) -> None:
    if held.escalated_at is None or held.escalated_at < (held.waiting_since or held.opened_at):
        note(connection, "escalated", case=held.id)
    connection.execute(update(cases).where(cases.c.id == held.id).values(escalated_at=now()))


def _set(connection: Connection, held: Row[Any], name: str, due: datetime, once: str, args: dict[str, Any]) -> None:
    timers.add(connection, held.contact_id, name, due, once=once, case=held.id, args={**args, "since": _since(held)})


def _held(connection: Connection, case: str | None) -> Row[Any] | None:
    return connection.execute(select(cases).where(cases.c.id == case)).one_or_none()


def _since(held: Row[Any]) -> int:
    """Which time of waiting this is: a case may come back."""
    return int((held.waiting_since or held.opened_at).timestamp())


def _wait_key(held: Row[Any]) -> str:
    return f"{held.id}:{_since(held)}"


def _alarm_key(connection: Connection, held: Row[Any]) -> str:
    """One alarm for each silence of ours: after a human's word the next danger alarms again."""
    return f"{_wait_key(held)}:{_spoke(connection, held.contact_id)}"


def _spoke(connection: Connection, contact: str) -> int:
    """The last word a human wrote to this person."""
    spoke = waiting.human_spoke(connection, contact)
    return int(spoke.seq) if spoke is not None else 0
