"""What one member of staff may see of a case, and nothing else: the API and the pages both read it here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select, true

from bot import appointments, consent, phases, slots, together
from bot import cases as domain
from bot.clock import now
from bot.console import dutch
from bot.console.desk import Refused, Staff
from bot.console.shapes import Appointment, Case, Contact, File, Joined, Label, Message, PhaseAt
from bot.console.words import label as words_for
from bot.console.words import say
from bot.tables import cases, consents, contacts, conversations, knows, media, messages, users
from bot.vault import Vault

DUTCH = "nl"  # the one line on top of a case is Dutch, whatever the page's language (conversation.md)
MOST = 300  # messages shown of one talk, the newest


Found = Row[Any]


def find(connection: Connection, case: str) -> Row[Any]:
    """A case with its contact, conversation and owner. Raises Refused 404."""
    fields = (contacts.c.channel, contacts.c.last_in_at, contacts.c.stopped_at, contacts.c.gone_at, contacts.c.quiet, contacts.c.safe_hours)
    talk = (conversations.c.language, conversations.c.phase, conversations.c.owner.label("speaker"))
    match = (asked_name(), known_by(), together.with_them().label("with_them"))
    query = select(cases, *fields, *talk, *match, users.c.name.label("owner")).join(contacts, contacts.c.id == cases.c.contact_id)
    query = query.join(conversations, conversations.c.contact_id == contacts.c.id).outerjoin(users, users.c.id == cases.c.owner_id)
    row = connection.execute(query.where(cases.c.id == case)).one_or_none() if case.isalnum() else None
    if row is None:
        raise Refused(404, "not_found")
    return row


def asked_name() -> ColumnElement[str]:
    """The column with the name of whom a case is offered to."""
    asked = users.alias("asked")
    return select(asked.c.name).where(asked.c.id == cases.c.offered_to).scalar_subquery().label("asked")


def known_by() -> ColumnElement[str]:
    """The column with the ids of staff who know the person from outside."""
    ids = select(func.aggregate_strings(knows.c.user_id, ",")).where(knows.c.contact_id == cases.c.contact_id)
    return ids.scalar_subquery().label("known_by")


def knows_person(staff: Staff, row: Row[Any]) -> bool:
    """Whether this member of staff said to know the person (bot/matching.py)."""
    return staff.id in (row.known_by or "").split(",")


def may_see(staff: Staff, row: Row[Any]) -> None:
    """Raises Refused 403 for a case this role does not see (contract.md, roles)."""
    if row.owner_id == staff.id or staff.role == "coordinator":
        return
    if together.is_with(staff.id, row) or (row.status == "waiting" and (staff.role == "advisor" or offered_to_ambassador(staff, row))):
        return
    raise Refused(403, "not_yours" if staff.role != "outreach" and row.owner_id else "forbidden")


def may_take(staff: Staff, row: Row[Any]) -> None:
    """Raises Refused 403 for who may be along on a waiting case, but not have it."""
    if staff.role not in ("advisor", "coordinator") and row.owner_id != staff.id and not offered_to_ambassador(staff, row):
        raise Refused(403, "forbidden")


def offered_to_ambassador(staff: Staff, row: Row[Any]) -> bool:
    """Whether an ambassador may have this case: for one like them, not urgent, and of nobody they know."""
    return staff.role == "ambassador" and row.to == "ambassador" and row.urgent is None and not knows_person(staff, row)


def reads(staff: Staff, row: Row[Any]) -> bool:
    """Whether somebody reads the person's words: a coordinator only in cases taken by themselves."""
    return staff.role != "coordinator" or row.owner_id == staff.id or together.is_with(staff.id, row)


def tell(connection: Connection, vault: Vault, staff: Staff, row: Row[Any], media_base: str) -> Case:
    """The whole case as this member of staff may see it."""
    open_words = reads(staff, row)
    held = labels_of(connection, row)
    by_kind = {kind: [_label(vault, one, open_words) for one in held if one["kind"] == kind] for kind in _KINDS}
    goal = next((one["label"] for one in held if one["kind"] == "goal"), None)
    until = None if row.channel != "whatsapp" or row.last_in_at is None else row.last_in_at + domain.WINDOW
    step = vault.open_json(row.next_step) if open_words else None
    return Case(
        **line(row, goal),
        contact=Contact(id=row.contact_id, language=row.language),
        strengths=by_kind["strength"], drivers=by_kind["driver"], barriers=by_kind["barrier"],
        about=by_kind["about"], wishes=by_kind["wish"],
        phase=row.phase, phases=_phases(connection, row), own_outcome=row.own_outcome, tags=row.tags,
        summary=summary(held, row.urgent, row.urgent_strength), code_word=row.code_word,
        window_until=until, outcome=row.outcome, next_step=step["text"] if step else None, first_day=row.first_day,
        appointments=_appointments(connection, vault, row),
        joined=[Joined(name=one.name, role=one.role, how=one.how, status=one.status) for one in together.of(connection, row.id)],
        messages=talk(connection, vault, row, media_base) if open_words else [],
    )  # fmt: skip


