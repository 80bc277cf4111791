"""Carriers' doubles on a free port, and channels that use them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.channels.telegram import Telegram
from bot.channels.twilio import Twilio
from bot.tryout.server import served
from bot.tryout.telegram import TelegramDouble
from bot.tryout.telegram_api import TelegramApi
from bot.tryout.twilio import TwilioDouble
from bot.tryout.twilio_api import TwilioApi

from . import ACCOUNT, BOT_TOKEN, NUMBER, PUBLIC, SECRET, TOKEN, Door


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def door() -> AsyncIterator[Door]:
    found = Door()
    async with served(found) as found.address:
        yield found


@pytest.fixture
async def carrier(door: Door) -> AsyncIterator[TwilioDouble]:
    """Twilio's double, served; its webhooks go nowhere."""
    double = TwilioDouble(ACCOUNT, TOKEN, {NUMBER: "http://127.0.0.1:1/sms", f"whatsapp:{NUMBER}": "http://127.0.0.1:1/whatsapp"})
    door.app, double.base_url = TwilioApi(double).app(), door.address
    yield double
    await double.close()


@pytest.fixture
async def sms(carrier: TwilioDouble) -> AsyncIterator[Twilio]:
    channel = Twilio("sms", ACCOUNT, TOKEN, NUMBER, public_url=PUBLIC, api_base_url=carrier.base_url, timeout=1)
    await channel.start()
    yield channel
    await channel.stop()


@pytest.fixture
async def whatsapp(carrier: TwilioDouble) -> AsyncIterator[Twilio]:
    channel = Twilio("whatsapp", ACCOUNT, TOKEN, NUMBER, public_url=PUBLIC, api_base_url=carrier.base_url, timeout=1)
    await channel.start()
    yield channel
    await channel.stop()


@pytest.fixture
async def bot_server(door: Door) -> AsyncIterator[tuple[TelegramDouble, str]]:
    """Telegram's double, and where it is served."""
    double = TelegramDouble(BOT_TOKEN)
    door.app = TelegramApi(double).app()
    yield double, door.address
    await double.close()


@pytest.fixture
async def telegram(bot_server: tuple[TelegramDouble, str]) -> AsyncIterator[Telegram]:
    """A bot that polls the double."""
    channel = Telegram(BOT_TOKEN, SECRET, mode="polling", public_url=PUBLIC, api_base_url=bot_server[1], timeout=1)
    await channel.start()
    yield channel
    await channel.stop()
