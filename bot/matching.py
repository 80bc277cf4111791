"""Who gets whom: a waiting case is offered to one colleague, who may say no without a reason; then the next one is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from bot import facts, timers
from bot.audit import note
from bot.candidates import Candidate, Reason, opens
from bot.candidates import candidates as candidates
from bot.clock import now
from bot.tables import cases, contacts, knows
from bot.vault import Vault

SAME_HUMAN = timedelta(days=1)  # so long a person who came back waits for the volunteer they know
REFUSED = "refused"  # in cases.match: who is not asked again for this case
LABELLED = ("road", "first")  # reasons that name what a person said: kept without it, told while it may be seen


def offer(connection: Connection, case: str, *, without: Iterable[str] = ()) -> str | None:
    """Offer a waiting case to the best colleague, `without` these; gives the id, or None when nobody can be asked now."""
    held = _held(connection, case)
    if held is None or held.status != "waiting":
        return None
    ranked = _asked(connection, held, without)
    waits = _waited_for(connection, held, ranked)
    best = None if waits else next((one for one in ranked if one.back_at is None), None)
    if best is None and ranked:
        due = waits or min(one.back_at for one in ranked if one.back_at is not None)
        timers.add(connection, held.contact_id, "offer", due, once=f"offer:{case}:{due:%y%m%d%H%M}", case=case)
    _write(connection, held, best)
    return best.id if best else None


def next_one(connection: Connection, case: str, without: set[str]) -> str | None:
    """Who would be asked next, without these and without who said no; a volunteer only within their own hours."""
    held = _held(connection, case)
    ranked = _asked(connection, held, without) if held is not None else []
    return next((one.id for one in ranked if one.back_at is None), None)


def refuse(connection: Connection, case: str, user: str) -> None:
    """Somebody is not asked again for this case, no reason needed; if it was offered to them, the next one is. Raises KeyError."""
    held = _held(connection, case)
    if held is None:
        raise KeyError(case)
    if user not in refusers(held):
        match = [*held.match, {"reason": REFUSED, "value": user}]
        connection.execute(update(cases).where(cases.c.id == case).values(match=match))
    if held.offered_to == user:
        offer(connection, case)


def knew(connection: Connection, case: str, user: str) -> None:
    """Staff and person know each other from outside: it is not offered to them, now or later. Raises KeyError."""
    held = _held(connection, case)
    if held is None:
        raise KeyError(case)
    if not knows_them(connection, user, held.contact_id):
        connection.execute(insert(knows).values(user_id=user, contact_id=held.contact_id, at=now()))
        note(connection, "knew", user=user, case=case)
    mine = (contacts.c.id == held.contact_id) & (contacts.c.human_id == user)
    connection.execute(update(contacts).where(mine).values(human_id=None))
    if held.offered_to == user:
        offer(connection, case)


def decline(connection: Connection, case: str, user: str) -> None:
    """ "Not for me". Raises KeyError."""
    refuse(connection, case, user)
    note(connection, "declined", user=user, case=case)


def knows_them(connection: Connection, user: str, contact: str) -> bool:
    """Whether a member of staff said to know this person."""
    query = select(knows.c.at).where(knows.c.user_id == user, knows.c.contact_id == contact)
    return connection.scalar(query) is not None


def offer_again(connection: Connection, user: str) -> None:
    """Somebody came, left or changed what they can do: what waits for them or for anybody is looked at anew."""
    waits = (cases.c.status == "waiting") & or_(cases.c.offered_to == user, cases.c.offered_to.is_(None))
    for case in connection.scalars(select(cases.c.id).where(waits).order_by(cases.c.waiting_since)).all():
        offer(connection, case)


def later(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """A volunteer's hours began: what waited for that is offered, unless somebody was asked meanwhile."""
    held = _held(connection, timer.case_id)
    if held is not None and held.offered_to is None:
        offer(connection, held.id)


def explain(connection: Connection, case: str) -> list[Reason]:
    """Why it was offered to whom it is, as it may be told now: what is no longer agreed to be seen is left out."""
    held = _held(connection, case)
    if held is None or held.offered_to is None:
        return []
    today = next((one for one in candidates(connection, case) if one.id == held.offered_to), None)
    told = {name: [one for one in (today.reasons if today else []) if one["reason"] == name] for name in LABELLED}
    reasons: list[Reason] = []
    for one in held.match:
        if one["reason"] in LABELLED:
            reasons += told.pop(one["reason"], [])
        elif one["reason"] != REFUSED:
            reasons.append(one)
    return reasons


def refusers(held: Row[Any]) -> set[str]:
    """Who said no to a case, or is not asked again for it."""
    return {str(one["value"]) for one in held.match if one["reason"] == REFUSED}


def _held(connection: Connection, case: str) -> Row[Any] | None:
    return connection.execute(select(cases).where(cases.c.id == case)).one_or_none()


def _asked(connection: Connection, held: Row[Any], without: Iterable[str]) -> list[Candidate]:
    out = {*without, *refusers(held)}
    return [one for one in candidates(connection, held.id) if one.asked and one.id not in out]


def _waited_for(connection: Connection, held: Row[Any], ranked: list[Candidate]) -> datetime | None:
    """When the best is a volunteer outside their hours: the moment to ask them, if it comes soon enough."""
    if not ranked or ranked[0].back_at is None:
        return None
    opening = opens(facts.read(connection), now())
    patience = max(opening, now() + SAME_HUMAN) if ranked[0].same else opening
    return ranked[0].back_at if ranked[0].back_at <= patience else None


def _write(connection: Connection, held: Row[Any], best: Candidate | None) -> None:
    """Who is asked and why; the words a person used stay with the labels, so that they go when those go."""
    kept = [one for one in held.match if one["reason"] == REFUSED]
    reasons = [{**one, "value": None} if one["reason"] in LABELLED else one for one in (best.reasons if best else [])]
    values: dict[str, Any] = {"match": [*reasons, *kept]}
    if best is None or best.id != held.offered_to or _older(held.offered_at, held.waiting_since):
        values |= {"offered_to": best.id if best else None, "offered_at": now() if best else None}
        if best is not None:
            note(connection, "offered", case=held.id, to=best.id)
    connection.execute(update(cases).where(cases.c.id == held.id).values(**values))


def _older(offered_at: datetime | None, waiting_since: datetime | None) -> bool:
    """Whether an offer is of an earlier time that the case waited: it came back since."""
    return offered_at is None or (waiting_since is not None and offered_at < waiting_since)
