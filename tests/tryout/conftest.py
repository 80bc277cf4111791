"""The try-out page on a free port, and a desk that answers what its channels hear."""

from __future__ import annotations

import asyncio
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
from tests.channels import Door

CHOICES = (Choice("goal_find_work", "Werk vinden"), Choice("ask_human", "Een mens"))


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


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def doors() -> AsyncIterator[tuple[Door, Door]]:
    """Where the desk and the page are served."""
    gateway, page = Door(), Door()
    async with served(gateway) as gateway.address, served(page) as page.address:
        yield gateway, page


@pytest.fixture
async def desk(doors: tuple[Door, Door]) -> AsyncIterator[Desk]:
    """The whole way: phones, doubles, channels, over real HTTP."""
    gateway, page = doors
    found = Desk()
    ports = {"INLOOP_BOT_PORT": port(gateway), "INLOOP_TRYOUT_PORT": port(page)}
    bare = people.settings(**ports)
    found.settings = people.settings(**{**bare.model_dump(by_alias=True), **tryout_environment(bare)})
    app = create_app(found.settings)
    gateway.app, page.app, found.phones = found, app, app.state.phones
    found.channels = open_channels(found.settings)
    async with app.router.lifespan_context(app):
        for channel in found.channels.values():
            await channel.start()
        yield found
        for channel in found.channels.values():
            await channel.stop()


def port(door: Door) -> int:
    return int(door.address.rpartition(":")[2])
