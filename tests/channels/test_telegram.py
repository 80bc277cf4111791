"""Sending, polling, webhooks and files at Telegram's double, over HTTP."""

from __future__ import annotations

import asyncio
import logging

import pytest
from starlette.requests import Request as Call
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.channels import Request
from bot.channels.telegram import Telegram
from bot.clock import now
from bot.messages import Choice, Incoming, Media, Outgoing, SendError
from bot.tryout.carrier import Fault
from bot.tryout.server import served
from bot.tryout.telegram import TelegramDouble

from . import BOT_TOKEN, PUBLIC, SECRET

pytestmark = pytest.mark.anyio
Server = tuple[TelegramDouble, str]
CHAT = 7001


def to_person(text: str = "Wat wilt u?", *, address: str = str(CHAT), **more: object) -> Outgoing:
    return Outgoing("telegram", address, "talk", text, **more)  # type: ignore[arg-type]


async def failure(channel: Telegram, outgoing: Outgoing) -> SendError:
    with pytest.raises(SendError) as caught:
        await channel.send(outgoing)
    return caught.value


async def test_choices_are_buttons_one_on_a_row_and_a_tap_comes_back_as_its_id(bot_server: Server, telegram: Telegram) -> None:
    double = bot_server[0]
    double.write(CHAT, "hallo")
    choices = tuple(Choice(f"goal_{number}", f"Keuze {number}") for number in range(5))
    sent = await telegram.send(to_person(choices=choices))
    message = double.chats[CHAT][-1]
    assert (sent, message["text"]) == (str(message["message_id"]), "Wat wilt u?")
    assert [[button["text"] for button in row] for row in message["reply_markup"]["inline_keyboard"]] == [[one.label] for one in choices]
    query = double.tap(CHAT, message["message_id"], "goal_3")
    found, _ = await telegram.updates(0)
    assert [(one.picked, one.text) for one in found] == [(None, "hallo"), ("goal_3", "Keuze 3")]
    await asyncio.sleep(0.1)
    assert double.answered == [query]


REFUSED = [
    (Fault(429, retry_after=9), "busy", True, 9.0, False),
    (Fault(500), "unreachable", True, None, False),
    (Fault(502), "unreachable", True, None, False),
    (Fault(delay=1.2), "unreachable", True, None, False),
    (Fault(drop=True), "unreachable", True, None, False),
    (Fault(403), "blocked", False, None, True),
    (Fault(400), "telegram_bad_request", False, None, False),
]


@pytest.mark.parametrize(("fault", "reason", "retry", "after", "gone"), REFUSED, ids=[f"{row[1]}-{i}" for i, row in enumerate(REFUSED)])
async def test_what_goes_wrong(
    bot_server: Server, telegram: Telegram, fault: Fault, reason: str, retry: bool, after: float | None, gone: bool
) -> None:
    bot_server[0].write(CHAT, "hallo")
    bot_server[0].faults.add(fault)
    wrong = await failure(telegram, to_person())
    assert (wrong.reason, wrong.retry, wrong.after, wrong.gone) == (reason, retry, after, gone)


async def test_who_blocked_us_is_gone_and_a_stranger_is_not_written_to(bot_server: Server, telegram: Telegram) -> None:
    bot_server[0].write(CHAT, "hallo")
    bot_server[0].blocked.add(CHAT)
    assert (await failure(telegram, to_person())).gone
    wrong = await failure(telegram, to_person(address="7002"))
    assert (wrong.retry, wrong.gone) == (False, False)
    assert not (await failure(telegram, to_person(address="nobody"))).retry


@pytest.mark.parametrize("outgoing", [to_person("a" * 4097), to_person(choices=(Choice("é" * 33, "x"),))], ids=["text", "choice"])
async def test_too_long_is_refused_here(bot_server: Server, telegram: Telegram, outgoing: Outgoing) -> None:
    bot_server[0].write(CHAT, "hallo")
    assert not (await failure(telegram, outgoing)).retry
    assert len(bot_server[0].chats[CHAT]) == 1


async def test_marks_in_a_text_are_just_text(bot_server: Server, telegram: Telegram) -> None:
    bot_server[0].write(CHAT, "hallo")
    await telegram.send(to_person("<b>1 < 2 & *niet* _schuin_ [x](y)"))
    assert bot_server[0].chats[CHAT][-1]["text"] == "<b>1 < 2 & *niet* _schuin_ [x](y)"


async def test_a_voice_message_carries_its_words(bot_server: Server, telegram: Telegram) -> None:
    bot_server[0].write(CHAT, "hallo")
    await telegram.send(to_person("Luister", media_url="https://inloop.example/voice.ogg"))
    message = bot_server[0].chats[CHAT][-1]
    assert (message["voice"]["file_id"], message["caption"]) == ("https://inloop.example/voice.ogg", "Luister")


