"""Afterwards: check-ins the person agreed to, counted from the first day; what we start, and when it must not (conversation.md, step 6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Update, bindparam, insert, select, update

from bot import consent, safe_time, timers
from bot.audit import note
from bot.clock import now
from bot.safe_time import safe_moment as safe_moment  # others ask here whether they may write first
from bot.tables import cases, consents, contacts, conversations, feedback, messages
from bot.tables import timers as timer_table
from bot.vault import Vault

CHECK_INS = (2, 7, 21)  # days after the first one: two days, a week, three weeks
AGAIN, LONGEST = 21, 90  # then, as long as the person wants, every three weeks up to three months
WENT = timedelta(days=3)  # after a transfer
NONSENSE = timedelta(days=3)  # a "how is it going" that waited this long for WhatsApp's window goes out no more
RESUMED = ("meeting", "went", "how_was_it", "ask_again")  # timers that a safe time opens again; check-ins are planned anew
STARTED = (*timers.BEGINNINGS, "ask_went", "reminder_place", "reminder_call")  # replies of what we start


def agree(connection: Connection, vault: Vault, contact: str, wording: list[str]) -> None:
    """The person said yes to check-ins: the three are planned."""
    consent.withdraw(connection, contact, "check_ins")
    consent.grant(connection, vault, contact, "check_ins", wording, days=LONGEST)
    plan(connection, contact)


def go_on(connection: Connection, contact: str) -> None:
    """The person wants to be asked once more, three weeks later. Nothing when one is planned already, or after three months."""
    held = _planned(connection, contact)
    days = max((one.args["days"] for one in held), default=0) + AGAIN
    if held and days <= LONGEST and not any(_is_open(one) for one in held):
        plan(connection, contact, days)


def end(connection: Connection, contact: str) -> None:
    """No check-ins any more: the person's no, STOP, somebody else, a child."""
    consent.withdraw(connection, contact, "check_ins")
    timers.cancel(connection, contact, "check_in")


def plan(connection: Connection, contact: str, *more: int) -> None:
    """Count all check-ins that were not asked yet anew, from the first day; without one, from the day of the yes."""
    yes, case = _yes(connection, contact), _last_case(connection, contact)
    if yes is None or safe_moment(connection, contact, now()) is None:
        return
    first = case.first_day if case is not None and case.first_day else yes.given_at
    until = first + timedelta(days=LONGEST)
    connection.execute(update(consents).where(consents.c.id == yes.id).values(until=max(until, now())))
    known = {one.args["days"]: one for one in _planned(connection, contact)}
    for days in sorted({*CHECK_INS, *known, *more}):
        _set(connection, contact, case, f"check_in:{yes.id}:{days}", days, first + timedelta(days=days), known.get(days))


def _set(connection: Connection, contact: str, case: Row[Any] | None, once: str, days: int, due: datetime, held: Row[Any] | None) -> None:
    """One check-in on its day: one that was asked stays asked, one whose day is past is left out."""
    if held is None and due > now():
        args = {"days": days, "go_on": days >= CHECK_INS[-1] and days + AGAIN <= LONGEST}
        timers.add(connection, contact, "check_in", due, once=once, case=case.id if case is not None else None, args=args)
    elif held is not None and not _was_asked(held):
        values = {"due_at": due, "done_at": None if due > now() else due - timedelta(seconds=1)}
        connection.execute(update(timer_table).where(timer_table.c.id == held.id).values(**values))


def _is_open(timer: Row[Any]) -> bool:
    return timer.done_at is None


def _was_asked(timer: Row[Any]) -> bool:
    """A timer that fired; one taken back before its time was done earlier than it was due."""
    return timer.done_at is not None and timer.done_at >= timer.due_at


def _planned(connection: Connection, contact: str) -> list[Row[Any]]:
    """The check-ins of the yes that stands, asked, open or taken back."""
    yes = _yes(connection, contact)
    if yes is None:
        return []
    query = select(timer_table).where(timer_table.c.contact_id == contact, timer_table.c.once.startswith(f"check_in:{yes.id}:"))
    return list(connection.execute(query.order_by(timer_table.c.due_at)).all())


def _yes(connection: Connection, contact: str) -> Row[Any] | None:
    stands = (consents.c.contact_id == contact) & (consents.c.what == "check_ins") & consents.c.withdrawn_at.is_(None)
    return connection.execute(select(consents).where(stands).order_by(consents.c.given_at.desc()).limit(1)).one_or_none()


def agreed(connection: Connection, contact: str) -> bool:
    """Whether a yes to check-ins stands."""
    return _yes(connection, contact) is not None


def check_ins(connection: Connection, contact: str) -> list[dict[str, Any]]:
    """The check-ins agreed to, in order: their day, and whether that one was asked; without those left out or taken back."""
    return [{"at": one.due_at, "asked": _was_asked(one)} for one in _planned(connection, contact) if _is_open(one) or _was_asked(one)]


def _last_case(connection: Connection, contact: str) -> Row[Any] | None:
    query = select(cases).where(cases.c.contact_id == contact).order_by(cases.c.opened_at.desc()).limit(1)
    return connection.execute(query).one_or_none()


def set_first_day(connection: Connection, case: str, user: str, day: datetime | None) -> None:
    """The first day human and person set, or moved; check-ins not asked yet are counted anew."""
    query = update(cases).where(cases.c.id == case).values(first_day=day).returning(cases.c.contact_id)
    plan(connection, str(connection.execute(query).scalar_one()))
    note(connection, "first_day_set", user=user, case=case)


