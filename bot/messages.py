"""What goes between a phone and Inloop, in words no carrier owns (standard library only)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

ChannelName = Literal["whatsapp", "sms", "telegram"]
IncomingKind = Literal["text", "voice", "photo", "video", "document", "location", "contact", "sticker", "empty"]
OutgoingKind = Literal["talk", "notice", "safety", "human"]
ReceiptStatus = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True)
class Media:
    """A file a person sent; `reference` is the carrier's URL or file id, fetched only after a yes."""

    kind: IncomingKind
    reference: str
    content_type: str = ""


@dataclass(frozen=True)
class Incoming:
    """One message from a person, parsed by a channel; `picked` is the id of a tapped choice."""

    channel: ChannelName
    address: str
    provider_id: str
    text: str = ""
    kind: IncomingKind = "text"
    picked: str | None = None
    media: tuple[Media, ...] = ()
    site: str | None = None
    language_hint: str | None = None
    edited: bool = False
    sent_at: datetime | None = None


@dataclass(frozen=True)
class Choice:
    """One answer a person can tap, number or say: id, label and the words that mean it."""

    id: str
    label: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outgoing:
    """One message to a person. `template` names an approved WhatsApp template with its values.

    A recording goes by its address (`media_url`) or as it is (`voice`, OGG with Opus), as the channel takes it.
    """

    channel: ChannelName
    address: str
    kind: OutgoingKind
    text: str
    choices: tuple[Choice, ...] = ()
    media_url: str | None = None
    voice: bytes | None = None
    template: str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What a carrier says became of a message we sent; `error` is the carrier's code."""

    channel: ChannelName
    provider_id: str
    status: ReceiptStatus
    error: str | None = None


class SendError(Exception):
    """A message was not sent.

    retry: try again later (timeouts, 5xx, 429), after `after` seconds when the carrier says so.
    gone: the person blocked us or unsubscribed; nothing is sent to them any more.
    """

    def __init__(self, reason: str, *, retry: bool, after: float | None = None, gone: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.retry, self.after, self.gone = reason, retry, after, gone