async def test_neither_token_nor_text_is_in_an_error_or_a_log(
    bot_server: Server, telegram: Telegram, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bot_server[0].write(CHAT, "een geheim")
    await telegram.updates(0)
    await telegram.send(to_person("een geheim"))
    bot_server[0].faults.add(Fault(400))
    wrong = await failure(telegram, to_person("een geheim"))
    said = caplog.text + repr(wrong) + repr(wrong.__cause__)
    assert "geheim" not in said
    assert BOT_TOKEN not in said
    assert str(CHAT) not in said
    assert wrong.__suppress_context__


# Polling


async def test_updates_stay_until_the_next_offset_is_asked_for(bot_server: Server, telegram: Telegram) -> None:
    double = bot_server[0]
    double.write(CHAT, "een")
    double.write(CHAT, "twee")
    first, offset = await telegram.updates(0)
    again, same = await telegram.updates(0)  # killed before storing: they come again
    assert [one.text for one in first] == [one.text for one in again] == ["een", "twee"]
    assert offset == same
    double.write(CHAT, "drie")
    rest, after = await telegram.updates(offset)
    assert [one.text for one in rest] == ["drie"]
    assert after == offset + 1


async def test_two_who_poll_get_409_and_may_try_again(bot_server: Server, telegram: Telegram) -> None:
    second = Telegram(BOT_TOKEN, SECRET, mode="polling", api_base_url=bot_server[1])
    waiting = asyncio.create_task(telegram.updates(0))
    await asyncio.sleep(0.1)
    taking = asyncio.create_task(second.updates(0))
    with pytest.raises(SendError, match="polled_elsewhere") as caught:
        await waiting
    assert caught.value.retry
    bot_server[0].write(CHAT, "hallo")
    assert [one.text for one in (await taking)[0]] == ["hallo"]
    await second.stop()


async def test_one_update_nobody_can_read_holds_up_no_other(bot_server: Server, telegram: Telegram) -> None:
    double = bot_server[0]
    double.arrive({"message": {"message_id": "?", "date": "yesterday", "chat": 5}})
    double.arrive({"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "from": 7, "text": 1}})
    double.arrive({"my_chat_member": {"chat": 5}})
    double.write(CHAT, "hallo")
    found, offset = await telegram.updates(0)
    assert [one.text for one in found] == ["hallo"]
    assert offset == double.updates[-1]["update_id"] + 1


async def test_a_poll_while_telegram_is_away_is_a_typed_error() -> None:
    bot = Telegram(BOT_TOKEN, SECRET, mode="polling", api_base_url="http://127.0.0.1:1", timeout=1)
    for trying in (bot.updates(0), bot.start(), bot.check(), bot.send(to_person()), bot.fetch(Media("voice", "x", "audio/ogg"), 9)):
        with pytest.raises(SendError) as caught:
            await trying
        assert caught.value.retry
    await bot.stop()


# Webhook


async def test_the_webhook_is_set_with_its_secret_and_gets_every_message_until_taken(bot_server: Server) -> None:
    double, address = bot_server
    double.again = 0.02
    answers, calls = iter([503, 200, 200]), list[Request]()

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        calls.append(Request(str(call.url), dict(call.headers), await call.body()))
        await Response(status_code=next(answers))(scope, receive, send)

    async with served(gateway) as public:
        bot = Telegram(BOT_TOKEN, SECRET, mode="webhook", public_url=f"{public}/desk", api_base_url=address)
        await bot.start()
        assert (double.webhook, double.secret) == (f"{public}/desk/webhooks/telegram/webhook", SECRET)
        assert set(double.allowed) == {"message", "edited_message", "callback_query", "my_chat_member"}
        message = double.write(CHAT, "een")
        double.edit(CHAT, message["message_id"], "een of twee")
        await double.delivered()
        found = [one for call in calls for one in bot.read(call)]
        assert [(one.provider_id == found[0].provider_id, one.edited) for one in found] == [(True, False), (True, False), (False, True)]
        await bot.stop()
        polling = Telegram(BOT_TOKEN, SECRET, mode="polling", api_base_url=address)
        await polling.start()
        assert double.webhook == ""
        await polling.stop()


async def test_checking_says_what_is_wrong(bot_server: Server, telegram: Telegram) -> None:
    await telegram.check()
    stranger = Telegram("1:wrong", SECRET, mode="polling", api_base_url=bot_server[1])
    with pytest.raises(SendError, match="telegram_token"):
        await stranger.check()
    await stranger.stop()


async def test_telegram_keeps_no_list(telegram: Telegram) -> None:
    empty: list[Incoming] = []
    assert (await telegram.find(to_person(), now()), await telegram.missed(now())) == ([], empty)


# Files


@pytest.mark.parametrize(
    ("content_type", "limit", "expected"),
    [
        ("audio/ogg", 100, (b"x" * 50, "audio/ogg")),
        ("image/jpeg", 49, "too_large"),
        ("text/html", 100, "wrong_type"),
        ("application/octet-stream", 100, "wrong_type"),
    ],
)
async def test_a_file_is_fetched_within_limits(
    bot_server: Server, telegram: Telegram, content_type: str, limit: int, expected: tuple[bytes, str] | str
) -> None:
    file = Media("voice", bot_server[0].keep_file(b"x" * 50, content_type), content_type)
    if isinstance(expected, tuple):
        assert await telegram.fetch(file, limit) == expected
        return
    with pytest.raises(SendError, match=expected) as caught:
        await telegram.fetch(file, limit)
    assert not caught.value.retry


async def test_a_file_that_is_gone_is_not_asked_for_for_ever(bot_server: Server, telegram: Telegram) -> None:
    with pytest.raises(SendError) as caught:
        await telegram.fetch(Media("voice", "nothing", "audio/ogg"), 100)
    assert not caught.value.retry


async def test_a_place_needs_no_fetching(telegram: Telegram) -> None:
    place = Media("location", "data:text/plain,geo%3A52.372%2C4.9", "text/plain")
    assert await telegram.fetch(place, 100) == (b"geo:52.372,4.9", "text/plain")


def test_a_proxy_path_stays_in_the_webhook_address() -> None:
    assert Telegram(BOT_TOKEN, SECRET, mode="webhook", public_url=f"{PUBLIC}/").webhook == f"{PUBLIC}/webhooks/telegram/webhook"
