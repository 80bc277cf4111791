"""Sending, finding, catching up, fetching and erasing at Twilio's double, over HTTP."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as Call
from starlette.responses import Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from bot.channels import Request
from bot.channels.twilio import Twilio
from bot.clock import now
from bot.messages import Choice, Media, Outgoing, SendError
from bot.tryout.carrier import Fault
from bot.tryout.server import served
from bot.tryout.twilio import File, Message, TwilioDouble
from bot.tryout.twilio_api import TwilioApi
from bot.tryout.twilio_content import Content

from . import ACCOUNT, NUMBER, PERSON, PUBLIC, TOKEN

pytestmark = pytest.mark.anyio
TEXT = "Wat wilt u?"
CHOICES = (Choice("goal_find_work", "Werk vinden"), Choice("goal_daily_dutch", "Nederlands"))


def to_person(text: str = TEXT, *, address: str = PERSON, **more: object) -> Outgoing:
    return Outgoing("sms", address, "talk", text, **more)  # type: ignore[arg-type]


async def failure(channel: Twilio, outgoing: Outgoing) -> SendError:
    with pytest.raises(SendError) as caught:
        await channel.send(outgoing)
    return caught.value


async def test_a_message_goes_out_with_numbered_choices_and_asks_for_its_status(carrier: TwilioDouble, sms: Twilio) -> None:
    sid = await sms.send(to_person(choices=CHOICES))
    (message,) = carrier.messages
    assert (message.sid, message.sender, message.to) == (sid, NUMBER, PERSON)
    assert message.body == "Wat wilt u?\n1. Werk vinden\n2. Nederlands"
    assert message.callback == f"{PUBLIC}/webhooks/sms/status"


@pytest.mark.parametrize("address", [PERSON, "NL.1502576394655843"])
async def test_whatsapp_reaches_numbers_and_people_who_hide_theirs(carrier: TwilioDouble, whatsapp: Twilio, address: str) -> None:
    await whatsapp.send(to_person(address=address))
    assert (carrier.messages[0].sender, carrier.messages[0].to) == (f"whatsapp:{NUMBER}", f"whatsapp:{address}")


async def test_a_template_goes_by_its_id_and_a_voice_message_by_its_address(carrier: TwilioDouble, whatsapp: Twilio) -> None:
    held = Content("begin", "nl", {"twilio/text": {"body": "Hallo {{1}}"}}, {"1": "Sara"})
    carrier.contents[held.sid] = held
    await whatsapp.send(to_person(template=held.sid, values={"1": "Noor"}))
    await whatsapp.send(to_person(media_url="https://inloop.example/voice.ogg"))
    assert (carrier.messages[0].template, carrier.messages[0].body) == (held.sid, "Hallo Noor")
    assert carrier.messages[1].files[0].url == "https://inloop.example/voice.ogg"


REFUSED = [
    (Fault(429, 20429, retry_after=7), "busy", True, 7.0, False),
    (Fault(429, 20429), "busy", True, None, False),
    (Fault(500, 20500), "twilio_http_500", True, None, False),
    (Fault(503, 20503), "twilio_http_503", True, None, False),
    (Fault(delay=1.2), "unreachable", True, None, False),
    (Fault(drop=True), "unreachable", True, None, False),
    (Fault(400, 21610), "twilio_21610", False, None, True),
    (Fault(400, 21211), "twilio_21211", False, None, False),
    (Fault(400, 21614), "twilio_21614", False, None, False),
    (Fault(400, 63003), "twilio_63003", False, None, False),
    (Fault(400, 63024), "twilio_63024", False, None, False),
    (Fault(400, 63016), "window", False, None, False),
    (Fault(404, 20404), "twilio_20404", False, None, False),
    (Fault(401, 20003), "twilio_20003", True, None, False),
]


@pytest.mark.parametrize(("fault", "reason", "retry", "after", "gone"), REFUSED, ids=[f"{row[1]}-{i}" for i, row in enumerate(REFUSED)])
async def test_what_goes_wrong(
    carrier: TwilioDouble, sms: Twilio, fault: Fault, reason: str, retry: bool, after: float | None, gone: bool
) -> None:
    carrier.faults.add(fault)
    wrong = await failure(sms, to_person())
    assert (wrong.reason, wrong.retry, wrong.after, wrong.gone) == (reason, retry, after, gone)


async def test_nobody_there_is_tried_again() -> None:
    channel = Twilio("sms", ACCOUNT, TOKEN, NUMBER, api_base_url="http://127.0.0.1:1", timeout=2)
    await channel.start()
    assert (await failure(channel, to_person())).retry
    await channel.stop()
    assert (await failure(channel, to_person())).retry  # closed: the next process sends it


async def test_too_long_is_refused_here(carrier: TwilioDouble, sms: Twilio) -> None:
    wrong = await failure(sms, to_person("a" * 1601))
    assert (wrong.reason, wrong.retry, carrier.messages) == ("too_long", False, [])


async def test_neither_number_nor_text_is_in_an_error_or_a_log(
    carrier: TwilioDouble, sms: Twilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    wrong = await failure(sms, to_person("een geheim", address="+0"))
    assert wrong.reason == "twilio_21211"
    await sms.send(to_person("een geheim"))
    await sms.find(to_person("een geheim"), now())
    said = caplog.text + repr(wrong) + repr(wrong.__cause__)
    assert "geheim" not in said
    assert PERSON not in said
    assert PERSON.removeprefix("+") not in said
    assert wrong.__suppress_context__


# After a doubt


async def test_a_dropped_answer_is_found_again_and_only_this_text_to_this_person(carrier: TwilioDouble, sms: Twilio) -> None:
    before = now()
    await sms.send(to_person("iets anders"))
    await sms.send(to_person(address="+31600000002"))
    carrier.faults.add(Fault(drop=True))
    await failure(sms, to_person(choices=CHOICES))
    assert await sms.find(to_person(choices=CHOICES), before) == [carrier.messages[-1].sid]
    assert await sms.find(to_person("nooit verstuurd"), before) == []


async def test_found_messages_are_oldest_first_and_none_from_before_or_undelivered(carrier: TwilioDouble, sms: Twilio) -> None:
    for minutes, status in [(90, "delivered"), (3, "delivered"), (2, "failed"), (1, "queued")]:
        at = now() - timedelta(minutes=minutes)
        carrier.messages.append(Message(NUMBER, PERSON, TEXT, "outbound-api", status, at=at))
    found = await sms.find(to_person(), now() - timedelta(minutes=10))
    assert found == [carrier.messages[1].sid, carrier.messages[3].sid]


async def test_everything_missed_is_caught_up_page_by_page_oldest_first(carrier: TwilioDouble, sms: Twilio) -> None:
    began = now()
    for number in range(120):
        carrier.messages.append(Message(PERSON, NUMBER, f"bericht {number}", "inbound", "received"))
    carrier.messages.append(Message(PERSON, f"whatsapp:{NUMBER}", "andere app", "inbound", "received"))
    carrier.messages.append(Message(NUMBER, NUMBER, "van onszelf", "outbound-api", "delivered"))
    carrier.messages.append(Message(PERSON, NUMBER, "van gisteren", "inbound", "received", at=began - timedelta(days=1)))
    carrier.largest_page = 50
    found = await sms.missed(began)
    assert [one.text for one in found] == [f"bericht {number}" for number in range(120)]
    assert (found[0].address, found[0].provider_id, found[0].kind) == (PERSON, carrier.messages[0].sid, "text")
    assert abs(found[0].sent_at - began) < timedelta(seconds=5) if found[0].sent_at else False


async def test_a_missed_voice_note_comes_with_its_file(carrier: TwilioDouble, whatsapp: Twilio) -> None:
    voice = File("audio/ogg", b"OggS")
    carrier.messages.append(Message(f"whatsapp:{PERSON}", f"whatsapp:{NUMBER}", "", "inbound", "received", [voice]))
    (found,) = await whatsapp.missed(now())
    assert (found.kind, found.address) == ("voice", PERSON)
    assert await whatsapp.fetch(found.media[0], 1000) == (b"OggS", "audio/ogg")


async def test_looking_things_up_goes_wrong_with_a_typed_error(carrier: TwilioDouble) -> None:
    channel = Twilio("sms", ACCOUNT, "another token", NUMBER, api_base_url=carrier.base_url)
    await channel.start()
    for looking in (channel.find(to_person(), now()), channel.missed(now()), channel.erase(["SM1"])):
        with pytest.raises(SendError) as caught:
            await looking
        assert caught.value.retry
    await channel.stop()


async def test_checking_says_what_is_wrong_before_anything_is_started(carrier: TwilioDouble) -> None:
    for token, expected in ((TOKEN, None), ("another token", "twilio_http_401")):
        channel = Twilio("sms", ACCOUNT, token, NUMBER, api_base_url=carrier.base_url)
        try:
            await channel.check()
            said = None
        except SendError as wrong:
            said = wrong.reason
        assert said == expected
        await channel.stop()


# Files


@pytest.mark.parametrize(
    ("content_type", "limit", "expected"),
    [
        ("audio/ogg", 100, (b"x" * 50, "audio/ogg")),
        ("audio/ogg; codecs=opus", 100, (b"x" * 50, "audio/ogg")),
        ("image/jpeg", 49, "too_large"),
        ("text/html", 100, "wrong_type"),
        ("image/svg+xml", 100, "wrong_type"),
        ("application/x-msdownload", 100, "wrong_type"),
    ],
)
async def test_a_file_is_fetched_within_limits(
    carrier: TwilioDouble, whatsapp: Twilio, content_type: str, limit: int, expected: tuple[bytes, str] | str
) -> None:
    message = Message(PERSON, NUMBER, "", "inbound", "received", [File(content_type, b"x" * 50)])
    carrier.messages.append(message)
    media = Media("voice", f"https://api.twilio.com{carrier.uri(message)}/Media/{message.files[0].sid}", content_type)
    if isinstance(expected, tuple):
        assert await whatsapp.fetch(media, limit) == expected
        return
    with pytest.raises(SendError, match=expected) as caught:
        await whatsapp.fetch(media, limit)
    assert not caught.value.retry


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest", "file:///etc/passwd", "https://evil.example/2010-04-01/x", "http://127.0.0.1:1/x", "//x", ""],
)
async def test_a_file_comes_from_no_address_but_the_carriers(carrier: TwilioDouble, whatsapp: Twilio, address: str) -> None:
    real = Twilio("whatsapp", ACCOUNT, TOKEN, NUMBER)
    await real.start()
    for channel in (whatsapp, real):
        with pytest.raises(SendError, match="not_the_carrier"):
            await channel.fetch(Media("photo", address, "image/png"), 100)
    await real.stop()


async def test_a_place_needs_no_fetching(whatsapp: Twilio) -> None:
    place = Media("location", "data:text/plain,geo%3A52.372%2C4.9", "text/plain")
    assert await whatsapp.fetch(place, 100) == (b"geo:52.372,4.9", "text/plain")


async def test_erasing_twice_is_fine(carrier: TwilioDouble, sms: Twilio) -> None:
    sids = [await sms.send(to_person()), await sms.send(to_person("nog een"))]
    await sms.erase(sids)
    assert carrier.messages == []
    await sms.erase(sids)


async def test_two_gateways_at_one_carrier_do_not_mix_up_answers(carrier: TwilioDouble, sms: Twilio) -> None:
    sids = await asyncio.gather(*(sms.send(to_person(f"bericht {number}")) for number in range(20)))
    by_sid = {message.sid: message.body for message in carrier.messages}
    assert [by_sid[sid] for sid in sids] == [f"bericht {number}" for number in range(20)]


# The double's webhooks are read by the channel


async def test_what_the_double_posts_is_read_behind_a_proxy_path(carrier: TwilioDouble, sms: Twilio) -> None:
    calls: list[Request] = []

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        call = Call(scope, receive)
        # A proxy passes /desk/… on and takes the public address away: the gateway puts it back.
        calls.append(Request(f"{public}{call.url.path}", dict(call.headers), await call.body()))
        await Response(status_code=204)(scope, receive, send)

    async with served(gateway) as public:
        carrier.webhooks[NUMBER] = f"{public}/desk/webhooks/sms/webhook"
        channel = Twilio("sms", ACCOUNT, TOKEN, NUMBER, public_url=f"{public}/desk", api_base_url=carrier.base_url)
        await channel.start()
        assert await carrier.write(PERSON, NUMBER, "ik zoek wérk & meer") == 204
        await channel.send(to_person())
        await carrier.reported()
        await channel.stop()
    assert [one.text for one in channel.read(calls[0])] == ["ik zoek wérk & meer"]
    receipts = [channel.read_status(call) for call in calls[1:]]
    assert [receipt and receipt.status for receipt in receipts] == ["sent", "delivered"]
    assert {receipt and receipt.provider_id for receipt in receipts} == {carrier.messages[-1].sid}


async def test_api_and_content_hosts_live_under_one_base_with_a_path() -> None:
    double = TwilioDouble(ACCOUNT, TOKEN, {NUMBER: "http://127.0.0.1:1"})
    async with served(Starlette(routes=[Mount("/twilio", TwilioApi(double).app())])) as address:
        channel = Twilio("sms", ACCOUNT, TOKEN, NUMBER, api_base_url=f"{address}/twilio/")
        await channel.start()
        sid = await channel.send(to_person())
        assert await channel.find(to_person(), now()) == [sid]
        await channel.stop()
        await double.close()
