"""The live stream: says that something changed, never what. One per browser (static/console.js shares it between tabs)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from sse_starlette import EventSourceResponse

from bot.console.access import DeskHere, Session
from bot.console.live import Live

router = APIRouter()


@router.get("/live")
async def live(desk: DeskHere, staff: Session) -> EventSourceResponse:
    """An event whenever the lists or talks may look different."""
    return EventSourceResponse(_events(desk.live), ping=20)


async def _events(live: Live) -> AsyncIterator[dict[str, str]]:
    async for mark in live.marks():
        yield {"event": "changed", "data": json.dumps(mark)}
