"""What a turn does besides answering: each effect of docs/architecture.md, carried out in the turn's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from bot import asks, cases, consent, contacts, conversations, timers
from bot.clock import now
from bot.counters import count
from bot.replies import render
from bot.tables import cases as case_table
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import media, messages
from bot.vault import Vault

Effect = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """Where effects happen: the transaction, the contact, the message that caused them and its language."""

    connection: Connection
    vault: Vault
    contact: str
    message: str
    language: str


def carry_out(scene: Scene, effects: list[Effect]) -> None:
    """Carry out a turn's effects in order. Raises KeyError for an effect nobody knows."""
    for effect in effects:
        _EFFECTS[effect["effect"]](scene, effect)


def _set_language(scene: Scene, effect: Effect) -> None:
    conversations.set_language(scene.connection, scene.contact, effect["language"], chosen=bool(effect.get("chosen")))


def _keep_labels(scene: Scene, effect: Effect) -> None:
    consent.keep(scene.connection, scene.vault, scene.contact, scene.message, effect["labels"])


def _drop_labels(scene: Scene, effect: Effect) -> None:
    consent.drop(scene.connection, scene.contact, effect["labels"])


def _record_phase(scene: Scene, effect: Effect) -> None:
    conversations.record_phase(scene.connection, scene.contact, effect["phase"])


def _open_case(scene: Scene, effect: Effect) -> None:
    wording = [render(line, scene.language, "sms", effect.get("values", {})).text for line in effect.get("lines", [])]
    agreed = effect.get("labels") if effect["scope"] != "all" or effect.get("labels") else None
    wishes = [{"kind": "wish", "label": wish, "source": "tapped", "confirmed": True} for wish in effect.get("wishes", [])]
    _keep_labels(scene, {"labels": wishes})
    which = None if agreed is None else [*agreed, *effect.get("wishes", [])]
    to = effect.get("to", "advisor")
    case = cases.open_case(scene.connection, scene.vault, scene.contact, to=to, scope=effect["scope"], which=which, wording=wording)
    if effect["scope"] == "this":
        _share_message(scene, case)


def _share_message(scene: Scene, case: str) -> None:
    """ "Only this": the labels agreed, and no earlier message."""
    scene.connection.execute(update(case_table).where(case_table.c.id == case).values(message_id=None))


def _alert(scene: Scene, effect: Effect) -> None:
    cases.alert(scene.connection, scene.contact, scene.message, effect["urgent"], effect.get("urgent_strength", "sure"))
    scene.connection.execute(update(messages).where(messages.c.id == scene.message).values(sensitive=True))


def _withdraw_alert(scene: Scene, effect: Effect) -> None:
    cases.withdraw_alert(scene.connection, scene.contact)


def _quiet(scene: Scene, effect: Effect) -> None:
    on = bool(effect.get("on", True))
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(quiet=on))
    if on:
        timers.cancel(scene.connection, scene.contact)


def _minor(scene: Scene, effect: Effect) -> None:
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(minor=True))
    consent.drop(scene.connection, scene.contact, "all")
    timers.cancel(scene.connection, scene.contact)


def _stop(scene: Scene, effect: Effect) -> None:
    contacts.stop(scene.connection, scene.contact)
    timers.cancel(scene.connection, scene.contact)


def _start(scene: Scene, effect: Effect) -> None:
    contacts.start(scene.connection, scene.contact)


def _forget(scene: Scene, effect: Effect) -> None:
    """The rest happens when the goodbye is out (bot/retention.py): nothing else goes to this person."""
    timers.cancel(scene.connection, scene.contact)
    contacts.stop(scene.connection, scene.contact)


def _new_acquaintance(scene: Scene, effect: Effect) -> None:
    consent.drop(scene.connection, scene.contact, "all")
    consent.withdraw(scene.connection, scene.contact, "handover")
    timers.cancel(scene.connection, scene.contact)
    fresh = {"state": None, "menu": None, "phase": "reached", "started_at": now()}
    scene.connection.execute(update(talks).where(talks.c.contact_id == scene.contact).values(**fresh))
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(human_id=None, minor=False))
    old = (messages.c.contact_id == scene.contact) & (messages.c.id != scene.message) & (messages.c.status != "queued")
    scene.connection.execute(update(messages).where(old).values(body=None, erased_at=now()))
    open_ = (case_table.c.contact_id == scene.contact) & (case_table.c.status == "waiting")
    scene.connection.execute(update(case_table).where(open_).values(status="closed", closed_at=now(), outcome="unreachable"))


def _ask_later(scene: Scene, effect: Effect) -> None:
    days = int(effect.get("days", 7))
    once = f"ask_again:{scene.message}"
    timers.add(scene.connection, scene.contact, "ask_again", now() + timedelta(days=days), once=once)


