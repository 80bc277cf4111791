"""Who could have a case, best first, each with the reasons: what bot/matching.py offers by and what staff are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy import case as when

from bot import consent, facts
from bot.clock import now
from bot.replies import SOURCE
from bot.tables import cases, contacts, conversations, knows, users

VOLUNTEER = "ambassador"
ROLES = ("advisor", VOLUNTEER, "coordinator")
USUAL_MOST = {VOLUNTEER: 3}  # conversations at once, where nothing else was agreed
MOST = 12
PRESENT = timedelta(minutes=5)  # on duty: seen so recently (conversation.md, rule 1)
NEVER = datetime.min
Reason = dict[str, Any]


@dataclass(frozen=True)
class Candidate:
    """A colleague who could have a case. `reasons`: {"reason": id, "value": …}, what counts most first."""

    id: str
    name: str
    role: str
    languages: list[str]
    load: int
    asked: bool  # may be offered it; else a colleague can only give it by hand
    same: bool  # had this person before
    back_at: datetime | None  # a volunteer outside their own hours: when these begin
    reasons: list[Reason]


@dataclass(frozen=True)
class Wanted:
    """What a case asks for: its row with the person's language, what was agreed to be seen, and the moment somebody reads it."""

    case: Row[Any]
    labels: frozenset[str]  # goal and barriers
    wishes: frozenset[str]
    facts: Mapping[str, Any]
    at: datetime
    reads_at: datetime  # outside opening hours: when we open


def candidates(connection: Connection, case: str, *, at: datetime | None = None) -> list[Candidate]:
    """Everybody who could have this case, best first. Raises KeyError."""
    wanted = _wanted(connection, case, at or now())
    known = set(connection.scalars(select(knows.c.user_id).where(knows.c.contact_id == wanted.case.contact_id)))
    loads, lasts = _loads(connection, case)
    ranked = []
    for row in connection.execute(select(users).where(users.c.disabled_at.is_(None))).all():
        if row.id not in known and _may_have(wanted, row):
            load = loads.get(row.id, 0)
            ranked.append((_rank(wanted, row, load, lasts.get(row.id)), _candidate(wanted, row, load)))
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])]


def opens(found: Mapping[str, Any], at: datetime, hours: Mapping[str, Any] | None = None) -> datetime:
    """When these hours (empty: the deployment's) begin: `at` itself within them, or where no hours were ever set."""
    return facts.after({**found, "hours": hours or found.get("hours") or {}}, at)


def within(found: Mapping[str, Any], hours: Mapping[str, Any], at: datetime) -> bool:
    """Whether somebody with these hours works at a moment."""
    return opens(found, at, hours) == at


def _wanted(connection: Connection, case: str, at: datetime) -> Wanted:
    query = select(cases, conversations.c.language, contacts.c.human_id).join(contacts, contacts.c.id == cases.c.contact_id)
    query = query.join(conversations, conversations.c.contact_id == contacts.c.id).where(cases.c.id == case)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise KeyError(case)
    seen = [] if row.scope == "nothing" else consent.visible(connection, row.contact_id)  # never what was not agreed to
    labels = frozenset(one["label"] for one in seen if one["kind"] in ("goal", "barrier"))
    wishes = frozenset(one["label"] for one in seen if one["kind"] == "wish")
    found = facts.read(connection)
    return Wanted(row, labels, wishes, found, at, at if row.urgent else opens(found, at))


def _loads(connection: Connection, case: str) -> tuple[dict[str, int], dict[str, datetime]]:
    """How many conversations everybody has or is offered, this one apart, and when each got the last one."""
    other, taken = cases.c.id != case, when((cases.c.status == "taken", 1), else_=0)
    owned = select(cases.c.owner_id, func.sum(taken), func.max(cases.c.taken_at)).where(other, cases.c.owner_id.is_not(None))
    waits = other & (cases.c.status == "waiting") & cases.c.offered_to.is_not(None)
    offered = select(cases.c.offered_to, func.count(), func.max(cases.c.offered_at)).where(waits)
    loads: dict[str, int] = {}
    lasts: dict[str, datetime] = {}
    for query in (owned.group_by(cases.c.owner_id), offered.group_by(cases.c.offered_to)):
        for user, many, last in connection.execute(query).all():
            loads[user] = loads.get(user, 0) + many
            if last is not None:
                lasts[user] = max(last, lasts.get(user, last))
    return loads, lasts


