"""What a Telegram update says: https://core.telegram.org/bots/api#update."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from telegram import CallbackQuery, Message, Update

from bot.channels import Malformed, media
from bot.messages import Incoming, IncomingKind, Media

_COMMAND = re.compile(r"/(\w+)(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
LONGEST_PAYLOAD = 64  # https://core.telegram.org/bots/features#deep-linking
READ = ("update_id", "message", "edited_message", "callback_query")


def read(raw: Any) -> Update:
    """An update with only what we read in it. Raises Malformed."""
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        raise Malformed("not an update")
    try:
        return Update.de_json({key: raw[key] for key in READ if key in raw})
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        raise Malformed("an update of another shape") from None


def incoming(update: Update) -> list[Incoming]:
    """The message in an update; [] for what is not ours to answer: groups, channels, bots, service messages. Raises Malformed."""
    try:
        if update.callback_query is not None:
            return _tapped(update.update_id, update.callback_query)
        return _written(update)
    except (TypeError, ValueError, AttributeError):
        raise Malformed("an update of another shape") from None


def _written(update: Update) -> list[Incoming]:
    message = update.message or update.edited_message
    if message is None or message.chat.type != "private" or message.from_user is None or message.from_user.is_bot:
        return []
    kind, files = _content(message)
    if kind is None:  # a service message: nobody said anything
        return []
    text, site = _words(message.text or message.caption or "", edited=update.edited_message is not None)
    return [
        Incoming(
            "telegram",
            str(message.chat.id),
            f"update:{update.update_id}",
            _clean(text),
            kind,
            media=files,
            site=site,
            language_hint=(message.from_user.language_code or "")[:2].lower() or None,
            edited=update.edited_message is not None,
            sent_at=message.edit_date or message.date,
        )
    ]


def _tapped(update_id: int, query: CallbackQuery) -> list[Incoming]:
    if query.message is None or query.message.chat.type != "private" or query.from_user.is_bot or not query.data:
        return []
    hint = (query.from_user.language_code or "")[:2].lower() or None
    address, label = str(query.message.chat.id), _clean(_label(query))
    return [Incoming("telegram", address, f"update:{update_id}", label, "text", _clean(query.data), language_hint=hint)]


def _words(text: str, *, edited: bool) -> tuple[str, str | None]:
    """A text without its slash, and what `/start` carried ("" when nothing): None for anything but `/start`."""
    found = _COMMAND.fullmatch(text.strip())
    if found is None:
        return text, None
    if found[1].lower() == "start" and not edited:
        return "", _clean((found[2] or "").strip()[:LONGEST_PAYLOAD])
    return f"{found[1]} {found[2] or ''}".strip(), None


def _clean(text: str) -> str:
    """Without null bytes and halves of characters: JSON allows both, databases do not."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _content(message: Message) -> tuple[IncomingKind | None, tuple[Media, ...]]:
    """What a message is and the file in it; None for a service message."""
    if message.text:
        return "text", ()
    if message.location:
        place = message.location
        return "location", (media.enclosed("location", f"geo:{place.latitude},{place.longitude}", "text/plain"),)
    if message.contact:
        return "contact", (media.enclosed("contact", _card(message), "text/vcard"),)
    for kind, file, content_type in _files(message):
        return kind, (Media(kind, file.file_id, media.bare(getattr(file, "mime_type", None) or content_type)),)
    return ("empty" if message.effective_attachment else None), ()


def _files(message: Message) -> Iterable[tuple[IncomingKind, Any, str]]:
    """The one file of a message, with the content type Telegram gives where it names none."""
    largest = max(message.photo, key=lambda size: size.width * size.height, default=None)
    found: list[tuple[IncomingKind, Any, str]] = [
        ("voice", message.voice, "audio/ogg"),
        ("voice", message.audio, "audio/mpeg"),
        ("photo", largest, "image/jpeg"),
        ("video", message.video, "video/mp4"),
        ("video", message.video_note, "video/mp4"),
        ("video", message.animation, "video/mp4"),
        ("sticker", message.sticker, "image/webp"),
        ("document", message.document, "application/octet-stream"),
    ]
    return (one for one in found if one[1] is not None)


def _card(message: Message) -> str:
    contact = message.contact
    assert contact is not None
    name = f"{contact.first_name} {contact.last_name or ''}".strip()
    return contact.vcard or f"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nTEL:{contact.phone_number}\r\nEND:VCARD\r\n"


def _label(query: CallbackQuery) -> str:
    """The words on the tapped button, "" when its message is too old to know."""
    markup = getattr(query.message, "reply_markup", None)
    rows = markup.inline_keyboard if markup else ()
    return next((button.text for row in rows for button in row if button.callback_data == query.data), "")
