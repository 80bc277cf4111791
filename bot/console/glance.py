"""The case at a glance, beside its story: what was said on each thing already, the road so far, earlier talks, what is agreed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from bot import corrections, formal, notes, phases, replies, tags, tasks
from bot.console import phrases, story
from bot.console.desk import Refused, Staff
from bot.console.shapes import Case, Message
from bot.replies import SOURCE
from bot.tables import cases, conversations, joined, messages
from bot.vault import Vault

EARLIER = 10  # talks
LOOKED_AT = 300  # messages of ours, the newest
# Which ready phrases are about which barrier.
ABOUT = {"money": ("money", "debts", "benefit_fear"), "children": ("childcare",), "letters": ("literacy", "complex_rules")}
# What the person answered to the safety line, by what the bot said then (actions/urgent.py).
ANSWERED = {
    "good_safe_now": "safe", "call_112": "danger", "without_call": "cannot_call", "stop_writing": "not_now", "alert_withdrawn": "no_human",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """Something said to the person already, in Dutch: by the bot, or by a human with a ready phrase."""

    text: str
    at: datetime
    human: bool


@dataclass(frozen=True)
class Earlier:
    """A talk of this person that was closed."""

    id: str
    closed_at: datetime
    outcome: str | None
    own: str | None
    step: str | None
    owner: str | None


def glance(connection: Connection, vault: Vault, staff: Staff, row: Row[Any], case: Case) -> dict[str, Any]:
    """What the page of a case shows besides the case itself."""
    ours = _ours(connection, vault, row)
    earlier = earlier_talks(connection, vault, staff, row)
    works, reads = works_on(connection, staff, row), story.reads(staff, row)
    held = story.labels_of(connection, row)
    trained = staff.role in ("advisor", "coordinator")  # others see of what colleagues wrote only what is for them
    return {
        "phases": _phases(connection, row),
        "goal": next((one for one in story.told_labels(vault, held, reads) if one.id == case.goal), None),
        "said": _by_barrier([one.id for one in case.barriers], ours),
        "earlier": earlier,
        "agreed": case.next_step or next((one.step for one in earlier if one.step), None),
        "answered": _answered(row, ours),
        "formal": _formal(connection, row, case) if reads else None,
        "edit": _editable(connection, vault, row, held) if works and row.status == "taken" else {},
        "notes": _notes(connection, vault, staff, row),
        "tags_in_use": [one for one in tags.in_use(connection) if one not in row.tags] if trained else [],
        "tasks": tasks.of_case(connection, vault, row.id, only=None if trained else staff.id) if reads else [],
        "who_may": tasks.who_may(connection, row.id) if works else [],
        "may_note": reads,
        "may_reopen": row.status == "closed" and (row.owner_id == staff.id or staff.role == "coordinator"),
    }


def works_on(connection: Connection, staff: Staff, row: Row[Any]) -> bool:
    """Whether somebody has this case, or joined it."""
    here = (joined.c.case_id == row.id) & (joined.c.user_id == staff.id) & (joined.c.status == "agreed") & joined.c.left_at.is_(None)
    return bool(row.owner_id == staff.id or connection.scalar(select(exists().where(here))))


def _phases(connection: Connection, row: Row[Any]) -> list[tuple[str, datetime | None]]:
    found = dict(phases.reached(connection, row.contact_id))
    return [(phase, found.get(phase)) for phase in phases.ORDER]


@dataclass(frozen=True)
class _Sent:
    names: tuple[str, ...]  # replies
    phrase: str | None
    at: datetime


def _ours(connection: Connection, vault: Vault, row: Row[Any]) -> list[_Sent]:
    """What we sent this person in this acquaintance, the oldest first: names of replies and phrases, not the words."""
    mine = (messages.c.contact_id == row.contact_id) & (messages.c.direction == "out") & messages.c.body.is_not(None)
    until = messages.c.at <= row.closed_at if row.closed_at is not None else messages.c.at >= _began(connection, row)
    query = select(messages.c.body, messages.c.reply, messages.c.at, messages.c.author).where(mine, until)
    query = query.where(messages.c.status.not_in(("cancelled", "failed")), messages.c.at >= _began(connection, row))
    found = []
    for one in connection.execute(query.order_by(messages.c.seq.desc()).limit(LOOKED_AT)).all()[::-1]:
        body = vault.open_json(one.body) or {}
        names = tuple(body.get("said") or filter(None, [one.reply]))
        found.append(_Sent(names, body.get("phrase") if one.at >= row.opened_at else None, one.at))
    return found


def _began(connection: Connection, row: Row[Any]) -> datetime:
    began: datetime = connection.execute(
        select(conversations.c.started_at).where(conversations.c.contact_id == row.contact_id)
    ).scalar_one()
    return began


def _by_barrier(barriers: Iterable[str], ours: Iterable[_Sent]) -> dict[str, list[Said]]:
    """By barrier, what was said on it already: each sentence once, the last time."""
    known = {one.name: one for one in phrases.offered(SOURCE)}
    found: dict[str, dict[str, Said]] = {barrier: {} for barrier in barriers}
    for sent in ours:
        ready = known.get(sent.phrase or "")
        for barrier, said in found.items():
            if f"barrier_{barrier}" in sent.names:
                said["bot"] = Said(replies.texts(SOURCE)["replies"][f"barrier_{barrier}"]["text"], sent.at, human=False)
            if ready is not None and barrier in ABOUT.get(ready.topic, ()):
                said[ready.name] = Said(ready.source, sent.at, human=True)
    return {barrier: list(said.values()) for barrier, said in found.items() if said}


def _answered(row: Row[Any], ours: Iterable[_Sent]) -> tuple[str, datetime] | None:
    """The person's last answer to the safety line of this case, and when."""
    after = [sent for sent in ours if row.urgent and sent.at >= row.opened_at]
    told = [(ANSWERED[name], sent.at) for sent in after for name in sent.names if name in ANSWERED]
    return told[-1] if told else None


