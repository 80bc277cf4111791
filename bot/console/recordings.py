"""Voice notes, photos and other files of a case: decrypted on the way out, only after the person's yes."""

from __future__ import annotations

import re

from fastapi import Response
from sqlalchemy import select

from bot.audit import note
from bot.console import story
from bot.console.desk import Desk, Refused, Staff
from bot.tables import cases, media, messages

# What a browser may show by itself; anything else (a page, a script, a drawing with script) is only downloaded.
SHOWN = re.compile(r"(audio|video)/[a-z0-9.+-]+|image/(jpeg|png|gif|webp)")
SANDBOX = "sandbox; default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'"


def play(desk: Desk, staff: Staff, file: str, asked: str | None) -> Response:
    """A file, or the range of it a player asks for. Raises Refused 404 when it is not for this member of staff."""
    content_type, content = _open(desk, staff, file, starts=asked is None or asked.startswith("bytes=0-"))
    shown = SHOWN.fullmatch(content_type.partition(";")[0].strip().lower())
    headers = {"Accept-Ranges": "bytes", "Content-Security-Policy": SANDBOX}
    if not shown:
        headers["Content-Disposition"] = 'attachment; filename="inloop"'
    kind = content_type if shown else "application/octet-stream"
    if (part := _range(asked, len(content))) is None:
        return Response(content, media_type=kind, headers=headers)
    start, end = part
    headers["Content-Range"] = f"bytes {start}-{end}/{len(content)}"
    return Response(content[start : end + 1], 206, media_type=kind, headers=headers)


def _open(desk: Desk, staff: Staff, file: str, *, starts: bool) -> tuple[str, bytes]:
    with desk.store.begin() as connection:
        where = (media.c.id == file) & media.c.wanted_at.is_not(None) & media.c.content.is_not(None)
        row = connection.execute(select(media).where(where)).one_or_none() if file.isalnum() else None
        if row is None:
            raise Refused(404, "not_found")
        for case in connection.scalars(select(cases.c.id).where(cases.c.contact_id == row.contact_id)).all():
            held = story.find(connection, case)
            if _sees(staff, held):
                shows = select(messages.c.id).where(story.visible(connection, held), messages.c.id == row.message_id)
                if connection.scalar(shows) is not None:
                    if starts:  # a player asks for one file in many parts
                        note(connection, "played", user=staff.id, case=case)
                    return row.content_type, desk.store.vault.open_bytes(row.content)
    raise Refused(404, "not_found")


def _sees(staff: Staff, held: story.Found) -> bool:
    try:
        story.may_see(staff, held)
    except Refused:
        return False
    return story.reads(staff, held)


def _range(asked: str | None, size: int) -> tuple[int, int] | None:
    """The first and last byte of a single range (RFC 9110, 14.2); None for the whole."""
    found = re.fullmatch(r"bytes=(\d{0,12})-(\d{0,12})", asked or "")
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    return (start, end) if start <= end else None
