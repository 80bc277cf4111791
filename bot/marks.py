"""A mark: a line only staff see, in the order of the talk; its words are under case.marks of the console."""

from __future__ import annotations

from sqlalchemy import Connection, insert

from bot.clock import now
from bot.tables import messages
from bot.vault import Vault


def put(connection: Connection, vault: Vault, contact: str, name: str, value: str) -> None:
    """Put a mark down."""
    body = vault.close_json({"text": "", "mark": name, "value": value})
    row = {"contact_id": contact, "direction": "in", "author": "bot", "kind": "mark", "status": "done", "at": now()}
    connection.execute(insert(messages).values(body=body, consented=True, **row))