def _may_have(wanted: Wanted, row: Row[Any]) -> bool:
    """Nobody who is away; nothing urgent for a volunteer; an outreach worker only where the person asked for them."""
    if row.away_until is not None and row.away_until > wanted.at:
        return False
    if row.role == "outreach":
        return wanted.case.urgent is None and any("along" in wish for wish in wanted.wishes)
    return row.role in ROLES and not (row.role == VOLUNTEER and wanted.case.urgent)


def _rank(wanted: Wanted, row: Row[Any], load: int, last: datetime | None) -> tuple[Any, ...]:
    """What counts, most first. A wish goes before the language: the console helps across languages, not across a wish."""
    language, interpreter = not _speaks(wanted, row), "wish_interpreter" in wanted.wishes
    return (
        bool(wanted.case.urgent) and not _present(wanted, row),
        not _same(wanted, row),
        0 if wanted.case.urgent else _role_rank(wanted, row),
        not within(wanted.facts, row.hours, wanted.reads_at),
        _role_rank(wanted, row),
        load >= _most(row),
        "wish_woman" in wanted.wishes and not row.woman,
        "wish_outside" in wanted.wishes and bool(row.neighbourhood),
        language and not interpreter,
        -len(_shared(wanted, row)),
        language,
        load,
        (last or NEVER).replace(tzinfo=None),
        row.name,
    )


def _role_rank(wanted: Wanted, row: Row[Any]) -> int:
    """As the person chose; an advisor where no volunteer can; a coordinator after those; the rest only by hand."""
    order = (VOLUNTEER, "advisor", "coordinator") if wanted.case.to == VOLUNTEER else ("advisor", "coordinator", VOLUNTEER)
    return order.index(row.role) if row.role in order else len(order)


def _candidate(wanted: Wanted, row: Row[Any], load: int) -> Candidate:
    volunteer = row.role == VOLUNTEER
    by_hand = row.role == "outreach" or (volunteer and (wanted.case.to != VOLUNTEER or not row.alias))
    outside = volunteer and not within(wanted.facts, row.hours, wanted.at)
    back_at = opens(wanted.facts, wanted.at, row.hours) if outside else None
    named = (row.id, row.name, row.role, list(row.languages))
    return Candidate(*named, load, not by_hand, _same(wanted, row), back_at, _reasons(wanted, row, load))


def _reasons(wanted: Wanted, row: Row[Any], load: int) -> list[Reason]:
    """Why this colleague, or why not at once; a value is what fills in the sentence."""
    code, wishes, shared = wanted.case.language, wanted.wishes, sorted(_shared(wanted, row))
    outside = not within(wanted.facts, row.hours, wanted.reads_at)
    found: list[tuple[bool, str, Any]] = [
        (bool(wanted.case.urgent) and _present(wanted, row), "present", None),
        (_same(wanted, row), "same", None),
        (row.role == VOLUNTEER == wanted.case.to, "chosen", None),
        (row.role == "coordinator", "last_resort", None),
        (row.role == VOLUNTEER and not row.alias, "no_alias", None),
        ("wish_woman" in wishes and row.woman, "woman", None),
        ("wish_outside" in wishes and not row.neighbourhood, "outside", None),
        (code is not None and code != SOURCE and _speaks(wanted, row), "language", code),
        (not _speaks(wanted, row), "interpreter" if "wish_interpreter" in wishes else "other_language", code),
        (bool(shared), "road", shared),
        (outside, "other_hours", None),
        (load >= _most(row), "full", load),
        (load < _most(row), "load", load),
    ]
    firsts = [{"reason": "first", "value": {"label": label, "name": name}} for label, name in _firsts(wanted)]
    return [{"reason": name, "value": value} for so, name, value in found if so] + firsts


def _firsts(wanted: Wanted) -> list[tuple[str, str]]:
    """Whom the directory names first for what stands in the way; the advisor joins later (conversation.md, step 4)."""
    helps = wanted.facts.get("helps", {})
    return [(label, str(helps[label]["name"])) for label in sorted(wanted.labels) if label in helps]


def _same(wanted: Wanted, row: Row[Any]) -> bool:
    return bool(row.id == wanted.case.human_id)


def _present(wanted: Wanted, row: Row[Any]) -> bool:
    return row.seen_at is not None and row.seen_at > wanted.at - PRESENT


def _speaks(wanted: Wanted, row: Row[Any]) -> bool:
    """Somebody of whom no language is known speaks that of the desk."""
    return wanted.case.language is None or wanted.case.language in (row.languages or [SOURCE])


def _shared(wanted: Wanted, row: Row[Any]) -> frozenset[str]:
    return wanted.labels & frozenset(row.road)


def _most(row: Row[Any]) -> int:
    return int(row.most if row.most is not None else USUAL_MOST.get(row.role, MOST))