def earlier_talks(connection: Connection, vault: Vault, staff: Staff, row: Row[Any]) -> list[Earlier]:
    """Closed cases of this person that this member of staff may see; none of before somebody else held the phone."""
    before = (cases.c.contact_id == row.contact_id) & (cases.c.status == "closed") & (cases.c.id != row.id)
    query = select(cases.c.id).where(before, cases.c.opened_at >= _began(connection, row), cases.c.opened_at <= row.opened_at)
    found = []
    for case in connection.scalars(query.order_by(cases.c.closed_at.desc()).limit(EARLIER)).all():
        one = story.find(connection, case)
        try:
            story.may_see(staff, one)
        except Refused:
            continue
        step = vault.open_json(one.next_step) if story.reads(staff, one) else None
        found.append(Earlier(one.id, one.closed_at, one.outcome, one.own_outcome, step["text"] if step else None, one.owner))
    return found


def _notes(connection: Connection, vault: Vault, staff: Staff, row: Row[Any]) -> list[notes.Note]:
    """A volunteer or outreach worker sees their own; a coordinator who does not have the case only what was hard for somebody."""
    others = staff.role == "advisor" or (staff.role == "coordinator" and row.owner_id == staff.id)
    return notes.read(connection, vault, row.id, staff.id, others=others, debriefs=staff.role == "coordinator")


def _editable(connection: Connection, vault: Vault, row: Row[Any], held: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By kind and label: the signals a human may put right, with what they may become, and the words the person may be asked about."""
    found = {}
    for one in held:
        if one["kind"] in corrections.KINDS and one["source"] != "tapped":
            words = corrections.words_to_ask(connection, vault, row.id, one["id"])
            others = [name for name in corrections.choices_of(one["kind"]) if name != one["label"]]
            found[f"{one['kind']}:{one['label']}"] = {"id": one["id"], "kind": one["kind"], "others": others, "words": words}
    return found


def _formal(connection: Connection, row: Row[Any], case: Case) -> dict[str, Any] | None:
    """A formal message: its words, the right desk, and whether its receipt was sent; None without one."""
    words: list[Message] = [one for one in case.messages if one.formal]
    if not words and formal.TAG not in row.tags:
        return None
    receipt = formal.wording(connection, row.id, SOURCE)["text"]
    return {"messages": words, "desk": formal.desk(connection), "at": row.formal_at, "receipt": receipt}
