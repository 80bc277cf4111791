"""Where something happens in a person's turn: what every effect and every answer to a question of ours is given."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from bot.vault import Vault


@dataclass(frozen=True)
class Scene:
    """The transaction, the contact, the message that caused it and its language."""

    connection: Connection
    vault: Vault
    contact: str
    message: str
    language: str
