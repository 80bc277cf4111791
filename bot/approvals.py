"""Templates at Twilio: made where they are missing, shown to WhatsApp, and what it says of them kept among the facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot import facts, templates
from bot.channels.twilio_content import TwilioContent
from bot.settings import Settings
from bot.store import Store
from bot.templates import MARK, Template

UNSUBMITTED, GONE = "unsubmitted", "twilio_20404"


def open_content(settings: Settings) -> TwilioContent:
    """The account of these settings. Raises ValueError when there is none."""
    if not (settings.twilio_account_sid and settings.twilio_auth_token and settings.twilio_whatsapp_from):
        raise ValueError("WhatsApp is off: fill in TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_WHATSAPP_FROM.")
    return TwilioContent(settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_base_url)


def sync(store: Store, content: TwilioContent, languages: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Make and show to WhatsApp what is missing, take away what is no longer said; gives name, status and reason of each.

    Each is kept as soon as it is made: a run that is broken off goes on where it stopped. Raises SendError.
    """
    with store.begin() as connection:
        needed, held = list(templates.wanted(facts.read(connection), languages)), facts.mark(connection, MARK) or {}
    theirs = content.all()
    for one in needed:
        entry = _made(content, one, theirs)
        _keep(store, one.key, entry)
        yield one.key, entry["status"], entry["reason"]
    current = {one.title for one in needed}
    for title, sid in theirs.items():
        if title.startswith("inloop_") and title not in current:
            content.delete(sid)
    for key in set(held) - {one.key for one in needed}:
        _keep(store, key, None)


def _made(content: TwilioContent, one: Template, theirs: dict[str, str]) -> dict[str, Any]:
    sid = theirs.get(one.title) or content.create(one.title, one.language, one.body, one.samples)
    status, reason = content.approval(sid)
    if status == UNSUBMITTED:
        content.submit(sid, one.title)
        status, reason = content.approval(sid)
    return {"sid": sid, "body": one.body, "status": status, "reason": reason}


def status(store: Store, content: TwilioContent) -> Iterator[tuple[str, str, str]]:
    """Ask what WhatsApp says now of each template we know; gives name, status and reason. Raises SendError."""
    with store.begin() as connection:
        held: dict[str, Any] = facts.mark(connection, MARK) or {}
    for key, entry in sorted(held.items()):
        said, reason = content.approval(entry["sid"])
        _keep(store, key, entry | {"status": said, "reason": reason})
        yield key, said, reason


def _keep(store: Store, key: str, entry: dict[str, Any] | None) -> None:
    with store.begin() as connection:
        held = dict(facts.hold(connection, MARK) or {})
        held.pop(key, None)
        facts.write(connection, MARK, held | ({key: entry} if entry else {}))