def labels_of(connection: Connection, row: Row[Any]) -> list[dict[str, Any]]:
    """The labels agreed to; an urgent case without a yes has none."""
    return [] if row.scope == "nothing" else consent.visible(connection, row.contact_id)


_KINDS = ("strength", "driver", "barrier", "about", "wish")


def _phases(connection: Connection, row: Row[Any]) -> list[PhaseAt]:
    return [PhaseAt(phase=phase, at=at) for phase, at in phases.reached(connection, row.contact_id)]


def _appointments(connection: Connection, vault: Vault, row: Row[Any]) -> list[Appointment]:
    return [
        Appointment(
            **{name: getattr(one, name) for name in ("id", "kind", "status", "at", "minutes", "calls_from", "interpreter", "moved")},
            options=slots.moments_of(one.options),
            place=slots.place_line(vault, one) or None,
        )
        for one in appointments.of_case(connection, row.id)
    ]


def told_labels(vault: Vault, held: Iterable[dict[str, Any]], open_words: bool) -> list[Label]:
    """Labels with the words that carried them, where those may be read."""
    return [_label(vault, one, open_words) for one in held]


def line(row: Row[Any], goal: str | None) -> dict[str, Any]:
    """The fields a case has in a list."""
    same = ("id", "status", "channel", "language", "urgent", "urgent_strength", "waiting_since", "owner", "to")
    offered = row.asked if row.status == "waiting" else None
    return {"goal": goal, "offered_to": offered, **{name: getattr(row, name) for name in same}}


def _label(vault: Vault, one: dict[str, Any], open_words: bool) -> Label:
    evidence = vault.open(one["evidence"]) if open_words else None
    return Label(id=one["label"], source=one["source"], confirmed=one["confirmed"], evidence=evidence)


def summary(held: Iterable[dict[str, Any]], urgent: str | None, strength: str | None) -> str:
    """One plain Dutch line: urgent, wants, can, hard."""
    named: dict[str, list[str]] = {}
    for one in held:
        sure, word = one["source"] != "guessed" or one["confirmed"], words_for(DUTCH, one["label"])
        named.setdefault(one["kind"], []).append(word if sure else say(DUTCH, "summary.perhaps", word=word))
    parts = []
    if urgent:
        parts.append(say(DUTCH, f"summary.urgent_{strength or 'sure'}", urgent=words_for(DUTCH, urgent)))
    for kind, name in (("goal", "wants"), ("strength", "can"), ("barrier", "hard")):
        if kind in named:
            parts.append(say(DUTCH, f"summary.{name}", **{name: _joined(named[kind][:4])}))
    return " ".join(f"{part}." for part in parts or [say(DUTCH, "summary.nothing")])


def _joined(words: list[str]) -> str:
    *most, last = words
    return say(DUTCH, "summary.and", most=", ".join(most), last=last) if most else last


def talk(connection: Connection, vault: Vault, row: Row[Any], media_base: str) -> list[Message]:
    """The messages this case may show, in order."""
    query = select(messages, users.c.name, users.c.alias).outerjoin(users, users.c.id == messages.c.user_id)
    found = connection.execute(query.where(visible(connection, row)).order_by(messages.c.seq.desc()).limit(MOST)).all()[::-1]
    files = _files(connection, [one.id for one in found], media_base)
    menus: list[list[dict[str, str]]] = [[]]
    return [_message(vault, one, files.get(one.id, []), menus, row.language) for one in found]


