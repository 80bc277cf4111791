"""One way to the tables: SQLite (WAL) on one machine, PostgreSQL in production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from bot.tables import metadata
from bot.vault import Vault


class Store:
    """One database and the vault that reads it. `begin()` gives a connection in a transaction."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.vault = vault
        self.engine = _engine(url)
        self.is_postgres = self.engine.dialect.name == "postgresql"
        # SQLite has one writer: waiting on a lock is cheaper than on its busy handler.
        self._turnstile: AbstractContextManager[Any] = nullcontext() if self.is_postgres else RLock()

    @contextmanager
    def begin(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back on an error.

        durable: on disk before it counts as committed. What can be found out again (claims, receipts) need not be:
        it survives the death of a process all the same, only not a power cut.
        """
        with self._turnstile, self.engine.connect() as connection:
            if not self.is_postgres and connection.info.get("durable") != durable:
                driver: Any = connection.connection.driver_connection
                driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
                connection.info["durable"] = durable
            with connection.begin():
                if self.is_postgres and not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
                yield connection

    def create(self) -> None:
        """Make the tables (tests and try-outs; `bot/migrations` in production)."""
        metadata.create_all(self.engine)

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if url.startswith("postgres"):
        address = url.partition("://")[2]
        return create_engine(f"postgresql+psycopg://{address}", pool_pre_ping=True, pool_size=10, max_overflow=10)
    engine = create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})
    if engine.url.database and engine.url.database != ":memory:":  # what people wrote is for this user of the machine alone
        Path(engine.url.database).touch(mode=0o600)

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's own BEGIN below, not sqlite3's late one
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
