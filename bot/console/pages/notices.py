"""How one hears that somebody waits: an e-mail address that was proven, and browsers that may be knocked on."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection, select, update

from bot import mail, push
from bot.console import words
from bot.console.access import DeskHere, Marked, Session
from bot.console.desk import Desk, Refused, Staff
from bot.console.limits import PER_NAME
from bot.console.pages.page import language_of, show, to
from bot.messages import SendError
from bot.tables import new_id, users

router = APIRouter()


def found(connection: Connection, desk: Desk, staff: Staff) -> dict[str, Any]:
    """What the account page shows of it."""
    row = connection.execute(select(users.c.email, users.c.mails).where(users.c.id == staff.id)).one()
    can_mail = bool(desk.settings.smtp_url and desk.settings.mail_from)
    own = push.public(push.key(connection, desk.store.vault))
    browsers = push.count(connection, staff.id)
    return {"can_mail": can_mail, "email": desk.store.vault.open(row.email), "mails": row.mails, "push_key": own, "browsers": browsers}


@router.post("/account/email")
def ask(request: Request, desk: DeskHere, staff: Marked, email: Annotated[str, Form()] = "") -> Response:
    """Mail a link to an address: it is kept once its reader opens that."""
    if not desk.limits.allows("email", staff.id, PER_NAME):
        raise Refused(429, "too_many")
    desk.limits.wrong("email", staff.id)
    try:
        secret = mail.proof(desk.store.vault, staff.id, email)
    except ValueError:
        return _refused(request, staff, "email")
    base = desk.settings.console_url.rstrip("/") or str(request.base_url).rstrip("/")
    language = language_of(request)
    text = words.say(language, "notices.proof", url=f"{base}/account/email/{secret}")
    letter = mail.Letter(new_id(), email.strip(), words.say(language, "notices.proof_subject"), text)
    try:
        asyncio.run(mail.send(desk.settings, letter))  # on a thread of its own, as every plain view
    except SendError:
        return _refused(request, staff, "email_not_sent")
    return to("/account", "email_asked")


@router.get("/account/email/{secret}")
def shown(request: Request, desk: DeskHere, staff: Session, secret: str) -> Response:
    """The page a link leads to."""
    return show(request, "email.html", staff=staff, email=mail.proven(desk.store.vault, staff.id, secret), secret=secret, error="")


@router.post("/account/email/{secret}/mine")
def proven(request: Request, desk: DeskHere, staff: Marked, secret: str) -> Response:
    """It is theirs: from now on it is used."""
    address = mail.proven(desk.store.vault, staff.id, secret)
    if address is None:
        return show(request, "email.html", staff=staff, status=422, email=None, secret=secret, error="")
    with desk.store.begin() as connection:
        kept = mail.set_address(connection, desk.store.vault, staff.id, address)
    return to("/account", "email_set") if kept else _refused(request, staff, "email_used")


@router.post("/account/mails")
def mails(desk: DeskHere, staff: Marked, on: Annotated[str, Form()] = "") -> Response:
    """Mail me, or no more; the address stays."""
    with desk.store.begin() as connection:
        connection.execute(update(users).where(users.c.id == staff.id, users.c.email.is_not(None)).values(mails=on == "yes"))
    return to("/account", "saved")


@router.post("/account/email-away")
def away(desk: DeskHere, staff: Marked) -> Response:
    """Forget the address."""
    with desk.store.begin() as connection:
        mail.set_address(connection, desk.store.vault, staff.id, None)
    return to("/account", "saved")


@router.post("/account/push")
def knock_here(desk: DeskHere, staff: Marked, subscription: Annotated[str, Form()] = "") -> Response:
    """This browser may be knocked on; asked by static/push.js."""
    try:
        given = json.loads(subscription)
        with desk.store.begin() as connection:
            push.subscribe(connection, desk.store.vault, staff.id, given if isinstance(given, dict) else {})
    except (ValueError, TypeError):
        raise Refused(422, "invalid") from None
    return Response(status_code=204)


@router.post("/account/push/off")
def knock_no_more(desk: DeskHere, staff: Marked, endpoint: Annotated[str, Form()] = "") -> Response:
    """Not this browser, or none at all."""
    with desk.store.begin() as connection:
        push.unsubscribe(connection, desk.store.vault, staff.id, endpoint or None)
    return Response(status_code=204) if endpoint else to("/account", "saved")


@router.get("/worker.js")
def worker(request: Request, language: str = "") -> Response:
    """The service worker: from here it may speak for every page; its words are in the language of the page that asked."""
    spoken = [one for one in (*words.LANGUAGES, *words.MORE) if "kinds" in words.texts(one).get("notices", {})]
    language = language if language in spoken else language_of(request)
    told = {"title": words.say(language, "common.product"), **words.listing(language, "notices")["kinds"]}
    script = f'const WORDS = {json.dumps(told, ensure_ascii=False)};\nimportScripts("/static/worker.js");\n'
    return Response(script, media_type="text/javascript; charset=utf-8")


def _refused(request: Request, staff: Staff, error: str) -> Response:
    return show(request, "email.html", staff=staff, status=422, email=None, secret="", error=error)