def visible(connection: Connection, row: Row[Any]) -> ColumnElement[bool]:
    """Which messages a case shows: those agreed to, and with a yes that still stands what came after it (conversation.md, rules 1 and 8).

    Without a yes (an urgent case) that one message, and what we said for safety. A closed case shows nothing of a later one.
    """
    mine = messages.c.contact_id == row.contact_id
    ours = and_(messages.c.direction == "out", messages.c.status != "cancelled")
    shown = or_(messages.c.author != "bot", messages.c.kind == "mark", ours)  # a timer's turn is nobody's message
    after = messages.c.seq > row.from_seq
    if row.closed_at is not None:
        after = and_(after, messages.c.at <= row.closed_at)
    told = and_(ours, messages.c.kind == "safety", messages.c.at >= row.opened_at)
    agreed = or_(messages.c.consented, after) if _stands(connection, row) else and_(messages.c.consented, after)
    return and_(mine, shown, or_(agreed, told, messages.c.id == row.message_id), _before_next(connection, row))


def _stands(connection: Connection, row: Row[Any]) -> bool:
    """Whether there is a yes to this case that was not taken back."""
    yes = (consents.c.contact_id == row.contact_id) & (consents.c.what == "handover") & consents.c.withdrawn_at.is_(None)
    return row.scope != "nothing" and bool(connection.scalar(select(exists(select(consents.c.id).where(yes)))))


def _before_next(connection: Connection, row: Row[Any]) -> ColumnElement[bool]:
    later = select(cases.c.from_seq).where(cases.c.contact_id == row.contact_id, cases.c.opened_at > row.opened_at)
    limit = connection.scalar(later.order_by(cases.c.opened_at).limit(1))
    return true() if limit is None else messages.c.seq <= limit


def _message(vault: Vault, row: Row[Any], files: list[File], menus: list[list[dict[str, str]]], language: str | None) -> Message:
    """One message; `menus` gathers the choices put so far, so that a tap or a number is shown in words."""
    body = vault.open_json(row.body) or {}
    choices = [one for one in body.get("choices", ()) if one.get("label")]
    if choices:
        menus.append(choices)
    tapped = next((one["label"] for menu in reversed(menus) for one in menu if one["id"] == body.get("picked")), None)
    text = body.get("text") or tapped
    meant = dutch.theirs(text or "", menus[-1], language) if row.direction == "in" else dutch.ours(body, row.reply, language)
    mark = {"name": body["mark"], "value": str(body.get("value", ""))} if body.get("mark") else None
    mark_at = datetime.fromisoformat(body["about"]) if body.get("about") else None
    name = (row.alias or row.name) if row.author == "human" else None
    labels = [one["label"] for one in choices]
    return Message(
        id=row.id, direction=row.direction, author=row.author, name=name, text=text, media=files, at=row.at,
        kind=row.kind, status=row.status, choices=labels, mark=mark, mark_at=mark_at,
        formal=bool(body.get("formal")), original=body.get("original"), dutch=meant,
    )  # fmt: skip


def _files(connection: Connection, ids: list[str], base: str) -> dict[str, list[File]]:
    fields = (media.c.id, media.c.message_id, media.c.kind, media.c.content_type, media.c.wanted_at, media.c.error, media.c.fetched_at)
    found: dict[str, list[File]] = {}
    for row in connection.execute(select(*fields).where(media.c.message_id.in_(ids))):
        state = "not_agreed" if row.wanted_at is None else "here" if row.fetched_at else "failed" if row.error else "coming"
        url = f"{base}/{row.id}" if state == "here" else None
        found.setdefault(row.message_id, []).append(File(kind=row.kind, url=url, content_type=row.content_type, state=state))
    return found


def cannot(row: Row[Any], at: datetime | None = None) -> str | None:
    """Why nothing can be sent now: closed, stopped, gone, window; None when it can."""
    if row.status == "closed":
        return "closed"
    if row.stopped_at is not None:
        return "stopped"
    if row.gone_at is not None:
        return "gone"
    if row.channel == "whatsapp" and (row.last_in_at is None or row.last_in_at + domain.WINDOW <= (at or now())):
        return "window"
    return None


def held_back(connection: Connection, row: Row[Any]) -> datetime | None:
    """When a safety line goes out that waits for the human who has the conversation (conversation.md, rule 10)."""
    waits = (messages.c.contact_id == row.contact_id) & (messages.c.kind == "safety") & (messages.c.status == "queued")
    return connection.scalar(select(messages.c.due_at).where(waits, messages.c.tries == 0, messages.c.due_at > now()).limit(1))
