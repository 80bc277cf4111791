"""A site: a place where the link is shared. Its code tells that it is used, never by whom."""

from __future__ import annotations

import re
import secrets
from urllib.parse import quote

from sqlalchemy import Connection, Row, insert, select

from bot.clock import now
from bot.counters import count
from bot.public import page_texts
from bot.replies import SOURCE
from bot.settings import Settings
from bot.tables import sites

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # no I, O, 0, 1: read aloud and copied by hand
LENGTH = 6
_CODE = re.compile(rf"(?<![A-Za-z0-9])[{LETTERS}]{{{LENGTH}}}(?![A-Za-z0-9])", re.IGNORECASE)


def create(connection: Connection, name: str, kind: str, language: str | None, by: str | None) -> Row[tuple[object, ...]]:
    """Make a site with a fresh code. Raises ValueError without a name or a kind."""
    name, kind = " ".join(name.split()), " ".join(kind.split())
    if not name or not kind:
        raise ValueError("a site has a name and a kind")
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH - 1)) + secrets.choice(
        LETTERS[-8:]
    )  # ends in a digit: no word looks like it
    row = {"code": code, "name": name, "kind": kind, "language": language, "created_by": by, "created_at": now()}
    return connection.execute(insert(sites).values(**row).returning(sites)).one()


def find(connection: Connection, code: str) -> Row[tuple[object, ...]] | None:
    """The site of a code, however it is cased; None for a code nobody made."""
    return connection.execute(select(sites).where(sites.c.code == code.upper())).one_or_none()


def arrive(connection: Connection, text: str, payload: str | None) -> tuple[str, str | None]:
    """Count an arrival by a code in the first text or the `/start` payload.

    Gives the text without the code, so that nothing of the contact carries the place, and the site's language.
    """
    for found in [payload or "", *_CODE.findall(text)]:
        site = find(connection, found) if found else None
        if site is not None:
            count(connection, "site", str(site.code))
            cleaned = re.sub(rf"[(\[{{]?\s*{re.escape(found)}\s*[)\]}}]?", " ", text, flags=re.IGNORECASE)
            return " ".join(cleaned.split()), site.language
    return text, None


def links(settings: Settings, code: str, greeting: str) -> dict[str, str | None]:
    """The links of a site: whatsapp, sms, telegram (None where that channel is off) and its own page; without a code they still open."""
    hello = quote(f"{greeting} ({code})" if code else greeting)
    whatsapp, sms = settings.twilio_whatsapp_from.removeprefix("whatsapp:"), settings.twilio_sms_from
    start, base = f"?start={code}" if code else "", settings.public_url or f"http://{settings.bind}:{settings.bot_port}"
    return {
        "whatsapp": f"https://wa.me/{whatsapp.lstrip('+')}?text={hello}" if whatsapp else None,
        "sms": f"sms:{sms}?&body={hello}" if sms else None,
        "telegram": f"https://t.me/{settings.telegram_bot_name}{start}" if settings.telegram_bot_name else None,
        "page": f"{base.rstrip('/')}/k/{code}",
    }


def all_of(connection: Connection, by: str | None = None) -> list[Row[tuple[object, ...]]]:
    """All sites, or those one outreach worker made, newest first."""
    query = select(sites).order_by(sites.c.created_at.desc())
    return list(connection.execute(query if by is None else query.where(sites.c.created_by == by)).all())


def greeting(language: str | None) -> str:
    """The hello of a link's pre-filled text in the site's language."""
    held = page_texts()
    return str(held.get(language or SOURCE, held[SOURCE])["hello"])
