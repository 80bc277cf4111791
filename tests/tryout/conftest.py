"""The try-out page on a free port, and a desk that answers what its channels hear."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from starlette.requests import Request as Call
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels import Channel, Request
from bot.channels.open import open_channels
from bot.messages import ChannelName, Choice, Incoming, Outgoing, Receipt, SendError
from bot.tryout import tryout_environment
from bot.tryout.app import create_app
from bot.tryout.phones import Phones
from bot.tryout.server import served
from tests import people

CHOICES = (Choice("goal_find_work", "Werk vinden"), Choice("ask_human", "Een mens"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Desk:
    """A gateway in miniature: hears by the real channels, and says a word with two choices to each message."""

    def __init__(self) -> None:
        self.settings = people.settings()
        self.channels: dict[ChannelName, Channel] = {}
        self.heard, self.receipts, self.refused = list[Incoming](), list[Receipt](), list[SendError]()
        self.closed = False
        self.phones: Phones | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        _, _, name, kind = call.url.path.split("/")
        channel = self.channels[name]  # type: ignore[index]
        request = Request(f"{self.settings.public_url}{call.url.path}", dict(call.headers), await call.body())
        if self.closed:
            await Response(status_code=503)(scope, receive, send)
            return
        if kind == "status":
            if receipt := channel.read_status(request):
                self.receipts.append(receipt)
        else:
            await self.answer(channel, channel.read(request))
        await Response(status_code=204)(scope, receive, send)

    async def answer(self, channel: Channel, found: list[Incoming]) -> None:
        for incoming in found:
            self.heard.append(incoming)
            try:
                await channel.send(Outgoing(incoming.channel, incoming.address, "talk", f"U zei: {incoming.text}", CHOICES))
            except SendError as wrong:
                self.refused.append(wrong)

    async def until(self, count: int) -> list[Incoming]:
        """What was heard, once it is this many."""
        async with asyncio.timeout(5):
            while len(self.heard) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return self.heard


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    """The whole way: phones, doubles, channels, over real HTTP."""
    found = Desk()
    async with served(found) as gateway:
        bare = people.settings(INLOOP_TRYOUT_PORT=free_port(), INLOOP_BOT_PORT=int(gateway.rpartition(":")[2]))
        found.settings = people.settings(**{**bare.model_dump(by_alias=True), **tryout_environment(bare)})
        app = create_app(found.settings)
        async with served(app, found.settings.tryout_port):
            found.phones = app.state.phones
            found.channels = open_channels(found.settings)
            for channel in found.channels.values():
                await channel.start()
            yield found
            for channel in found.channels.values():
                await channel.stop()
