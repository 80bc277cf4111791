"""An old database becomes today's, with what is in it; a new one is today's at once."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from bot import sessions, users
from bot.migrations import upgrade
from bot.store import Store, keys, metadata

LATER_TABLES = ("reveals", "factors")
LATER_COLUMNS = {"keys": ("handle", "browser", "used_at")}


def make_old(store: Store) -> None:
    """The database as 0001 made it before there was a 0002."""
    with store.begin() as connection:
        for table in LATER_TABLES:
            connection.execute(text(f"DROP TABLE {table}"))
        for table, columns in LATER_COLUMNS.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))


def forget_version(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))


def differences(store: Store) -> list[object]:
    with store.begin() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))


def test_a_new_database_is_todays(store: Store) -> None:
    metadata.drop_all(store.engine)
    forget_version(store)
    upgrade(store.engine)
    assert differences(store) == []
    upgrade(store.engine)
    forget_version(store)


def test_a_database_of_the_first_tables_is_brought_up_to_date_and_keeps_its_people(store: Store) -> None:
    forget_version(store)
    with store.begin() as connection:
        user = users.add_user(connection, "Sara", "advisor")
        secret = users.new_key(connection, "session", user, sessions.LASTS, csrf="mark")
    make_old(store)
    assert differences(store) != []
    upgrade(store.engine)
    assert differences(store) == []
    with store.begin() as connection:
        row = users.holder(connection, "session", secret)
        assert row is not None
        assert (row.name, row.csrf) == ("Sara", "mark")
        assert row.handle
        assert sessions.end(connection, user, row.handle)  # one from before can be ended too
        assert connection.execute(select(keys).where(keys.c.kind == "session")).all() == []
    forget_version(store)


def test_a_database_that_has_it_all_but_is_not_marked_stays_as_it_is(store: Store) -> None:
    forget_version(store)
    upgrade(store.engine)  # 0001 makes nothing anew, 0002 looks first
    assert differences(store) == []
    forget_version(store)
