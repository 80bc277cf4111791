"""What the JSON API answers; the pages show the same."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Moment = Annotated[datetime, PlainSerializer(lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"), return_type=str)]
Outcome = Literal["helped", "referred", "appointment", "not_now", "unreachable", "other"]


class Error(BaseModel):
    """What went wrong: an id, and a sentence that says what to do."""

    error: str
    message: str


class Label(BaseModel):
    """Something understood or tapped; `evidence`: the person's own words, when they may be read."""

    id: str
    source: Literal["tapped", "said", "guessed"]
    confirmed: bool
    evidence: str | None


class File(BaseModel):
    """A voice note, photo …; `url` plays it, null while it is not here or not agreed to."""

    kind: str
    url: str | None
    content_type: str = ""
    state: Literal["here", "coming", "failed", "not_agreed"]


class Message(BaseModel):
    """One message of the talk. `mark`: a line for staff only, such as an answer to an appointment. `formal`: an objection or the like."""

    id: str
    direction: Literal["in", "out"]
    author: Literal["person", "bot", "human"]
    name: str | None
    text: str | None
    media: list[File]
    at: Moment
    kind: str
    status: str
    choices: list[str] = []
    mark: dict[str, str] | None = None
    mark_at: Moment | None = None
    formal: bool = False
    original: str | None = None
    dutch: str | None = None  # what staff typed, where a computer translated it


class Contact(BaseModel):
    """A person, by pseudonym."""

    id: str
    language: str | None


class PhaseAt(BaseModel):
    """When a person came to a phase of the road."""

    phase: str
    at: Moment


class Appointment(BaseModel):
    """An appointment: proposed (`options`, or none for a place to walk in), agreed for `at`, or over. `moved`: how often."""

    id: str
    kind: Literal["place", "call"]
    status: Literal["proposed", "agreed", "cancelled", "kept", "missed"]
    options: list[Moment]
    at: Moment | None
    minutes: int
    place: str | None
    calls_from: str | None
    interpreter: bool
    moved: int


class Joined(BaseModel):
    """A colleague on a case beside its owner; asked: the person did not say yes yet."""

    name: str
    role: str
    how: Literal["bridge", "along", "joins"]
    status: Literal["asked", "agreed"]


class CaseLine(BaseModel):
    """A case in a list."""

    id: str
    status: Literal["waiting", "taken", "closed"]
    channel: str
    language: str | None
    urgent: str | None
    urgent_strength: str | None
    goal: str | None
    waiting_since: Moment | None
    owner: str | None
    to: str
    offered_to: str | None = None  # who is asked first


class Case(CaseLine):
    """A case with its story: only what was agreed to, and what came after."""

    contact: Contact
    strengths: list[Label]
    drivers: list[Label]
    barriers: list[Label]
    about: list[Label]
    wishes: list[Label]
    phase: str
    phases: list[PhaseAt] = []
    summary: str
    code_word: str | None
    window_until: Moment | None
    outcome: str | None
    own_outcome: str | None = None
    tags: list[str] = []
    next_step: str | None
    first_day: Moment | None
    joined: list[Joined] = []
    appointments: list[Appointment] = []
    messages: list[Message]


class Cases(BaseModel):
    """A page of cases; `next` is the cursor of the following page."""

    items: list[CaseLine]
    next: str | None


class Asked(BaseModel):
    """A body of a call: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Phrase(Asked):
    """A ready phrase by name, with its values."""

    phrase: str = Field(min_length=1, max_length=64)
    values: dict[str, str] = {}


class Text(Asked):
    """Typed words."""

    text: str = Field(min_length=1, max_length=4096)


class Assign(Asked):
    """The colleague's name or id. `note`: a word for them, for staff only; `stay`: the one who gives it stays on."""

    to: str = Field(min_length=1, max_length=80)
    note: str = Field("", max_length=2000)
    stay: bool = False


class Join(Asked):
    """The colleague's name or id."""

    to: str = Field(min_length=1, max_length=80)


class Close(Asked):
    """How it ends; the next step (text or phrase) goes to the person. `first_day`: check-ins count from there."""

    outcome: Outcome
    next_step: Phrase | str | None = None
    first_day: str | None = Field(None, pattern=r"^\d{4}-\d{2}-\d{2}$")


class NewAppointment(Asked):
    """Up to three moments (ISO 8601; without an offset as the deployment's clock says) at a place of the directory or for a call.

    A place without moments is one to walk in. `instead`: the appointment it moves.
    """

    options: list[Annotated[str, Field(max_length=40)]] = Field([], max_length=3)
    place: str | None = Field(None, max_length=40)
    calls_from: str | None = Field(None, max_length=24)
    interpreter: bool = False
    minutes: int = 30
    instead: str | None = Field(None, max_length=32)


class NewSite(Asked):
    """A place where the link is shared."""

    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(min_length=1, max_length=24)
    language: str | None = None


class Site(BaseModel):
    """A site; `used` is null under 5 arrivals."""

    id: str
    name: str
    kind: str
    language: str | None
    code: str
    links: dict[str, str | None]
    used: int | None
    created_at: Moment


class Sites(BaseModel):
    """A page of sites."""

    items: list[Site]
    next: str | None
