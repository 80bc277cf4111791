"""How a page is shown: its template, in the reader's language, for who is signed in."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from bot import facts
from bot.console import words
from bot.console.access import LANGUAGE_COOKIE, desk
from bot.console.desk import Staff

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
ZONE = "Europe/Amsterdam"


@cache
def _templates() -> Environment:
    """Everything a person wrote is escaped: no template turns that off (tests/console/test_pages.py)."""
    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["blanks"] = lambda text: re.sub(r"\{\w+\}", "…", text)  # what a ready phrase leaves to fill in
    return made


def language_of(request: Request) -> str:
    """The interface language: chosen, else the browser's, else Dutch."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in words.LANGUAGES:
        return chosen
    return "en" if request.headers.get("accept-language", "").lower().startswith("en") else "nl"


def show(request: Request, template: str, *, staff: Staff | None = None, status: int = 200, **values: Any) -> HTMLResponse:
    """A page; `values` are what its template names."""
    language = language_of(request)
    shown = {**_tools(request, language), "staff": staff, "path": request.url.path, "back": _back(request), "done": done(request), **values}
    return HTMLResponse(_templates().get_template(template).render(shown), status)


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
        "languages": words.LANGUAGES,
        "t": partial(words.say, language),
        "words": partial(words.listing, language),
        "label": partial(words.label, language),
        "since": partial(words.since, language),
        "stretch": partial(words.stretch, language),
        "person_language": partial(words.person_language, language),
        "texts_are": partial(words.texts_are, language),
        "when": lambda at: words.clock_time(language, at, zone),
        "isolated": isolated,
    }


def _back(request: Request) -> str:
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
