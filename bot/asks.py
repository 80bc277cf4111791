"""Questions a human or the clock puts to a person, answered without Rasa, whoever has the talk: a moment, somebody who joins.

The id of such a choice is topic:key:answer, as slot:APPOINTMENT:2; each topic has one function that hears its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot import outbox
from bot.choices import resolve
from bot.messages import Choice
from bot.replies import SOURCE, available, choices, numbers, render, words
from bot.scene import Scene
from bot.tables import contacts, conversations, messages
from bot.vault import Vault

Options = Sequence[tuple[str, str]]  # id and label; the label "@name" is that choice of the replies, in every language
LOOKED_AT = 12  # messages of ours that are looked through for an open question
HANDLERS: dict[str, Callable[[Scene, str, str], None]] = {}  # by topic: scene, key, answer


def ask(
    connection: Connection,
    vault: Vault,
    contact: str,
    reply: str,
    values: Mapping[str, Any],
    options: Options,
    *,
    user: str | None = None,
    due_at: datetime | None = None,
) -> str:
    """Put a question with its choices to a person, as a notice; it is the open one from now on. Returns the message id."""
    person = _person(connection, contact)
    language = person.language if person.language in available() else SOURCE
    text = render(reply, language, person.channel, values, offered=()).text
    shown = [_shown(language, one, label) for one, label in options]
    body = {"text": text, "choices": shown, "language": language}
    made = outbox.put(connection, vault, outbox.Row(contact, "notice", body, user=user, reply=reply, due_at=due_at))
    if options:
        menu = vault.close_json([one for one, _ in options])
        connection.execute(update(conversations).where(conversations.c.contact_id == contact).values(menu=menu))
    return made


def tell(
    connection: Connection,
    vault: Vault,
    contact: str,
    reply: str,
    values: Mapping[str, Any] | None = None,
    *,
    choices: Options = (),
    due_at: datetime | None = None,
) -> None:
    """Tell a person something in their language and channel, as a notice, at once or when it is due."""
    ask(connection, vault, contact, reply, values or {}, choices, due_at=due_at)


def _person(connection: Connection, contact: str) -> Row[Any, Any]:
    query = select(contacts.c.channel, conversations.c.language).join(conversations, conversations.c.contact_id == contacts.c.id)
    return connection.execute(query.where(contacts.c.id == contact)).one()


def _shown(language: str, one: str, label: str) -> dict[str, str]:
    if not label.startswith("@"):
        return {"id": one, "label": label}
    named = choices(language, [label[1:]])[0]
    return {"id": one, "label": named.label, "as": label[1:]}


def chosen(
    connection: Connection, vault: Vault, contact: str, language: str | None, offered: Sequence[str], body: Mapping[str, Any]
) -> str | None:
    """The id of the choice a message answers such a question with; None when it says anything else.

    offered: the ids now open. A tap on an older button counts too; its topic looks whether it still holds.
    """
    picked = str(body.get("picked") or "")
    if _topic(picked):
        return picked
    if not body.get("text") or not any(_topic(one) for one in offered):
        return None
    code = language if language in available() else SOURCE
    found = resolve(body["text"], _open(connection, vault, contact, code, offered), numbers(code, SOURCE), words(code, "and"))
    return found[0] if found and _topic(found[0]) else None


def _topic(one: str) -> bool:
    return one.count(":") == 2 and one.split(":")[0] in HANDLERS


def _open(connection: Connection, vault: Vault, contact: str, language: str, offered: Sequence[str]) -> list[Choice]:
    """The choices of the open question, as they were shown."""
    ours = (messages.c.contact_id == contact) & (messages.c.direction == "out")
    recent = select(messages.c.body).where(ours).order_by(messages.c.seq.desc()).limit(LOOKED_AT)
    for sealed in connection.scalars(recent).all():
        shown = (vault.open_json(sealed) or {}).get("choices") or []
        if [one["id"] for one in shown] == list(offered):
            return [Choice(one["id"], one["label"], _words(language, one.get("as"))) for one in shown]
    return []


def _words(language: str, name: str | None) -> tuple[str, ...]:
    return choices(language, [name])[0].words if name else ()


def close(connection: Connection, vault: Vault, contact: str, topic: str) -> None:
    """A question of a topic is open no more: words answer something else now. A tap on its button still counts."""
    mine = conversations.c.contact_id == contact
    menu = vault.open_json(connection.scalar(select(conversations.c.menu).where(mine))) or []
    if any(one.startswith(f"{topic}:") for one in menu):
        connection.execute(update(conversations).where(mine).values(menu=None))


def answered(scene: Scene, option: str) -> None:
    """Carry out a person's answer; the question is no longer open."""
    topic, key, answer = option.split(":")
    scene.connection.execute(update(conversations).where(conversations.c.contact_id == scene.contact).values(menu=None))
    HANDLERS[topic](scene, key, answer)
