"""The one who gave the link comes along, if the person wants: by the code on the link or the paper. Of the place nothing is kept."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import Connection, select, update

from bot import asks, bridge, sites
from bot.scene import Scene
from bot.tables import messages, users

ASKED = "along"  # the question that is answered with a code (actions/along.py)
SHORT = 24  # characters: a short answer with a digit was meant as a code
_PARTS = re.compile(r"[A-Z0-9]+")
ROLES = ("outreach", "advisor", "ambassador")  # a coordinator who made the code for others met nobody there


def heard(connection: Connection, state: dict[str, Any], text: str) -> str | None:
    """What an answer to the question for the code is: found, wrong, or (None) no code at all."""
    if state.get("asked") != ASKED:
        return None
    if worker(connection, text):
        return "found"
    return "wrong" if len(text) <= SHORT and any(char.isdigit() for char in text) else None


def worker(connection: Connection, text: str) -> str | None:
    """Who shared the code a text names, however it is typed; None for a code nobody made, or whose maker works here no more."""
    for code in _codes(text):
        site = sites.find(connection, code)
        query = select(users.c.id).where(users.c.role.in_(ROLES), users.c.disabled_at.is_(None))
        if site is not None and (found := connection.scalar(query.where(users.c.id == site.created_by))):
            return str(found)
    return None


def come(scene: Scene) -> None:
    """The person typed a code: whose it is may come along after a yes to them by name. The code is taken out of the message."""
    query = select(messages.c.body).where(messages.c.id == scene.message)
    body = scene.vault.open_json(scene.connection.scalar(query)) or {"text": ""}
    found = worker(scene.connection, body["text"])
    body |= {"text": "", "mark": "note", "value": "code_given"}
    scene.connection.execute(update(messages).where(messages.c.id == scene.message).values(body=scene.vault.close_json(body)))
    if found is None or not bridge.along(scene.connection, scene.vault, scene.contact, found):
        asks.tell(scene.connection, scene.vault, scene.contact, "along_skipped")


def _codes(text: str) -> list[str]:
    """What may be a code in a text: a word of six, or six written apart ("K7M 2QX"), in any digits and case."""
    parts = _PARTS.findall(_latin(text).upper())
    whole = [one for one in parts if len(one) == sites.LENGTH]
    apart = ["".join(parts[start : start + many]) for many in range(2, sites.LENGTH + 1) for start in range(len(parts) - many + 1)]
    return [*whole, *(one for one in apart if len(one) == sites.LENGTH)]


def _latin(text: str) -> str:
    """With our own digits in the place of Arabic and Persian ones."""
    return "".join(str(unicodedata.decimal(char)) if unicodedata.decimal(char, None) is not None else char for char in text)
