"""Fixtures for all: a store on SQLite and on PostgreSQL, a clock that moves, a Redis."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

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


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database on SQLite, made once: a copy costs less than all its tables."""
    path = tmp_path_factory.mktemp("empty") / "inloop.db"
    made = Store(f"sqlite:///{path}", Vault([KEY]))
    made.create()
    made.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, on both databases."""
    found: Store = request.getfixturevalue("lite" if request.param == "sqlite" else "whole")
    return found


@pytest.fixture
def lite(tmp_path: Path, vault: Vault, empty_file: Path) -> Iterator[Store]:
    """An empty store on SQLite, where the database does not matter."""
    shutil.copy(empty_file, tmp_path / "inloop.db")
    found = Store(f"sqlite:///{tmp_path / 'inloop.db'}", vault)
    yield found
    found.dispose()


@pytest.fixture
def whole(postgres_url: str, vault: Vault) -> Iterator[Store]:
    """An empty store on PostgreSQL: tables that are missing are made, all are emptied."""
    found = Store(postgres_url, vault)
    found.create()
    with found.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE"))
    yield found
    found.dispose()


@pytest.fixture
def moved() -> Iterator[Clock]:
    """The clock, to be moved by `moved.shift`; put back afterwards."""
    yield clock
    clock.shift = type(clock.shift)()
