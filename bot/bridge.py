"""More humans on one case: asked in by its owner, along with the person, or the first who stays. Each only with the person's yes.

The owner stays the owner. Rows of `joined`: asked, agreed, refused (the person's no, also a later one), left (staff's own act).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, insert, select, update

from bot import asks, cases, consent, conversations, marks, safe_time
from bot.audit import note
from bot.clock import now
from bot.replies import SOURCE, available, render
from bot.scene import Scene
from bot.tables import cases as case_table
from bot.tables import consents, joined, users
from bot.tables import conversations as talks
from bot.vault import Vault

TOPIC = "join"
JOINS, ALONG, BRIDGE = "joins", "along", "bridge"  # asked in by the owner, gave the link, the first who stays
WHAT = "come_along"  # the consent


class SaidNo(Exception):
    """The person does not want this colleague along (409)."""


def invite(connection: Connection, vault: Vault, case: str, by: str, to: str) -> None:
    """The owner asks a colleague in: the person is asked first. Raises Taken, Closed, CannotReach, SaidNo, KeyError (nobody to ask)."""
    held = cases.one(connection, case)
    if held.status == "closed":
        raise cases.Closed
    if held.owner_id != by:
        raise cases.Taken
    cases.reachable(connection, held.contact_id)
    if to == held.owner_id or _name(connection, to) is None:
        raise KeyError(to)
    due = safe_time.safe_moment(connection, held.contact_id, now())
    if due is None:
        raise cases.CannotReach("quiet")
    _ask(connection, vault, held, to, JOINS, due)
    note(connection, "join_asked", user=by, case=case, to=to)


def along(connection: Connection, vault: Vault, contact: str, worker: str) -> bool:
    """The one who gave the link may come along: asked of the person by name; False when there is no open case or nobody to ask."""
    held = cases.open_for(connection, contact)
    if held is None or held.owner_id == worker or _name(connection, worker) is None:
        return False
    try:
        _ask(connection, vault, held, worker, ALONG, now())
    except SaidNo:
        return False
    return True


def _ask(connection: Connection, vault: Vault, held: Row[Any], user: str, how: str, due: datetime) -> None:
    row = _row(connection, held.id, user)
    if row is not None and row.status == "refused":
        raise SaidNo
    if row is not None and row.status == "agreed":
        return
    key = _put(connection, held.id, user, how, "asked")
    first = _name(connection, held.owner_id)
    values = {"human": _name(connection, user)} | ({"first": first} if first else {})
    options = [(f"{TOPIC}:{key}:yes", "@yes"), (f"{TOPIC}:{key}:no", "@no")]
    asks.ask(connection, vault, held.contact_id, "ask_join" if first else "ask_join_along", values, options, due_at=due)


def answered(scene: Scene, key: str, answer: str) -> None:
    """The person's yes or no, also a later no by the same button."""
    query = select(joined, case_table.c.urgent, case_table.c.owner_id, users.c.role).join(case_table, case_table.c.id == joined.c.case_id)
    query = query.join(users, users.c.id == joined.c.user_id).where(joined.c.id == key)
    mine = (case_table.c.contact_id == scene.contact) & (case_table.c.status != "closed")
    row = scene.connection.execute(query.where(mine)).one_or_none()
    if row is None or row.status == "left":
        return asks.tell(scene.connection, scene.vault, scene.contact, "all_right")
    # What became urgent meanwhile is nothing for a volunteer, whoever said yes to them.
    if answer == "yes" and not (row.urgent and row.role == "ambassador"):
        _agree(scene, row)
    else:
        _refuse(scene, row)


asks.HANDLERS[TOPIC] = answered


def _agree(scene: Scene, row: Row[Any]) -> None:
    connection, human = scene.connection, _name(scene.connection, row.user_id)
    if row.status != "agreed":
        given = _grant(scene, human, _name(connection, row.owner_id))
        connection.execute(update(joined).where(joined.c.id == row.id).values(status="agreed", answered_at=given, left_at=None))
        marks.put(connection, scene.vault, scene.contact, "joined", str(human))
        note(connection, "joined", case=row.case_id, who=row.user_id)
    asks.tell(connection, scene.vault, scene.contact, "joins", {"human": human})