CHECK_INS = (("2_days", 2), ("1_week", 7), ("3_weeks", 21))  # conversation.md, step 6


def _agree_check_ins(scene: Scene, effect: Effect) -> None:
    """Check-ins count from the first day the human and the person set, else from today."""
    consent.grant(scene.connection, scene.vault, scene.contact, "check_ins", [], days=90)
    query = select(case_table).where(case_table.c.contact_id == scene.contact).order_by(case_table.c.opened_at.desc()).limit(1)
    case = scene.connection.execute(query).one_or_none()
    first_day = case.first_day if case is not None and case.first_day is not None else now()
    key = case.id if case is not None else scene.contact
    for name, days in CHECK_INS:
        if (due := first_day + timedelta(days=days)) > now():
            args = {"after": name}
            timers.add(scene.connection, scene.contact, "check_in", due, once=f"check_in:{key}:{name}", case=key, args=args)


def _no_check_ins(scene: Scene, effect: Effect) -> None:
    consent.withdraw(scene.connection, scene.contact, "check_ins")
    timers.cancel(scene.connection, scene.contact, "check_in")


def _want_media(scene: Scene, effect: Effect) -> None:
    """A yes to passing on what was sent: the gateway fetches it, and the human sees it."""
    waiting = (media.c.contact_id == scene.contact) & media.c.wanted_at.is_(None)
    for row in scene.connection.execute(update(media).where(waiting).values(wanted_at=now()).returning(media.c.message_id)).all():
        scene.connection.execute(update(messages).where(messages.c.id == row.message_id).values(consented=True))
    consent.grant(scene.connection, scene.vault, scene.contact, "media", [])
    if cases.open_for(scene.connection, scene.contact) is None:
        cases.open_case(scene.connection, scene.vault, scene.contact, to="advisor", scope="story", which=[], wording=[])


def _mark_case(scene: Scene, name: str, value: str) -> None:
    """A line only staff see, in the order of the talk."""
    body = scene.vault.close_json({"text": "", "mark": name, "value": value})
    row = {"contact_id": scene.contact, "direction": "in", "author": "bot", "kind": "mark", "status": "done", "at": now()}
    scene.connection.execute(messages.insert().values(body=body, consented=True, **row))


def _appointment(scene: Scene, effect: Effect) -> None:
    _mark_case(scene, "appointment", effect["answer"])


def _feedback(scene: Scene, effect: Effect) -> None:
    answer = effect.get("answer")
    if answer:
        count(scene.connection, "feedback", answer)
        _mark_case(scene, "feedback", answer)
    if effect.get("words"):
        scene.connection.execute(update(messages).where(messages.c.id == scene.message).values(consented=True))
    if answer == "stuck" and cases.open_for(scene.connection, scene.contact) is None:
        reopen(scene)


def reopen(scene: Scene) -> None:
    """Stuck: back to the same human, who sees the closed case's story again."""
    query = select(case_table).where(case_table.c.contact_id == scene.contact).order_by(case_table.c.opened_at.desc()).limit(1)
    last = scene.connection.execute(query).one_or_none()
    if last is None:
        return
    values = {"status": "waiting", "waiting_since": now(), "closed_at": None, "outcome": None}
    scene.connection.execute(update(case_table).where(case_table.c.id == last.id).values(**values))


def _tell_human(scene: Scene, effect: Effect) -> None:
    _mark_case(scene, "note", effect["note"])


def _withdraw_consent(scene: Scene, effect: Effect) -> None:
    consent.withdraw(scene.connection, scene.contact, effect.get("what", "handover"))
    held = cases.open_for(scene.connection, scene.contact)
    if held is not None and held.status == "waiting" and effect.get("what", "handover") == "handover":
        scene.connection.execute(
            update(case_table).where(case_table.c.id == held.id).values(status="closed", closed_at=now(), outcome="not_now")
        )


def _answered(scene: Scene, effect: Effect) -> None:
    """An answer to a question a human or the clock had put (bot/asks.py)."""
    asks.answered(scene, effect["option"])


_EFFECTS: dict[str, Callable[[Scene, Effect], None]] = {
    "set_language": _set_language,
    "keep_labels": _keep_labels,
    "drop_labels": _drop_labels,
    "record_phase": _record_phase,
    "open_case": _open_case,
    "alert": _alert,
    "withdraw_alert": _withdraw_alert,
    "quiet": _quiet,
    "minor": _minor,
    "stop": _stop,
    "start": _start,
    "forget": _forget,
    "new_acquaintance": _new_acquaintance,
    "ask_later": _ask_later,
    "agree_check_ins": _agree_check_ins,
    "no_check_ins": _no_check_ins,
    "want_media": _want_media,
    "appointment": _appointment,
    "feedback": _feedback,
    "tell_human": _tell_human,
    "withdraw_consent": _withdraw_consent,
    "answered": _answered,
}
