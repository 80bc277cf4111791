"""Fixtures for all: a store on SQLite and on PostgreSQL, a clock that moves, a Redis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.clock import Clock, clock
from bot.store import Store
from bot.tables import metadata
from bot.vault import Vault
from tests import servers

KEY = "a-key-for-the-tests-only"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with servers.postgresql() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with servers.redis() as url:
        yield url


@pytest.fixture
def vault() -> Vault:
    return Vault([KEY])


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path, vault: Vault) -> Iterator[Store]:
    """An empty store, on both databases."""
    on_postgres = request.param == "postgresql"
    found = Store(request.getfixturevalue("postgres_url") if on_postgres else f"sqlite:///{tmp_path / 'inloop.db'}", vault)
    if on_postgres:
        metadata.drop_all(found.engine)
    found.create()
    yield found
    found.dispose()


@pytest.fixture
def lite(tmp_path: Path, vault: Vault) -> Iterator[Store]:
    """An empty store on SQLite, where the database does not matter."""
    found = Store(f"sqlite:///{tmp_path / 'inloop.db'}", vault)
    found.create()
    yield found
    found.dispose()


@pytest.fixture
def moved() -> Iterator[Clock]:
    """The clock, to be moved by `moved.shift`; put back afterwards."""
    yield clock
    clock.shift = type(clock.shift)()
