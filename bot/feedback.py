"""How it went: after a transfer the person is asked once, and staff may say it too; counted without persons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from bot import asks, facts, timers, transfer
from bot.audit import note
from bot.clock import now
from bot.counters import count
from bot.safe_time import safe_moment
from bot.scene import Scene
from bot.tables import cases, feedback, new_id, users
from bot.vault import Vault

PERSON = ("good", "less", "other")  # other: rather somebody else
STAFF = ("good", "better")  # better: it could be
LONGEST = 500  # characters of a word of staff
OPEN = timedelta(days=14)  # so long a member of staff is asked


def ask(connection: Connection, vault: Vault, timer: Row[Any]) -> None:
    """Ask how it is with the new human, without a topic, while they still have the case; later when now is no safe time."""
    case = connection.execute(select(cases).where(cases.c.id == timer.case_id)).one_or_none()
    if case is None or case.status != "taken" or case.owner_id != timer.args["human"]:
        return
    if safe_moment(connection, timer.contact_id, now()) is None or timers.put_off(connection, timer):
        return
    human = connection.execute(select(users.c.alias, users.c.name).where(users.c.id == case.owner_id)).one()
    key = new_id()
    connection.execute(insert(feedback).values(id=key, case_id=case.id, about="transfer", asked_at=now()))
    values = {"public_name": facts.read(connection).get("public_name", ""), "human": human.alias or human.name}
    asks.ask(connection, vault, timer.contact_id, "ask_went", values, [(f"went:{key}:{one}", f"@went_{one}") for one in PERSON])


def answered(scene: Scene, key: str, answer: str) -> None:
    """The person's answer, the first one; somebody else is found without asking why."""
    query = select(feedback.c.asked_at, cases).join(cases, cases.c.id == feedback.c.case_id)
    unanswered = feedback.c.user_id.is_(None) & feedback.c.at.is_(None) & (cases.c.contact_id == scene.contact)
    held = scene.connection.execute(query.where(feedback.c.id == key, unanswered)).one_or_none()
    if answer not in PERSON or held is None:  # an older button
        return asks.tell(scene.connection, scene.vault, scene.contact, "all_right")
    scene.connection.execute(update(feedback).where(feedback.c.id == key).values(answer=answer, at=now()))
    count(scene.connection, "transfer", f"person_{answer}")
    same = held.status == "taken" and (held.transferred_at is None or held.transferred_at <= held.asked_at)
    if answer == "other" and same and transfer.swap(scene.connection, scene.vault, scene.contact):
        return
    asks.tell(scene.connection, scene.vault, scene.contact, "good_to_hear" if answer == "good" else "went_thanks")


def write(connection: Connection, vault: Vault, case: str, user: str, about: str, answer: str, words: str) -> None:
    """What a member of staff says of a transfer or a close. Raises KeyError when they are not asked, ValueError for no such answer."""
    if answer not in STAFF or len(words) > LONGEST:
        raise ValueError(answer)
    open_ = (feedback.c.case_id == case) & (feedback.c.user_id == user) & (feedback.c.about == about) & feedback.c.at.is_(None)
    values = {"answer": answer, "words": vault.close(words.strip() or None), "at": now()}
    if not connection.execute(update(feedback).where(open_).values(**values)).rowcount:
        raise KeyError(case)
    count(connection, about, f"staff_{answer}")
    note(connection, "feedback_given", user=user, case=case)


def open_for(connection: Connection, user: str) -> list[Row[Any]]:
    """Transfers this member of staff may still say a word about, the newest first."""
    asked = (feedback.c.user_id == user) & (feedback.c.about == "transfer") & feedback.c.at.is_(None)
    query = select(feedback).where(asked, feedback.c.asked_at > now() - OPEN)
    return list(connection.execute(query.order_by(feedback.c.asked_at.desc())).all())


def of_case(connection: Connection, case: str) -> list[Row[Any]]:
    """All that was asked about a case, in order; `name` is empty where the person was asked."""
    query = select(feedback, users.c.name).outerjoin(users, users.c.id == feedback.c.user_id)
    return list(connection.execute(query.where(feedback.c.case_id == case).order_by(feedback.c.asked_at)).all())


asks.HANDLERS["went"] = answered
