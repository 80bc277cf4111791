"""What a turn does besides answering: each effect of docs/architecture.md, carried out in the turn's transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from bot import (
    aftercare,
    along,
    asks,
    cases,
    consent,
    contacts,
    conversations,
    corrections,
    formal,
    marks,
    outcome,
    phases,
    reminders,
    timers,
    transfer,
    upcoming,
)
from bot.clock import now
from bot.counters import count
from bot.replies import render
from bot.scene import Scene
from bot.tables import cases as case_table
from bot.tables import contacts as people
from bot.tables import conversations as talks
from bot.tables import media, messages

Effect = dict[str, Any]


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
    if effect.get("on", True):
        return aftercare.hush(scene.connection, scene.contact)
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(quiet=False))


def _minor(scene: Scene, effect: Effect) -> None:
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(minor=True))
    consent.drop(scene.connection, scene.contact, "all")
    aftercare.end(scene.connection, scene.contact)
    timers.cancel(scene.connection, scene.contact)


def _stop(scene: Scene, effect: Effect) -> None:
    contacts.stop(scene.connection, scene.contact)
    aftercare.end(scene.connection, scene.contact)
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
    aftercare.end(scene.connection, scene.contact)
    timers.cancel(scene.connection, scene.contact)
    fresh = {"state": None, "menu": None, "phase": "reached", "started_at": now()}
    scene.connection.execute(update(talks).where(talks.c.contact_id == scene.contact).values(**fresh))
    phases.begin(scene.connection, scene.contact)
    corrections.forget(scene.connection, scene.contact)
    scene.connection.execute(update(people).where(people.c.id == scene.contact).values(human_id=None, minor=False))
    upcoming.end(scene.connection, scene.contact)
    old = (messages.c.contact_id == scene.contact) & (messages.c.id != scene.message) & (messages.c.status != "queued")
    scene.connection.execute(update(messages).where(old).values(body=None, erased_at=now()))
    scene.connection.execute(delete(media).where(media.c.contact_id == scene.contact, media.c.message_id != scene.message))
    open_ = (case_table.c.contact_id == scene.contact) & (case_table.c.status == "waiting")
    scene.connection.execute(update(case_table).where(open_).values(status="closed", closed_at=now(), outcome="unreachable"))


def _ask_later(scene: Scene, effect: Effect) -> None:
    days = int(effect.get("days", 7))
    once = f"ask_again:{scene.message}"
    timers.add(scene.connection, scene.contact, "ask_again", now() + timedelta(days=days), once=once)


def _agree_check_ins(scene: Scene, effect: Effect) -> None:
    """Check-ins count from the first day the human and the person set, else from today; `more`: once more, after the third."""
    if effect.get("more"):
        return aftercare.go_on(scene.connection, scene.contact)
    wording = [render("ask_check_ins", scene.language, "sms").text]
    aftercare.agree(scene.connection, scene.vault, scene.contact, wording)


def _no_check_ins(scene: Scene, effect: Effect) -> None:
    aftercare.end(scene.connection, scene.contact)


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
    marks.put(scene.connection, scene.vault, scene.contact, name, value)


def _appointment(scene: Scene, effect: Effect) -> None:
    """Coming, another moment, not coming: of the appointment there is (bot/slots.py); without one the human is told."""
    if not upcoming.answer(scene, effect["answer"]):
        _mark_case(scene, "appointment", effect["answer"])


def _feedback(scene: Scene, effect: Effect) -> None:
    answer = effect.get("answer")
    if answer:
        count(scene.connection, "feedback", answer)
        _mark_case(scene, "feedback", answer)
        outcome.judged(scene.connection, scene.contact, answer)
    if effect.get("words"):
        aftercare.share_words(scene.connection, scene.contact, scene.message)
    if answer == "stuck" and cases.open_for(scene.connection, scene.contact) is None:
        reopen(scene)


def reopen(scene: Scene) -> None:
    """Stuck: back to the same human, who sees the closed case's story again."""
    query = select(case_table).where(case_table.c.contact_id == scene.contact).order_by(case_table.c.opened_at.desc()).limit(1)
    last = scene.connection.execute(query).one_or_none()
    if last is None:
        return
    outcome.seen_stays(scene.connection, last)
    values = {"status": "waiting", "waiting_since": now(), "closed_at": None, "outcome": None}
    scene.connection.execute(update(case_table).where(case_table.c.id == last.id).values(**values))
    reminders.wait(scene.connection, str(last.id))


def _tell_human(scene: Scene, effect: Effect) -> None:
    _mark_case(scene, "note", effect["note"])
    if effect["note"] == formal.NOTE:
        formal.flag(scene.connection, scene.contact)


def _formal_message(scene: Scene, effect: Effect) -> None:
    formal.mark(scene.connection, scene.vault, scene.message)


def _withdraw_consent(scene: Scene, effect: Effect) -> None:
    consent.withdraw(scene.connection, scene.contact, effect.get("what", "handover"))
    corrections.forget(scene.connection, scene.contact)
    held = cases.open_for(scene.connection, scene.contact)
    if held is not None and held.status == "waiting" and effect.get("what", "handover") == "handover":
        scene.connection.execute(
            update(case_table).where(case_table.c.id == held.id).values(status="closed", closed_at=now(), outcome="not_now")
        )


def _come_along(scene: Scene, effect: Effect) -> None:
    """The code of the one who gave the link was typed: they are asked in, by name."""
    along.come(scene)


def _swap(scene: Scene, effect: Effect) -> None:
    """Rather another human, without a reason."""
    transfer.swap(scene.connection, scene.vault, scene.contact)


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
    "formal_message": _formal_message,
    "withdraw_consent": _withdraw_consent,
    "answered": _answered,
    "come_along": _come_along,
    "swap": _swap,
}
