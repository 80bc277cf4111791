"""A look at Dutch while it is typed: hard words, long sentences. Nothing of it is stored or logged."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Form

from bot.console.access import Marked
from bot.plain_dutch import check, is_dutch

LONGEST = 4096  # characters: what the reply field takes
router = APIRouter()


@router.post("/check")
def look(_staff: Marked, text: Annotated[str, Form()] = "", language: Annotated[str, Form()] = "") -> dict[str, Any]:
    """`{"findings": [{kind, found, suggestion}]}`; none for a text that is not Dutch, unless the person's `language` is."""
    read = text[:LONGEST]
    return {"findings": [asdict(one) for one in check(read)] if language == "nl" or is_dutch(read) else []}
