"""Sessions by name, the second step of signing in, and why a number was shown."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from bot.tables import new_id

revision = "0002"
down_revision = "0001"

KEYS: dict[str, sa.types.TypeEngine[Any]] = {
    "handle": sa.String(32),
    "browser": sa.String(40),
    "used_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    """Add what is not there: 0001 makes every table as it stands today, so that a new database has all of this."""
    here = sa.inspect(op.get_bind())
    held = {column["name"] for column in here.get_columns("keys")}
    for name, kind in KEYS.items():
        if name not in held:
            op.add_column("keys", sa.Column(name, kind))
    _name_sessions()
    if not here.has_table("factors"):
        _factors()
    if not here.has_table("reveals"):
        _reveals()


def _name_sessions() -> None:
    """Sessions that are open now can be listed and ended too."""
    keys = sa.table("keys", sa.column("hash"), sa.column("kind"), sa.column("handle"))
    unnamed = sa.select(keys.c.hash).where(keys.c.kind == "session", keys.c.handle.is_(None))
    for found in op.get_bind().scalars(unnamed).all():
        op.execute(sa.update(keys).where(keys.c.hash == found).values(handle=new_id()))


def _factors() -> None:
    op.create_table(
        "factors",
        sa.Column("user_id", sa.String(32), sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("used_step", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
    )


def _reveals() -> None:
    op.create_table(
        "reveals",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("case_id", sa.String(32), sa.ForeignKey("cases.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("words", sa.LargeBinary),
    )
