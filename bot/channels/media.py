"""What a file from a person may be, and the two that travel inside the message itself (a place, a contact card)."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from bot.messages import IncomingKind, Media, SendError

# What a human may open in the console; SVG and HTML can run scripts.
_MAIN_TYPES = ("audio/", "image/", "video/")
_DOCUMENTS = frozenset({"application/pdf", "application/msword", "application/ogg", "text/plain", "text/vcard", "text/x-vcard"})
_OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_REFUSED = frozenset({"image/svg+xml"})


def kind_of(content_type: str) -> IncomingKind:
    """The kind of message a content type makes."""
    plain = bare(content_type)
    if plain in ("text/vcard", "text/x-vcard"):
        return "contact"
    kinds: dict[str, IncomingKind] = {"audio": "voice", "image": "photo", "video": "video"}
    return kinds.get(plain.partition("/")[0], "document")


def bare(content_type: str) -> str:
    """A content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def check(content_type: str, size: int, limit: int) -> str:
    """The bare content type. Raises SendError for a type nobody should open or more than `limit` bytes."""
    plain = bare(content_type)
    known = plain.startswith((*_MAIN_TYPES, *_OFFICE)) or plain in _DOCUMENTS
    if not known or plain in _REFUSED:
        raise SendError("wrong_type", retry=False)
    if size > limit:
        raise SendError("too_large", retry=False)
    return plain


def enclosed(kind: IncomingKind, content: str, content_type: str) -> Media:
    """A place or a contact card, which carriers send inside the message: nothing is left to fetch."""
    return Media(kind, f"data:{content_type},{quote(content, safe='')}", content_type)


def open_enclosed(media: Media, limit: int) -> tuple[bytes, str] | None:
    """The content and type of an enclosed file; None for a file that must be fetched."""
    if not media.reference.startswith("data:"):
        return None
    content_type, _, quoted = media.reference.removeprefix("data:").partition(",")
    content = unquote_to_bytes(quoted)
    return content, check(content_type, len(content), limit)
