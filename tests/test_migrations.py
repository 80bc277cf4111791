"""An old database becomes today's, with what is in it; a new one is today's at once."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Index, MetaData, Table, UniqueConstraint, insert, select, text

from bot import sessions, users
from bot.clock import now
from bot.migrations import upgrade
from bot.store import Store
from bot.tables import keys, metadata

LATER_TABLES = {
    "reveals", "factors",
    "joined", "knows", "notes", "tasks", "appointments", "phases", "suggestions", "feedback", "staff_notices", "pushes",
}  # fmt: skip
LATER_COLUMNS = {
    "keys": {"handle", "browser", "used_at"},
    "contacts": {"safe_hours"},
    "media": {"token", "token_until"},
    "cases": {
        "offered_to", "offered_at", "match", "escalated_at", "tags", "own_outcome", "own_outcome_at", "transferred_at", "formal_at",
    },
    "users": {
        "woman", "neighbourhood", "sites", "road", "hours", "most", "away_until", "email", "email_hash", "mails", "subject",
    },
}  # fmt: skip


def as_it_was() -> MetaData:
    """The tables of 0001, before there was a 0002."""
    old = MetaData()
    for table in (one for one in metadata.sorted_tables if one.name not in LATER_TABLES):
        kept = {column.name for column in table.columns} - LATER_COLUMNS.get(table.name, set())
        together = [[column.name for column in one.columns] for one in table.constraints if isinstance(one, UniqueConstraint)]
        unique = [UniqueConstraint(*names) for names in together if set(names) <= kept]
        keys = [one._copy() for one in table.foreign_key_constraints if {column.name for column in one.columns} <= kept]
        made = Table(table.name, old, *(column._copy() for column in table.columns if column.name in kept), *unique, *keys)
        held = {index.name for index in made.indexes}
        for index in (one for one in table.indexes if one.name not in held and {column.name for column in one.columns} <= kept):
            Index(index.name, *(made.c[column.name] for column in index.columns))
    return old


def make_old(store: Store) -> None:
    """The database as 0001 made it."""
    metadata.drop_all(store.engine)
    as_it_was().create_all(store.engine)
    with store.begin() as connection:
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
    make_old(store)
    assert differences(store) != []
    old = as_it_was().tables
    with store.begin() as connection:
        connection.execute(insert(old["users"]).values(id="sara", name="Sara", role="advisor", languages=[], created_at=now()))
        held = {
            "hash": users.digest("secret"),
            "kind": "session",
            "user_id": "sara",
            "csrf": "mark",
            "created_at": now(),
            "expires_at": now() + sessions.LASTS,
        }
        connection.execute(insert(old["keys"]).values(held))
    upgrade(store.engine)
    assert differences(store) == []
    with store.begin() as connection:
        row = users.holder(connection, "session", "secret")
        assert row is not None
        assert (row.name, row.csrf) == ("Sara", "mark")
        assert row.handle
        assert sessions.end(connection, "sara", row.handle)  # one from before can be ended too
        assert connection.execute(select(keys).where(keys.c.kind == "session")).all() == []
    forget_version(store)


def test_a_database_that_has_it_all_but_is_not_marked_stays_as_it_is(store: Store) -> None:
    forget_version(store)
    upgrade(store.engine)  # 0001 makes nothing anew, 0002 looks first
    assert differences(store) == []
    forget_version(store)
