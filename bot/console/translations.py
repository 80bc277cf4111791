"""What a translation service can do on a case's page, and the one message or text that is put into other words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from bot import plain_dutch
from bot.console import story
from bot.console.desk import Desk, Refused, Staff
from bot.replies import SOURCE, available
from bot.tables import messages
from bot.translation import NotTranslated, Translator, service


def offered(desk: Desk, row: Row[Any], language: str) -> dict[str, Any]:
    """What the page may offer: {"translates": None} without a service or need. Not in a transaction: the service may be asked."""
    translator = service(desk.settings)
    if translator is None or row.language is None or row.language == language == SOURCE:
        return {"translates": None}
    pairs = translator.pairs()
    theirs = row.language
    found = {"away": pairs is None, "target": language, "reads": pairs is not None and language in pairs.get(theirs, [])}
    return {"translates": found | {"writes": pairs is not None and theirs in available() and theirs in pairs.get(SOURCE, [])}}


def read(desk: Desk, staff: Staff, case: str, message: str, language: str) -> str:
    """A person's message in the reader's language. Raises Refused."""
    with desk.store.begin() as connection:
        row = story.find(connection, case)
        story.may_see(staff, row)
        theirs = (messages.c.id == message) & (messages.c.author == "person") & story.visible(connection, row)
        sealed = connection.scalar(select(messages.c.body).where(theirs)) if message.isalnum() else None
        text = (desk.store.vault.open_json(sealed) or {}).get("text") if story.reads(staff, row) else None
    if not text:
        raise Refused(404, "not_found")
    return _translated(_service(desk), text, row.language or "auto", language)


def write(desk: Desk, staff: Staff, case: str, text: str, language: str) -> str:
    """Typed words in the person's language. Raises Refused."""
    with desk.store.begin() as connection:
        row = story.find(connection, case)
        story.may_see(staff, row)
    if not text.strip():
        raise Refused(422, "empty")
    if row.language not in available():
        raise Refused(409, "translate_language")
    source = SOURCE if language == SOURCE or plain_dutch.is_dutch(text) else language
    return _translated(_service(desk), text.strip(), source, row.language)


def _service(desk: Desk) -> Translator:
    translator = service(desk.settings)
    if translator is None:
        raise Refused(409, "translate_off")
    return translator


def _translated(translator: Translator, text: str, source: str, target: str) -> str:
    try:
        return translator.translate(text, source, target)
    except NotTranslated as wrong:
        raise Refused(409, wrong.reason) from None
