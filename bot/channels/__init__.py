"""A channel verifies, parses, renders and sends; queue, retry and status are not its business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from bot.messages import ChannelName, Incoming, Media, Outgoing, Receipt


class Refused(Exception):
    """A request that is not the carrier's (wrong or missing signature): answered 403, nothing stored."""


class Malformed(Exception):
    """A request that is the carrier's but cannot be read: answered 400."""


@dataclass(frozen=True)
class Request:
    """A webhook request as it came: the public URL it was called by, its headers (lower case) and its body."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Channel(Protocol):
    """One way to reach people. Errors when sending are SendError (bot/messages.py)."""

    name: ChannelName

    def read(self, request: Request) -> list[Incoming]:
        """Verify and parse a webhook call; what is not ours to answer (groups, unknown updates) gives []. Raises Refused, Malformed."""

    def read_status(self, request: Request) -> Receipt | None:
        """Verify and parse a delivery status call; None for a status that says nothing new. Raises Refused, Malformed."""

    async def send(self, outgoing: Outgoing) -> str:
        """Send, and return the carrier's id. Raises SendError."""

    async def find(self, outgoing: Outgoing, since: datetime) -> list[str]:
        """The carrier's ids of messages like this one sent since then, oldest first; [] where it keeps no list. Raises SendError."""

    async def missed(self, since: datetime) -> list[Incoming]:
        """Messages the carrier received since then, oldest first (catch-up); [] where the carrier keeps no list."""

    async def fetch(self, media: Media, limit: int) -> tuple[bytes, str]:
        """A file and its content type, from no address but the carrier's. Raises SendError over `limit` bytes or a wrong type."""

    async def erase(self, provider_ids: list[str]) -> None:
        """Erase these messages at the carrier where it can (forget); what is not there is fine. Raises SendError."""

    async def start(self) -> None:
        """Open connections; set the webhook where the carrier wants that. Raises SendError (try again later)."""

    async def check(self) -> None:
        """Ask the carrier whether account and address are right, started or not. Raises SendError."""

    async def stop(self) -> None:
        """Close connections."""


@runtime_checkable
class Polled(Protocol):
    """A channel that can be asked for its messages instead of being called."""

    mode: str

    async def updates(self, offset: int) -> tuple[list[Incoming], int]:
        """Messages from this offset on, and the offset that confirms them, to be asked with once they are stored. Raises SendError."""
