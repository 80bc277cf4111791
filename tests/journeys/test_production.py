"""The same on PostgreSQL and Redis, with Telegram polled instead of called."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from bot.tables import metadata
from tests.journeys.desk import Desk
from tests.journeys.test_road import new_phone, to_consent
from tests.stack import Stack


def test_the_road_on_postgresql_and_redis(model: None, postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    _empty(postgres_url)
    with Stack(tmp_path, polling=True, INLOOP_DATABASE_URL=postgres_url, INLOOP_REDIS_URL=redis_url) as stack:
        desk = Desk(stack)
        for channel in ("telegram", "sms"):
            phone = new_phone(stack, channel)
            to_consent(phone, "nl")
            phone.choose("nl", "share_all")
            case = next(one for one in desk.get("cases?status=waiting")["items"] if one["channel"] == channel)
            desk.post(f"cases/{case['id']}/reply", text="Dag, ik ben Sara.")
            assert phone.hear() == "Dag, ik ben Sara."


def _empty(url: str) -> None:
    """Leave nothing of the tests before: these processes make their own tables."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    engine.dispose()
