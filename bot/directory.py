"""What a deployment's facts must look like: a wrong one would stop every conversation, so it is refused at the door."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a time zone such as Europe/Amsterdam") from None
    return value


def _span(value: str) -> str:
    try:
        start, end = (time.fromisoformat(part) for part in value.split("-"))
    except ValueError:
        raise ValueError("is not a span such as 09:00-17:00") from None
    if start >= end:
        raise ValueError("begins after it ends")
    return value


Words = Annotated[str, Field(min_length=1)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Someone(BaseModel):
    """Somebody to go to or to call; what else is told of them is kept."""

    model_config = ConfigDict(extra="allow")
    name: Words
    number: Words | None = None
    address: Words | None = None


class Number(Someone):
    """A line for danger, with the day somebody called it to check."""

    number: Words
    free: bool = False
    always: bool = False
    checked: date | None = None


class Directory(BaseModel):
    """The facts a deployment may state; a name that is not here is kept as it is."""

    model_config = ConfigDict(extra="allow")
    public_name: Words = "Inloop"
    full_name: str = ""
    controller: str = ""
    privacy_officer: str = ""
    call_number: str = ""
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Amsterdam"
    hours: dict[Day, list[Annotated[str, AfterValidator(_span)]]] = {}
    holidays: list[date] = []
    numbers: dict[str, Number] = {}
    desks: dict[str, Someone] = {}
    places: list[Someone] = []
    helps: dict[str, Someone] = {}


def wrong_in(found: Mapping[str, Any]) -> list[str]:
    """What is wrong in these facts, a line each: where, and what it should be."""
    try:
        Directory.model_validate(dict(found))
    except ValidationError as wrong:
        return [f"{'.'.join(str(part) for part in one['loc'])} {one['msg'].removeprefix('Value error, ')}" for one in wrong.errors()]
    return []
