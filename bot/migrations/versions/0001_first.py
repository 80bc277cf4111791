"""The first tables."""

from __future__ import annotations

from alembic import op

from bot.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """All tables as they stand until the first release; later changes get migrations of their own."""
    metadata.create_all(op.get_bind())
