"""The pages anyone may open: how we treat what you write (/privacy), and the door of a site (/k/CODE)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot import facts, sites
from bot.public import FOLDER, page_texts
from bot.replies import RIGHT_TO_LEFT, SOURCE
from bot.settings import Settings
from bot.store import Store

_TEMPLATES = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(["html"]), trim_blocks=True, lstrip_blocks=True)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def pick_language(asked: str | None, accepted: str, held: str | None = None) -> str:
    """The first language of these that has texts: asked for, the site's, the browser's, Dutch."""
    browser = [part.split(";")[0].split("-")[0].strip() for part in accepted.split(",")]
    return next((code for code in (asked, held, *browser) if code and code in page_texts()), SOURCE)


def add_to(app: FastAPI, store: Store, settings: Settings) -> None:
    """Serve the public pages; no visit is stored."""

    @app.get("/privacy")
    def privacy(request: Request, lang: str | None = None) -> HTMLResponse:
        return _page("privacy.html", pick_language(lang, request.headers.get("accept-language", "")), _facts(store))

    @app.get("/k/{code}")
    def door(request: Request, code: str, lang: str | None = None) -> HTMLResponse:
        with store.begin() as connection:
            site = sites.find(connection, code)
        held = str(site.language) if site is not None and site.language else None
        language = pick_language(lang, request.headers.get("accept-language", ""), held)
        hello = page_texts()[language]["hello"]
        links = sites.links(settings, str(site.code) if site is not None else "", hello)
        return _page("door.html", language, _facts(store), links=links)

    @app.get("/public.css")
    def style() -> Response:
        return Response((FOLDER / "public.css").read_text(encoding="utf-8"), media_type="text/css")


def _facts(store: Store) -> dict[str, Any]:
    with store.begin() as connection:
        return facts.read(connection)


def _page(template: str, language: str, found: Mapping[str, Any], **more: Any) -> HTMLResponse:
    values = {"t": page_texts()[language], "facts": found, "language": language, "languages": page_texts()}
    direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
    return HTMLResponse(_TEMPLATES.get_template(template).render(direction=direction, **values, **more), headers=_HEADERS)
