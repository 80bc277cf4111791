"""A person picks up a try-out phone: what they do reaches the desk as from a real carrier, and the answer their screen."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from bot.clock import now
from bot.messages import ChannelName, Outgoing
from bot.tryout.phones import Bubble

from .conftest import Desk

pytestmark = pytest.mark.anyio
ALL: list[ChannelName] = ["whatsapp", "sms", "telegram"]


async def do(desk: Desk, name: str, **what: str) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(f"http://127.0.0.1:{desk.settings.tryout_port}/phones/{name}", json=what)).status_code


def screen(desk: Desk, name: ChannelName) -> list[Bubble]:
    assert desk.phones is not None
    return desk.phones.all[name].bubbles


async def shown(desk: Desk, name: ChannelName, count: int) -> list[Bubble]:
    async with asyncio.timeout(5):
        while len([one for one in screen(desk, name) if not one.mine]) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return screen(desk, name)


async def taken(desk: Desk, name: ChannelName) -> None:
    """Wait until it is known what became of all the person wrote."""
    async with asyncio.timeout(5):
        while any(one.state == "sending" for one in screen(desk, name)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", ALL)
async def test_what_is_written_is_heard_and_answered(desk: Desk, name: ChannelName) -> None:
    assert await do(desk, name, do="write", text="ik zoek werk") == 202
    (heard,) = await desk.until(1)
    assert (heard.channel, heard.text) == (name, "ik zoek werk")
    mine, answer = await shown(desk, name, 1)
    assert (mine.mine, mine.text) == (True, "ik zoek werk")
    lines, labels = answer.text.split("\n"), [one["label"] for one in answer.buttons]
    if name == "telegram":
        assert (lines, labels) == (["U zei: ik zoek werk"], ["Werk vinden", "Een mens"])
    else:
        assert (lines, labels) == (["U zei: ik zoek werk", "1. Werk vinden", "2. Een mens"], [])


async def test_a_button_on_telegram_is_tapped_once_it_is_there(desk: Desk) -> None:
    await do(desk, "telegram", do="write", text="hallo")
    answer = (await shown(desk, "telegram", 1))[-1]
    assert await do(desk, "telegram", do="tap", bubble=answer.id, choice="nothing_we_offered") == 409
    assert await do(desk, "telegram", do="tap", bubble=answer.id, choice="ask_human") == 202
    assert [(one.picked, one.text) for one in await desk.until(2)][-1] == ("ask_human", "Een mens")


@pytest.mark.parametrize(
    ("name", "what", "kind"),
    [
        ("whatsapp", "voice", "voice"),
        ("whatsapp", "photo", "photo"),
        ("whatsapp", "location", "location"),
        ("sms", "photo", "photo"),
        ("telegram", "voice", "voice"),
        ("telegram", "photo", "photo"),
        ("telegram", "location", "location"),
    ],
)
async def test_voice_notes_photos_and_places_arrive_and_can_be_fetched(desk: Desk, name: ChannelName, what: str, kind: str) -> None:
    assert await do(desk, name, do=what) == 202
    (heard,) = await desk.until(1)
    assert heard.kind == kind
    content, content_type = await desk.channels[name].fetch(heard.media[0], 1_000_000)
    assert len(content) > 10
    assert content_type == heard.media[0].content_type


async def test_a_new_person_has_an_empty_screen_another_number_and_comes_by_a_link(desk: Desk) -> None:
    await do(desk, "telegram", do="write", text="hallo")
    first = (await desk.until(1))[0]
    await shown(desk, "telegram", 1)
    await do(desk, "telegram", do="new", language="ar", code="AB2CD3")
    assert screen(desk, "telegram") == []
    await do(desk, "telegram", do="start")
    second = (await desk.until(2))[1]
    assert (second.site, second.language_hint, second.text) == ("AB2CD3", "ar", "")
    assert second.address != first.address


async def test_twilio_answers_stop_itself_and_then_refuses_ours_until_start(desk: Desk) -> None:
    await do(desk, "sms", do="write", text="Stop")
    await taken(desk, "sms")
    mine, automatic = screen(desk, "sms")  # and nothing of ours: refused with 21610
    assert (mine.text, automatic.automatic) == ("Stop", True)
    assert "unsubscribed" in automatic.text
    assert [one.gone for one in desk.refused] == [True]
    await do(desk, "sms", do="write", text="start")
    await shown(desk, "sms", 3)
    assert [one.automatic for one in screen(desk, "sms")[3:]] == [True, False]
    assert [one.text for one in desk.heard] == ["Stop", "start"]


async def test_what_the_desk_does_not_take_is_marked_late_and_twilio_keeps_it(desk: Desk) -> None:
    desk.closed = True
    await do(desk, "whatsapp", do="write", text="bent u er?")
    await taken(desk, "whatsapp")
    assert screen(desk, "whatsapp")[0].state == "late"
    desk.closed = False
    channel = desk.channels["whatsapp"]
    assert [one.text for one in await channel.missed(now())] == ["bent u er?"]


async def test_delivery_is_reported_to_the_desk(desk: Desk) -> None:
    await do(desk, "whatsapp", do="write", text="hallo")
    async with asyncio.timeout(5):
        while len(desk.receipts) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [one.status for one in desk.receipts] == ["sent", "delivered", "read"]


async def test_outside_the_window_whatsapp_shows_nothing_and_reports_63016(desk: Desk) -> None:
    assert desk.phones is not None
    person = desk.phones.all["whatsapp"].person
    await desk.channels["whatsapp"].send(Outgoing("whatsapp", person, "notice", "Hoe gaat het?"))
    async with asyncio.timeout(5):
        while not desk.receipts:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert [(one.status, one.error) for one in desk.receipts] == [("failed", "63016")]
    assert screen(desk, "whatsapp") == []


async def test_one_stream_tells_every_screen_as_it_is_and_as_it_changes(desk: Desk) -> None:
    told: list[dict[str, object]] = []
    address = f"http://127.0.0.1:{desk.settings.tryout_port}/events"
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(5), client.stream("GET", address) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:"):
                told.append(json.loads(line.removeprefix("data:")))
            if len(told) == 3 and line.startswith("data:"):
                await do(desk, "sms", do="write", text="hallo")
            if len(told) > 3 and told[-1]["name"] == "sms" and told[-1]["bubbles"]:
                break
    assert [one["name"] for one in told[:3]] == ALL


@pytest.mark.parametrize(
    ("name", "what", "status"),
    [
        ("sms", {"do": "write", "text": " "}, 409),
        ("sms", {"do": "tap", "bubble": "1", "choice": "x"}, 409),
        ("sms", {"do": "dance"}, 422),
        ("fax", {"do": "write", "text": "x"}, 422),
        ("telegram", {"do": "new", "code": "a b"}, 422),
        ("telegram", {"do": "tap", "bubble": "x"}, 422),
    ],
)
async def test_what_a_phone_cannot_do_is_refused(desk: Desk, name: str, what: dict[str, str], status: int) -> None:
    assert await do(desk, name, **what) == status
    assert desk.heard == []
