"""How a page is shown: its template, in the reader's language, for who is signed in."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, UndefinedError
from markupsafe import Markup, escape

from bot import facts, moments
from bot.console import words
from bot.console.access import LANGUAGE_COOKIE, desk
from bot.console.desk import Staff

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
ZONE = "Europe/Amsterdam"


@cache
def _templates() -> Environment:
    """Everything a person wrote is escaped: no template turns that off (tests/console/test_pages.py)."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["once"] = partial(secrets.token_urlsafe, 12)
    made.filters["blanks"] = lambda text: re.sub(r"\{\w+\}", "…", text)  # what a ready phrase leaves to fill in
    return made


def language_of(request: Request, among: tuple[str, ...] = words.LANGUAGES) -> str:
    """The interface language: chosen, else the browser's, else Dutch."""
    wanted = (request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "").lower()[:2])
    return next((one for one in wanted if one in among), "nl")


def reads_in(request: Request, template: str, staff: Staff | None) -> str:
    """The language a page is shown in: an ambassador's screens have more."""
    return language_of(request, words.spoken(template, staff.role if staff else None))


def show(request: Request, template: str, *, staff: Staff | None = None, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; `values` are what its template names."""
    among = words.spoken(template, staff.role if staff else None)
    shown = {"staff": staff, "path": request.url.path, "back": back(request), "done": done(request), **values}
    shown["tongues"] = [(code, words.say(code, "name")) for code in among]
    language = reads_in(request, template, staff)
    try:
        made = _rendered(request, template, language, shown)
    except (KeyError, UndefinedError):  # a word is missing in this language: then the whole page in one that has it
        if language in words.LANGUAGES:
            raise
        made = _rendered(request, template, language_of(request), shown)
    return HTMLResponse(made, status)


def _rendered(request: Request, template: str, language: str, shown: dict[str, Any]) -> str:
    return _templates().get_template(template).render({**_tools(request, language), **shown})


_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
_NUMBER = re.compile(r"(\+?\d[\d .:/-]*\d)")


def isolated(text: str) -> Markup:
    """A person's text, escaped; in right-to-left text each number keeps its own order ("14 020")."""
    if not _RIGHT_TO_LEFT.search(text):
        return escape(text)
    parts = _NUMBER.split(text)
    return Markup("").join(
        Markup('<bdi dir="ltr">{}</bdi>').format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )


def _tools(request: Request, language: str) -> dict[str, Any]:
    zone = _zone(request)
    return {
        "language": language,
        "right_to_left": language in words.RIGHT_TO_LEFT,
        "t": partial(words.say, language),
        "words": partial(words.listing, language),
        "label": partial(words.label, language),
        "since": partial(words.since, language),
        "stretch": partial(words.stretch, language),
        "person_language": partial(words.person_language, language),
        "texts_are": partial(words.texts_are, language),
        "when": lambda at: words.clock_time(language, at, zone),
        "soon": lambda at: words.soon(language, at, zone),
        "moment": lambda at: moments.say(at, zone, language),
        "isolated": isolated,
        "day": partial(words.day, language),
    }


def back(request: Request) -> str:
    """The page to come back to: a form's address shows nothing by itself."""
    parts = request.url.path.strip("/").split("/")
    if request.method == "GET":
        return request.url.path
    return "/" + "/".join(parts[: 2 if parts[0] in ("cases", "sign-in") else 1])


def _zone(request: Request) -> str:
    with desk(request).store.begin() as connection:
        return str(facts.mark(connection, "time_zone") or ZONE)


def done(request: Request) -> str | None:
    """What was just done, said once after a redirect."""
    named = request.query_params.get("done", "")
    return named if named.isidentifier() else None


def to(path: str, done: str | None = None) -> RedirectResponse:
    """After a form: see the page again (303), so that a reload sends nothing twice."""
    return RedirectResponse(f"{path}?done={done}" if done else path, 303)


def iso(at: datetime) -> str:
    """A moment for a script."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
