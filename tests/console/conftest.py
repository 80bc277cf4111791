"""A console on a fresh store, staff of every role, and people with a story."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pytest

with warnings.catch_warnings():  # Starlette asks for httpx2 in the place of httpx; both work
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient as TestClient

from bot import cases, consent, contacts, conversations, users
from bot.console.app import create_app
from bot.messages import ChannelName
from bot.store import Store
from tests.people import settings, write

Labels = Sequence[tuple[str, str, str, bool, str | None]]  # kind, label, source, confirmed, the person's words
STORY: Labels = [
    ("goal", "goal_find_work", "tapped", True, None),
    ("strength", "cooking", "said", False, "ik kook voor twintig mensen"),
    ("driver", "family", "said", False, "voor mijn kinderen"),
    ("barrier", "childcare", "tapped", True, None),
    ("barrier", "language", "guessed", False, "mijn taal niet goed"),
]


class House:
    """A console and the short ways of a test to fill and call it."""

    def __init__(self, store: Store, **values: Any) -> None:
        self.store, self.settings = store, settings(**values)
        self.app = create_app(store, self.settings)

    def calls(self, role: str, name: str | None = None) -> TestClient:
        """The API as called with a token of a role."""
        with self.store.begin() as connection:
            secret = users.token(connection, role, name)
        return TestClient(self.app, headers={"Authorization": f"Bearer {secret}"})

    def browser(self, role: str = "advisor", name: str = "Sara") -> Browser:
        """A signed-in browser without script."""
        with self.store.begin() as connection:
            found = users.find(connection, name)
            user = found.id if found else users.add_user(connection, name, role)
            secret = users.sign_in_link(connection, user)
        client = Browser(self.app, follow_redirects=False)
        client.post(f"/sign-in/{secret}")
        with self.store.begin() as connection:
            row = users.holder(connection, "session", client.cookies["inloop_session"])
        assert row is not None
        client.mark = row.csrf
        return client

    def case(
        self,
        *texts: str,
        scope: str = "all",
        to: str = "advisor",
        labels: Labels = STORY,
        channel: ChannelName = "whatsapp",
        address: str = "+31600000001",
        language: str = "nl",
    ) -> str:
        """A person who wrote these texts to the bot and then said yes to a human."""
        message = None
        for text in texts or ("ik zoek werk",):
            message = write(self.store, text, channel=channel, address=address)
        with self.store.begin() as connection:
            contact = contacts.find(connection, self.store.vault, channel, address)
            assert contact is not None
            conversations.set_language(connection, contact, language, chosen=True)
            fields = ("kind", "label", "source", "confirmed", "evidence")
            found = [dict(zip(fields, one, strict=True)) for one in labels]
            consent.keep(connection, self.store.vault, contact, message, found)
            return cases.open_case(connection, self.store.vault, contact, to=to, scope=scope, which=None, wording=["dit mag"])

    def alert(self, text: str, urgent: str = "violence", strength: str = "sure", address: str = "+31600000009", before: str = "") -> str:
        """A person whose words alarm: a case without a yes."""
        if before:
            write(self.store, before, address=address)
        message = write(self.store, text, address=address)
        with self.store.begin() as connection:
            contact = contacts.find(connection, self.store.vault, "whatsapp", address)
            assert contact is not None
            assert message is not None
            return cases.alert(connection, contact, message, urgent, strength)

    def contact(self, address: str = "+31600000001", channel: ChannelName = "whatsapp") -> str:
        """The contact at an address."""
        with self.store.begin() as connection:
            return str(contacts.find(connection, self.store.vault, channel, address))


class Browser(TestClient):
    """A browser: it keeps cookies and sends the forms' mark."""

    mark = ""

    def form(self, path: str, **fields: str) -> Any:
        """Post a form of ours."""
        return self.post(path, data={"mark": self.mark, **fields})


@pytest.fixture
def house(lite: Store) -> House:
    return House(lite)


@pytest.fixture
def both(store: Store) -> House:
    """A house on SQLite and one on PostgreSQL."""
    return House(store)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives the real pages in Debian's chromium")
