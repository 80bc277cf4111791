"""What both carrier doubles share: how a call can go wrong, and how an answer is cut off."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True)
class Fault:
    """How one call to a carrier goes wrong. `delay` in seconds; `drop`: carried out, but the answer never arrives whole."""

    status: int = 200
    code: int = 0
    retry_after: int | None = None
    delay: float = 0.0
    drop: bool = False


class Faults:
    """The faults of the calls to come, one each, in order."""

    def __init__(self) -> None:
        self._next: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        """Let the next calls go wrong like this."""
        self._next += faults

    async def take(self) -> Fault:
        """The fault of this call, its delay waited out; an ordinary one when all is well."""
        fault = self._next.pop(0) if self._next else Fault()
        await asyncio.sleep(fault.delay)
        return fault


class Dropped(Response):
    """An answer that promises more than it sends: the server then cuts the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a head without its body."""
        await send({"type": "http.response.start", "status": 201, "headers": [(b"content-length", b"9999")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def answer(status: int, content: object, fault: Fault | None = None, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer, or what is left of it."""
    return Dropped() if fault and fault.drop else JSONResponse(content, status, headers)
