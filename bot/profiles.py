"""What is known of a colleague to find the right one for a person: languages, road, hours, how many, when away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Row, select, update

from bot import facts, labels, matching
from bot.audit import note
from bot.directory import Code, Day, Name, Span
from bot.tables import sites, users
from bot.users import LONGEST_NAME

ZONE = "Europe/Amsterdam"
# What anybody may say of themselves; the rest is the coordinator's.
OWN = ("alias", "languages", "road", "hours", "away")


def _road(value: str) -> str:
    if value not in (*labels.goals(), *labels.labels_of("barrier")):
        raise ValueError("is not a goal or a barrier of the taxonomy")
    return value


def _none_if_empty(value: Any) -> Any:
    return None if value == "" else value


class Profile(BaseModel):
    """The fields of a form, as the coordinator and somebody themselves may fill them in."""

    model_config = ConfigDict(extra="forbid")
    alias: Annotated[str, Field(max_length=LONGEST_NAME)] = ""  # what the person sees
    languages: list[Code] = []
    woman: bool = False
    neighbourhood: Annotated[Name | None, BeforeValidator(_none_if_empty)] = None
    sites: list[str] = []
    road: list[Annotated[str, AfterValidator(_road)]] = []
    hours: dict[Day, list[Span]] = {}
    most: Annotated[int | None, Field(ge=0, le=99), BeforeValidator(_none_if_empty)] = None
    away: Annotated[date | None, BeforeValidator(_none_if_empty)] = None  # the first day back


def wrong_fields(found: Mapping[str, Any]) -> list[str]:
    """The fields of a profile that are not as they should be, in the order of a form."""
    try:
        Profile.model_validate(dict(found))
    except ValidationError as wrong:
        named = {str(one["loc"][0]) for one in wrong.errors()}
        return [*(name for name in Profile.model_fields if name in named), *sorted(named - set(Profile.model_fields))]
    return []


def read(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    """The profile of a users row, as a form shows it."""
    plain = {name: getattr(row, name) for name in Profile.model_fields if name != "away"}
    away = row.away_until.astimezone(_zone(connection)).date().isoformat() if row.away_until else None
    return {**plain, "alias": row.alias or "", "away": away}


def write(connection: Connection, user: str, found: Mapping[str, Any], *, by: str) -> None:
    """Keep the fields that are given; what waits for this colleague is looked at anew. Raises KeyError, ValidationError."""
    row = connection.execute(select(users).where(users.c.id == user)).one_or_none()
    if row is None:
        raise KeyError(user)
    told = Profile.model_validate(dict(found)).model_dump(include=set(found))
    if "away" in told:
        told["away_until"] = _midnight(connection, told.pop("away"))
    if "alias" in told:
        told["alias"] = " ".join(told["alias"].split()) or None
    if "sites" in told:
        told["sites"] = _known_sites(connection, told["sites"])
    connection.execute(update(users).where(users.c.id == user).values(**told))
    note(connection, "profile_changed", user=by, who=user)
    matching.offer_again(connection, user)


def _known_sites(connection: Connection, ids: Iterable[str]) -> list[str]:
    return list(connection.scalars(select(sites.c.id).where(sites.c.id.in_(list(ids))).order_by(sites.c.id)))


def _midnight(connection: Connection, day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), tzinfo=_zone(connection)).astimezone(UTC)


def _zone(connection: Connection) -> ZoneInfo:
    return ZoneInfo(str(facts.mark(connection, "time_zone") or ZONE))
