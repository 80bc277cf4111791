"""What a deployment's facts must look like: a wrong one would stop every conversation, so it is refused at the door."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails


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


def _postcode(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{3}", value):
        raise ValueError("is not four digits such as 1091")
    return value


def _code(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise ValueError("is not a language's code such as nl")
    return value


Words = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=40)]
Line = Annotated[str, Field(min_length=1, max_length=60)]
Span = Annotated[str, AfterValidator(_span)]
Code = Annotated[str, AfterValidator(_code)]
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Someone(BaseModel):
    """Somebody to go to or to call; what else is told of them is kept."""

    model_config = ConfigDict(extra="allow")
    name: Words
    number: Words | None = None
    address: Words | None = None


Kind = Literal["community", "library", "desk", "school", "faith", "advice", "other"]
Can = Literal["work", "letters", "money", "phone", "children", "meet"]


class Place(BaseModel):
    """A place to walk in. Its name, address and hours are said to people: two places must fit three SMS (conversation.md, rule 2)."""

    model_config = ConfigDict(extra="forbid")
    name: Name
    kind: Kind | None = None
    neighbourhood: Name | None = None
    town: Name | None = None
    postcodes: list[Annotated[str, BeforeValidator(str), AfterValidator(_postcode)]] = []
    also: list[Name] = []  # what people write for its neighbourhood or town too, in their own letters
    address: Line | None = None
    hours: Line | None = None  # as it is said
    languages: list[Code] = []
    can: list[Can] = []  # what one can do there
    child_welcome: bool = False
    checked: date | None = None


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
    hours: dict[Day, list[Span]] = {}
    holidays: list[date] = []
    numbers: dict[str, Number] = {}
    desks: dict[str, Someone] = {}
    places: list[Place] = []
    helps: dict[str, Someone] = {}


def wrong_in(found: Mapping[str, Any]) -> list[str]:
    """What is wrong in these facts, a line each: where, and what it should be."""
    try:
        Directory.model_validate(dict(found))
    except ValidationError as wrong:
        return [" ".join(f"{_where(one['loc'], found)} {_mend(one)}".split()) for one in wrong.errors()]
    return []


def wrong_fields(place: Mapping[str, Any]) -> list[str]:
    """The fields of a place that are not as they should be, in the order of a form."""
    try:
        Place.model_validate(dict(place))
    except ValidationError as wrong:
        named = {one["loc"][0] for one in wrong.errors()}
        return [*(name for name in Place.model_fields if name in named), *sorted(str(name) for name in named - set(Place.model_fields))]
    return []


def _where(parts: tuple[int | str, ...], found: Mapping[str, Any]) -> str:
    """Where it stands; a place by its number and name, as people look for it."""
    if parts[0] != "places" or len(parts) < 2 or not isinstance(parts[1], int):
        return ".".join(str(part) for part in parts)
    place = found["places"][parts[1]]
    name = f" ({place['name']})" if isinstance(place, dict) and place.get("name") else ""
    return f"place {parts[1] + 1}{name}: {'.'.join(str(part) for part in parts[2:])}"


def _mend(one: ErrorDetails) -> str:
    match one["type"]:
        case "extra_forbidden":
            return f"is not known; take one of {', '.join(Place.model_fields)}"
        case "missing":
            return "is missing: fill it in"
        case "string_type":
            return "must be words: put it between quotes"
        case _:
            return one["msg"].removeprefix("Value error, ")
