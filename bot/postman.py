"""Sends what is claimed from the outbox: window, reconciliation after a doubt, retries, the end of a forgotten contact."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, delete, select

from bot import outbox, retention, templates, voice
from bot.channels import Channel
from bot.messages import ChannelName, Outgoing, SendError
from bot.metrics import counted
from bot.outbox import Claimed
from bot.store import Store
from bot.tables import erasures

log = logging.getLogger("inloop.postman")


class Postman:
    """Carries the outbox to the carriers; any number may work at once."""

    def __init__(self, store: Store, channels: Mapping[ChannelName, Channel]) -> None:
        self.store, self.channels = store, channels

    async def send_one(self) -> bool:
        """Send the next message; False when there is none."""
        claimed = await asyncio.to_thread(self.claim)
        if claimed is not None:
            await self.send(claimed)
        return claimed is not None

    async def recover(self) -> None:
        """Take up what a dead process left half-sent: reconcile with the carrier before a resend."""
        for claimed in await asyncio.to_thread(self._stuck):
            await self.send(claimed, doubt=True)

    def claim(self) -> Claimed | None:
        """The next message this process alone may send; None when there is none."""
        with self.store.begin(durable=False) as connection:
            claimed = outbox.claim(connection, self.store.vault, list(self.channels))
            if claimed is None:
                return None
            outgoing = self._what_goes(connection, claimed)
            if outgoing is None:
                outbox.wait_for_window(connection, claimed.row)
                return None
            return replace(claimed, outgoing=outgoing)

    def _what_goes(self, connection: Connection, claimed: Claimed) -> Outgoing | None:
        """Outside WhatsApp's window an approved template that says the same, or None; a recording with its sound; else as it is."""
        if claimed.window_closed:
            return templates.instead(connection, claimed.outgoing)
        if claimed.recording:
            return voice.attached(connection, self.store.vault, claimed.outgoing, claimed.recording)
        return claimed.outgoing

    def _stuck(self) -> list[Claimed]:
        """What may have gone out already does not wait: the carrier is asked for it first."""
        with self.store.begin() as connection:
            found = outbox.stuck(connection, self.store.vault)
            return [replace(one, outgoing=self._what_goes(connection, one) or one.outgoing) for one in found]

    async def send(self, claimed: Claimed, *, doubt: bool = False) -> None:
        """Send a claimed message; after an earlier try, or in doubt, look first whether it is there already."""
        doubt = doubt or claimed.row.tries > 1
        channel = self.channels[claimed.outgoing.channel]
        try:
            already = await self._already(claimed, channel) if doubt else None
            provider_id = already or await channel.send(claimed.outgoing)
        except SendError as wrong:
            log.warning("not sent on %s: %s", claimed.outgoing.channel, wrong.reason)
            counted("failed", channel.name)
            await asyncio.to_thread(self._failed, claimed, wrong)
        else:
            counted("found" if already else "resent" if doubt else "sent", channel.name)
            await asyncio.to_thread(self._sent, claimed, provider_id)

    async def _already(self, claimed: Claimed, channel: Channel) -> str | None:
        """The carrier's id of this very message if it went out in an earlier try."""
        since = claimed.row.at - timedelta(seconds=5)
        found = await channel.find(claimed.outgoing, since)
        fresh = await asyncio.to_thread(self._unknown, found)
        return fresh[0] if fresh else None

    def _unknown(self, provider_ids: list[str]) -> list[str]:
        with self.store.begin() as connection:
            return outbox.unknown_ids(connection, provider_ids)

    def _sent(self, claimed: Claimed, provider_id: str) -> None:
        with self.store.begin(durable=False) as connection:
            outbox.sent(connection, claimed.row, provider_id)
            self._end(connection, claimed)

    def _failed(self, claimed: Claimed, wrong: SendError) -> None:
        with self.store.begin() as connection:
            outbox.failed(connection, claimed.row, wrong)
            if not wrong.retry:
                self._end(connection, claimed)

    def _end(self, connection: Connection, claimed: Claimed) -> None:
        """After the goodbye of "delete everything" the person is erased."""
        if claimed.row.reply == outbox.FORGOTTEN:
            retention.forget(connection, self.store.vault, claimed.row.contact_id)

    async def erase_one(self) -> bool:
        """Erase a forgotten person's messages at their carrier; False when none is left to do."""
        with self.store.begin() as connection:
            row = connection.execute(select(erasures).where(erasures.c.channel.in_(list(self.channels))).limit(1)).one_or_none()
        if row is None:
            return False
        try:
            await self.channels[row.channel].erase(self.store.vault.open_json(row.provider_ids))
        except SendError as wrong:
            log.warning("not erased on %s: %s", row.channel, wrong.reason)
            return False
        with self.store.begin() as connection:
            connection.execute(delete(erasures).where(erasures.c.id == row.id))
        return True