def set_safe_hours(connection: Connection, case: str, user: str, start: str, end: str) -> None:
    """A safe time agreed with the person: we may start again, within these hours only. Raises ValueError for no such hours."""
    hours, contact = safe_time.span(start, end), _contact(connection, case)
    connection.execute(update(contacts).where(contacts.c.id == contact).values(safe_hours=hours, quiet=False))
    plan(connection, contact)
    _open_again(connection, contact)
    note(connection, "safe_time_set", user=user, case=case)


def _open_again(connection: Connection, contact: str) -> None:
    """What was put down while no time was safe, and whose own time is still to come; then each looks whether it still holds."""
    mine = (timer_table.c.contact_id == contact) & timer_table.c.name.in_(RESUMED)
    put_down = (timer_table.c.done_at < timer_table.c.due_at) & (timer_table.c.due_at > now())
    connection.execute(update(timer_table).where(mine, put_down).values(done_at=None))


def drop_safe_hours(connection: Connection, case: str, user: str) -> None:
    """No time is safe any more: we start nothing."""
    hush(connection, _contact(connection, case))
    note(connection, "safe_time_dropped", user=user, case=case)


def _contact(connection: Connection, case: str) -> str:
    return str(connection.execute(select(cases.c.contact_id).where(cases.c.id == case)).scalar_one())


def hush(connection: Connection, contact: str) -> None:
    """Nothing of ours starts until a human sets a safe time; one set before holds no more."""
    connection.execute(update(contacts).where(contacts.c.id == contact).values(quiet=True, safe_hours=None))
    timers.cancel(connection, contact)
    unsent = (messages.c.contact_id == contact) & (messages.c.direction == "out") & messages.c.status.in_(("queued", "waiting"))
    connection.execute(update(messages).where(unsent, messages.c.reply.in_(STARTED)).values(status="cancelled"))


def drop_late(connection: Connection, vault: Vault, contact: str) -> None:
    """The person writes: what we began days ago, and what waited for WhatsApp's window since, does not come out now."""
    if connection.execute(_late(), {"contact": contact, "began": now() - NONSENSE}).rowcount:
        _unask(connection, vault, contact)


@cache
def _late() -> Update:
    """As one statement, built once: it runs with every message that comes in."""
    waits = (messages.c.contact_id == bindparam("contact")) & (messages.c.direction == "out") & (messages.c.status == "waiting")
    late = messages.c.at < bindparam("began", type_=messages.c.at.type)
    return update(messages).where(waits, late, messages.c.reply.in_(STARTED)).values(status="cancelled")


def _unask(connection: Connection, vault: Vault, contact: str) -> None:
    """The question in it was never seen: nothing said now is an answer to it."""
    talk = conversations.c.contact_id == contact
    state = vault.open_json(connection.scalar(select(conversations.c.state).where(talk))) or {}
    kept = {name: value for name, value in state.items() if name not in ("asked", "context")}
    connection.execute(update(conversations).where(talk).values(state=vault.close_json(kept), menu=None))


def closed(connection: Connection, case: Row[Any], user: str) -> None:
    """A case was closed: nothing of it is said late, its human may say how it went, and check-ins agreed for an earlier one end."""
    timers.cancel(connection, case.contact_id, "returned", "went")
    yes = _yes(connection, case.contact_id)
    if yes is not None and yes.given_at < case.opened_at:
        end(connection, case.contact_id)
    plan(connection, case.contact_id)
    timers.add(
        connection, case.contact_id, "how_was_it", now() + timedelta(days=2), once=f"how_was_it:{case.id}:{now().isoformat()}", case=case.id
    )
    _may_say(connection, case.id, user, "close")


def transferred(connection: Connection, case: Row[Any], to: str) -> None:
    """A case went to another human: both may say how that went, and the person is asked in a few days, once."""
    if case.owner_id in (None, to):
        return
    for user in (case.owner_id, to):
        _may_say(connection, case.id, user, "transfer")
    timers.cancel(connection, case.contact_id, "went")
    timers.add(connection, case.contact_id, "went", now() + WENT, once=f"went:{case.id}:{to}", case=case.id, args={"human": to})


def _may_say(connection: Connection, case: str, user: str, about: str) -> None:
    """Room for a member of staff's word (bot/feedback.py); once while it is empty."""
    held = select(feedback.c.id).where(feedback.c.case_id == case, feedback.c.user_id == user, feedback.c.about == about)
    if connection.scalar(held.where(feedback.c.at.is_(None)).limit(1)) is None:
        connection.execute(insert(feedback).values(case_id=case, user_id=user, about=about, asked_at=now()))


def share_words(connection: Connection, contact: str, until: str) -> None:
    """The person said their human may read what they told us: what they wrote since we asked how it is."""
    mine = messages.c.contact_id == contact
    last = select(messages.c.seq).where(messages.c.id == until).scalar_subquery()
    ours = select(messages.c.seq).where(mine, messages.c.direction == "out", messages.c.reply == "ask_how_was_it", messages.c.seq < last)
    asked = connection.scalar(ours.order_by(messages.c.seq.desc()).limit(1)) or 0
    told = (messages.c.author == "person") & (messages.c.seq > asked) & (messages.c.seq <= last)
    connection.execute(update(messages).where(mine, told).values(consented=True))
