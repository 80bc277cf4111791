"""Voice notes and photos: fetched after a yes, with limits, kept encrypted, gone with the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from sqlalchemy import select, update

from bot.channels import Channel
from bot.clock import now
from bot.messages import ChannelName, Media, SendError
from bot.store import Store
from bot.tables import contacts, media

log = logging.getLogger("inloop.files")
LIMIT = 16 * 1024 * 1024  # bytes; Twilio's own limit for WhatsApp media


async def fetch_one(store: Store, channels: Mapping[ChannelName, Channel]) -> bool:
    """Fetch one file the person said yes to; False when there is none."""
    with store.begin() as connection:
        wanted = media.c.wanted_at.is_not(None) & media.c.fetched_at.is_(None) & media.c.error.is_(None)
        query = select(media, contacts.c.channel).join(contacts, contacts.c.id == media.c.contact_id).where(wanted)
        row = connection.execute(query.where(contacts.c.channel.in_(list(channels))).limit(1)).one_or_none()
    if row is None:
        return False
    reference = store.vault.open(row.reference) or ""
    try:
        content, content_type = await channels[row.channel].fetch(Media(row.kind, reference, row.content_type), LIMIT)
        values = {"content": store.vault.close_bytes(content), "content_type": content_type, "fetched_at": now()}
    except SendError as wrong:
        log.warning("file not fetched on %s: %s", row.channel, wrong.reason)
        values = {"error": wrong.reason[:64]}
        if wrong.retry:
            await asyncio.sleep(2)
            return False
    with store.begin() as connection:
        connection.execute(update(media).where(media.c.id == row.id).values(**values))
    return True
