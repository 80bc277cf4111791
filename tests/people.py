"""Short ways to say what happens in a test: a person writes, Rasa answers, a human takes over."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any, cast

from sqlalchemy import select

from bot import inbox, users
from bot.brain import Answer, Brain, Thought
from bot.messages import ChannelName, Incoming
from bot.settings import Settings
from bot.store import Store
from bot.tables import contacts, messages
from bot.turns import Turns

_ids = itertools.count(1)
Think = Callable[[dict[str, Any]], Thought | Awaitable[Thought]]


def settings(**values: Any) -> Settings:
    """Settings from these values alone."""
    return Settings(_env_file=None, **values)


def write(
    store: Store, text: str = "hallo", *, channel: ChannelName = "whatsapp", address: str = "+31600000001", **more: Any
) -> str | None:
    """A person writes; gives the message id (None: taken in before)."""
    incoming = Incoming(channel, address, more.pop("provider_id", None) or f"SM{next(_ids):032}", text, **more)
    with store.begin() as connection:
        return inbox.take_in(connection, store.vault, incoming)


def answering(reply: str = "stopped", **thought: Any) -> Think:
    """A brain that always says this."""
    return lambda turn: Thought(answers=[Answer(reply, kind="talk")], **thought)


class Scripted:
    """Rasa's place in tests of what surrounds it: a plain function from turn to thought."""

    def __init__(self, think: Think) -> None:
        self.think_of, self.turns = think, cast(list[dict[str, Any]], [])

    async def think(self, turn: dict[str, Any]) -> Thought:
        self.turns.append(turn)
        thought = self.think_of(turn)
        return thought if isinstance(thought, Thought) else await thought


def turns(store: Store, think: Think | None = None) -> Turns:
    """The turn worker with a scripted brain."""
    return Turns(store, cast(Brain, Scripted(think or answering())), settings())


def only_contact(store: Store) -> str:
    """The id of the one contact there is."""
    with store.begin() as connection:
        return str(connection.execute(select(contacts.c.id)).scalar_one())


def texts(store: Store, direction: str = "out") -> list[tuple[str, str, str]]:
    """(kind, status, text) of every message in stored order."""
    with store.begin() as connection:
        rows = connection.execute(select(messages).where(messages.c.direction == direction).order_by(messages.c.seq)).all()
    return [(row.kind, row.status, (store.vault.open_json(row.body) or {}).get("text", "")) for row in rows]


def human(store: Store, name: str = "Sara", role: str = "advisor") -> str:
    """A member of staff; gives the id."""
    with store.begin() as connection:
        return str(users.add_user(connection, name, role))
