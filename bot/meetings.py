"""What a person answers about an appointment: a moment by a tap, another one, not at all; in words too, whoever has the talk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from bot import asks, effects, reminding, slots, staff_notices, upcoming
from bot.clock import now
from bot.counters import count
from bot.scene import Scene
from bot.tables import cases

MEANT = {"appointment_confirm": "confirm", "appointment_move": "move", "appointment_cancel": "cancel"}
SURE = 0.7  # under a human the bot answers only words that say plainly what the person wants


def heard(known: dict[str, Any], labels: dict[str, Any]) -> list[dict[str, Any]]:
    """While a human has the talk: what free words mean for the appointment there is, as an effect; none when unsure or about danger."""
    meant = MEANT.get(str(labels.get("intent")))
    sure = float(labels.get("confidence") or 0) >= SURE and not labels.get("urgent")
    return [{"effect": "appointment", "answer": meant}] if meant and sure and known.get("appointment") else []


def slot(scene: Scene, key: str, answer: str) -> None:
    """The person chose a moment, or none of them; also by an older button."""
    row = _mine(scene, key)
    if row is None or row.status not in ("proposed", "agreed", "missed"):
        return asks.tell(scene.connection, scene.vault, scene.contact, "no_appointment")
    if answer == "none":
        return _no_moment(scene, row, "none")
    chosen = next((one for one in slots.moments_of(row.options) if str(int(one.timestamp())) == answer), None)
    if chosen is not None and chosen == row.at and row.status == "agreed":
        return slots.confirm(scene.connection, scene.vault, row)
    if chosen is None or chosen not in slots.free(scene.connection, row):
        left = slots.left(scene.connection, row)
        return slots.choose(scene.connection, scene.vault, row, "slot_taken", left) if left else _no_moment(scene, row, "none", "slot_gone")
    _agree(scene, row, chosen)


def meet(scene: Scene, key: str, answer: str) -> None:
    """The person says of an appointment that they come, want another moment, or do not come; what they want after they missed one."""
    row = _mine(scene, key)
    if row is None or row.status not in ("proposed", "agreed", "missed") or answer not in _ANSWERS:
        return asks.tell(scene.connection, scene.vault, scene.contact, "no_appointment")
    _ANSWERS[answer](scene, row)


def _comes(scene: Scene, row: Row[Any]) -> None:
    free = slots.free(scene.connection, row)
    if row.status == "proposed" and (len(free) == 1 or not row.options):
        return _agree(scene, row, free[0] if free else None)
    if row.status != "agreed":
        return slots.offer(scene.connection, scene.vault, row)
    _tell_human(scene, row, "confirm")
    asks.tell(scene.connection, scene.vault, scene.contact, "meet_known")


def _moves(scene: Scene, row: Row[Any]) -> None:
    """Another moment: of the same proposal where one is left, else the human proposes anew."""
    left = slots.left(scene.connection, row)
    if row.status == "agreed":
        values = {"status": "proposed", "at": None, "moved": row.moved + 1, "options": [one.isoformat() for one in left]}
        slots.change(scene.connection, row, **values)
        count(scene.connection, "appointment", "moved")
        reminding.take_back(scene.connection, scene.contact)
    if row.status == "agreed" and left:
        _tell_human(scene, row, "move")
        return slots.choose(scene.connection, scene.vault, row, "slot_others", left)
    _no_moment(scene, row, "move")


def _does_not_come(scene: Scene, row: Row[Any]) -> None:
    slots.change(scene.connection, row, status="cancelled")
    count(scene.connection, "appointment", "cancelled")
    reminding.take_back(scene.connection, scene.contact)
    _tell_human(scene, row, "cancel", needs_one=True)
    asks.tell(scene.connection, scene.vault, scene.contact, "called_off")


def _wants_another(scene: Scene, row: Row[Any]) -> None:
    if left := slots.left(scene.connection, row):
        return slots.choose(scene.connection, scene.vault, row, "slot_others", left)
    _no_moment(scene, row, "again")


def _not_now(scene: Scene, row: Row[Any]) -> None:
    asks.tell(scene.connection, scene.vault, scene.contact, "write_any_time")


_ANSWERS = {"confirm": _comes, "move": _moves, "cancel": _does_not_come, "again": _wants_another, "not_now": _not_now}


def _no_moment(scene: Scene, row: Row[Any], value: str, reply: str = "slot_none") -> None:
    """No moment of ours fits: the human makes a new proposal."""
    _tell_human(scene, row, value, needs_one=True)
    asks.tell(scene.connection, scene.vault, scene.contact, reply)


def _agree(scene: Scene, row: Row[Any], at: datetime | None) -> None:
    """It is agreed: confirmed, and remembered a day and two hours before."""
    slots.change(scene.connection, row, status="agreed", at=at, moved=row.moved + (row.at is not None))
    agreed = slots.find(scene.connection, row.id)
    assert agreed is not None
    count(scene.connection, "appointment", "agreed")
    reminding.take_back(scene.connection, scene.contact)
    reminding.plan(scene.connection, agreed)
    _tell_human(scene, agreed, "agreed")
    slots.confirm(scene.connection, scene.vault, agreed)


def _mine(scene: Scene, key: str) -> Row[Any] | None:
    """The appointment an answer names, if it is this person's: an id comes from a phone."""
    row = slots.find(scene.connection, key)
    return row if row is not None and row.contact_id == scene.contact else None


def _tell_human(scene: Scene, row: Row[Any], value: str, *, needs_one: bool = False) -> None:
    """A line in the case, and word to its human; a closed case comes back when something must be done."""
    slots.mark(scene.connection, scene.vault, row, value)
    if row.user_id is not None:
        staff_notices.tell(scene.connection, row.user_id, "news", row.case_id, key=f"{row.id}:{now().isoformat()}")
    if needs_one and scene.connection.scalar(select(cases.c.status).where(cases.c.id == row.case_id)) == "closed":
        effects.reopen(scene)


asks.HANDLERS |= {slots.SLOT: slot, upcoming.MEETING: meet}