def _grant(scene: Scene, human: str | None, first: str | None) -> Any:
    """Keep the yes with its words; gives its moment, by which the yes to this one colleague is found again."""
    language = scene.language if scene.language in available() else SOURCE
    values = {"human": human, "first": first}
    words = render("ask_join" if first else "ask_join_along", language, "sms", values).text
    given = consent.grant(scene.connection, scene.vault, scene.contact, WHAT, [words])
    return scene.connection.scalar(select(consents.c.given_at).where(consents.c.id == given))


def _refuse(scene: Scene, row: Row[Any]) -> None:
    if row.status != "refused":
        _ends(scene.connection, row, "refused")
        note(scene.connection, "join_refused", case=row.case_id, who=row.user_id)
        marks.put(scene.connection, scene.vault, scene.contact, "not_joined", str(_name(scene.connection, row.user_id)))
    asks.tell(scene.connection, scene.vault, scene.contact, "joins_not", {"human": _name(scene.connection, row.user_id)})


def stays(connection: Connection, case: str, user: str) -> None:
    """The first stays while another human goes on: no new yes is needed, the person said it when this one began."""
    key = _put(connection, case, user, BRIDGE, "agreed")
    connection.execute(update(joined).where(joined.c.id == key).values(answered_at=now()))


def leave(connection: Connection, vault: Vault, case: str, user: str, *, by: str | None = None) -> None:
    """Somebody leaves, or the owner (`by`) ends it; the person is told. Raises Taken (not the owner), KeyError (not on this case)."""
    held, row = cases.one(connection, case), _row(connection, case, user)
    if by is not None and held.owner_id != by:
        raise cases.Taken
    if row is None or row.status not in ("asked", "agreed"):
        raise KeyError(user)
    was = row.status
    _ends(connection, row, "left")
    if _speaker(connection, held.contact_id) == user:  # along on a case nobody has yet: the bot goes on
        conversations.give_to(connection, held.contact_id, "bot")
    note(connection, "left", user=by or user, case=case, who=user)
    if was == "agreed" and held.status != "closed":
        tell(connection, vault, held.contact_id, "leaves", {"human": _name(connection, user)})


def tell(connection: Connection, vault: Vault, contact: str, reply: str, values: dict[str, Any] | None = None) -> None:
    """Tell the person who is there now; not after STOP, nor where a message of ours may do harm."""
    due = safe_time.safe_moment(connection, contact, now())
    if due is not None:
        asks.tell(connection, vault, contact, reply, values, due_at=due)


def owns(connection: Connection, case: str, user: str) -> None:
    """Who was along has the case now."""
    row = _row(connection, case, user)
    if row is not None and row.status in ("asked", "agreed"):
        _ends(connection, row, "left")


def _ends(connection: Connection, row: Row[Any], status: str) -> None:
    """The yes to this one colleague is taken back; one to another stays."""
    mine = (case_table.c.id == row.case_id) & (case_table.c.contact_id == consents.c.contact_id)
    yes = (consents.c.what == WHAT) & (consents.c.given_at == row.answered_at) & exists().where(mine)
    connection.execute(update(consents).where(yes, consents.c.withdrawn_at.is_(None)).values(withdrawn_at=now()))
    connection.execute(update(joined).where(joined.c.id == row.id).values(status=status, left_at=now()))


def _row(connection: Connection, case: str, user: str) -> Row[Any] | None:
    return connection.execute(select(joined).where(joined.c.case_id == case, joined.c.user_id == user)).one_or_none()


def _put(connection: Connection, case: str, user: str, how: str, status: str) -> str:
    values = {"how": how, "status": status, "at": now(), "answered_at": None, "left_at": None}
    if (row := _row(connection, case, user)) is not None:
        connection.execute(update(joined).where(joined.c.id == row.id).values(**values))
        return str(row.id)
    made = insert(joined).values(case_id=case, user_id=user, **values).returning(joined.c.id)
    return str(connection.execute(made).scalar_one())


def _name(connection: Connection, user: str | None) -> str | None:
    """What the person sees of somebody who works here; None when nobody of that id does."""
    query = select(users.c.alias, users.c.name).where(users.c.id == user, users.c.disabled_at.is_(None))
    row = connection.execute(query).one_or_none()
    return None if row is None else row.alias or row.name


def _speaker(connection: Connection, contact: str) -> str | None:
    return connection.scalar(select(talks.c.owner).where(talks.c.contact_id == contact))
