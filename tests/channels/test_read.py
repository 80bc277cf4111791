"""What a channel makes of what carriers post: one row a recorded payload."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bot.channels import Channel, Malformed, Refused, Request
from bot.channels.telegram import Telegram
from bot.channels.twilio import Twilio
from bot.messages import ChannelName, Incoming, Media

from . import ACCOUNT, BOT_TOKEN, NUMBER, PAYLOADS, PERSON, PUBLIC, SECRET, TOKEN, payload, signed


def channel(name: ChannelName) -> Channel:
    if name == "telegram":
        return Telegram(BOT_TOKEN, SECRET, mode="webhook", public_url=PUBLIC)
    return Twilio(name, ACCOUNT, TOKEN, NUMBER, public_url=PUBLIC)


def sid(number: int, kind: str = "SM") -> str:
    return f"{kind}{number:032x}"


def file(kind: Any, number: int, content_type: str, message: int | None = None) -> Media:
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(message or number)}/Media/{sid(number, 'ME')}"
    return Media(kind, f"https://api.twilio.com{path}", content_type)


def whatsapp(number: int, text: str = "", kind: Any = "text", **more: Any) -> Incoming:
    return Incoming("whatsapp", more.pop("address", PERSON), sid(number), text, kind, **more)


def sms(number: int, text: str = "", kind: Any = "text", **more: Any) -> Incoming:
    return Incoming("sms", more.pop("address", PERSON), sid(number), text, kind, **more)


def telegram(number: int, text: str = "", kind: Any = "text", **more: Any) -> Incoming:
    return Incoming("telegram", "7001", f"update:{number}", text, kind, language_hint=more.pop("hint", "nl"), **more)


def held(kind: Any, file_id: str, content_type: str) -> tuple[Media]:
    return (Media(kind, file_id, content_type),)


PLACE = (Media("location", "data:text/plain,geo%3A52.372%2C4.9", "text/plain"),)
CARD = "data:text/vcard,BEGIN%3AVCARD%0D%0AVERSION%3A3.0%0D%0AFN%3ASara%0D%0ATEL%3A%2B31600000002%0D%0AEND%3AVCARD%0D%0A"

ROWS: list[tuple[ChannelName, str, Incoming | type[Exception] | None]] = [
    ("whatsapp", "text", whatsapp(1, "ik zoek werk")),
    ("whatsapp", "text_arabic", whatsapp(2, "أبحث عن عمل")),
    ("whatsapp", "text_newlines_emoji", whatsapp(3, "hallo 👋\nik heb 2 kinderen & geen oppas")),
    ("whatsapp", "button_tapped", whatsapp(4, "Werk vinden", picked="goal_find_work")),
    ("whatsapp", "list_picked", whatsapp(5, "Werk vinden", picked="goal_find_work")),
    ("whatsapp", "voice_note", whatsapp(6, kind="voice", media=(file("voice", 6, "audio/ogg"),))),
    ("whatsapp", "photo_with_words", whatsapp(7, "deze brief", "photo", media=(file("photo", 7, "image/jpeg"),))),
    ("whatsapp", "video", whatsapp(8, kind="video", media=(file("video", 8, "video/mp4"),))),
    ("whatsapp", "document", whatsapp(9, "brief.pdf", "document", media=(file("document", 9, "application/pdf"),))),
    ("whatsapp", "sticker", whatsapp(10, kind="sticker", media=(file("sticker", 10, "image/webp"),))),
    ("whatsapp", "location", whatsapp(11, kind="location", media=PLACE)),
    ("whatsapp", "contact_card", whatsapp(12, kind="contact", media=(file("contact", 12, "text/vcard"),))),
    ("whatsapp", "empty", whatsapp(13, kind="empty")),
    ("whatsapp", "two_photos", whatsapp(14, kind="photo", media=(file("photo", 14, "image/jpeg"), file("photo", 15, "image/png", 14)))),
    ("whatsapp", "without_phone_number", whatsapp(16, "hoi", address="NL.1502576394655843")),
    ("whatsapp", "without_sender_number_at_all", whatsapp(17, "hoi", address="NL.1502576394655843")),
    ("whatsapp", "null_bytes", whatsapp(18, "ik zoek werk")),
    ("whatsapp", "without_id", Malformed),
    ("whatsapp", "without_sender", Malformed),
    ("whatsapp", "sms_at_the_wrong_address", Malformed),
    ("whatsapp", "media_count_is_no_number", whatsapp(22, "hoi")),
    ("whatsapp", "fields_of_tomorrow", whatsapp(23, "hoi")),
    ("whatsapp", "latin_1", Malformed),
    ("sms", "text", sms(101, "ik zoek werk")),
    ("sms", "number_answer", sms(102, "2")),
    ("sms", "stop", sms(103, "STOP")),
    ("sms", "photo", sms(104, kind="photo", media=(file("photo", 104, "image/jpeg"),))),
    ("sms", "webp_is_a_photo", sms(105, kind="photo", media=(file("photo", 105, "image/webp"),))),
    ("sms", "empty", sms(106, "   ", "empty")),
    ("sms", "whatsapp_at_the_wrong_address", Malformed),
    ("sms", "short_code_sender", sms(108, "hoi", address="40404")),
    ("telegram", "text", telegram(1, "ik zoek werk")),
    ("telegram", "start_with_code", telegram(2, site="AB2CD3")),
    ("telegram", "start", telegram(3, site="")),
    ("telegram", "command_stop", telegram(4, "stop")),
    ("telegram", "command_with_bot_name", telegram(5, "help please")),
    ("telegram", "edited", telegram(6, "ik zoek stage", edited=True)),
    ("telegram", "button_tapped", telegram(7, "Werk vinden", picked="goal_find_work")),
    ("telegram", "button_of_an_old_message", telegram(8, picked="goal_find_work")),
    ("telegram", "voice_note", telegram(9, kind="voice", media=held("voice", "file-9", "audio/ogg"))),
    ("telegram", "photo_with_words", telegram(10, "deze brief", "photo", media=held("photo", "file-102", "image/jpeg"))),
    ("telegram", "video", telegram(11, kind="video", media=held("video", "file-11", "video/mp4"))),
    ("telegram", "video_note", telegram(12, kind="video", media=held("video", "file-12", "video/mp4"))),
    ("telegram", "document", telegram(13, kind="document", media=held("document", "file-13", "application/pdf"))),
    ("telegram", "sticker", telegram(14, kind="sticker", media=held("sticker", "file-14", "image/webp"))),
    ("telegram", "location", telegram(15, kind="location", media=PLACE)),
    ("telegram", "contact", telegram(16, kind="contact", media=held("contact", CARD, "text/vcard"))),
    ("telegram", "dice", telegram(17, kind="empty")),
    ("telegram", "group_chat", None),
    ("telegram", "supergroup_chat", None),
    ("telegram", "channel_post", None),
    ("telegram", "written_by_a_bot", None),
    ("telegram", "blocked_by_person", None),
    ("telegram", "news_of_tomorrow", None),
    ("telegram", "pinned_message", None),
    ("telegram", "tapped_in_a_group", None),
    ("telegram", "not_json", Malformed),
    ("telegram", "without_update_id", Malformed),
    ("telegram", "list_instead_of_update", Malformed),
    ("telegram", "text_is_a_number", Malformed),
    ("telegram", "message_without_chat", Malformed),
    ("telegram", "null_and_half_characters", telegram(29, "ik zoek ? werk", hint="ar")),
    ("telegram", "caption_on_voice", telegram(30, "luister", "voice", media=held("voice", "file-30", "audio/ogg"))),
]


@pytest.mark.parametrize(("name", "recorded", "expected"), ROWS, ids=[f"{row[0]}:{row[1]}" for row in ROWS])
def test_payload(name: ChannelName, recorded: str, expected: Incoming | type[Exception] | None) -> None:
    if isinstance(expected, type):
        with pytest.raises(expected):
            channel(name).read(payload(name, recorded))
        return
    found = [dataclasses.replace(one, sent_at=None) for one in channel(name).read(payload(name, recorded))]
    assert found == ([expected] if expected else [])


def test_every_recorded_payload_is_in_the_table() -> None:
    assert {(path.parent.name, path.stem) for path in PAYLOADS.glob("*/*.*")} == {(row[0], row[1]) for row in ROWS}


@pytest.mark.parametrize("name", ["whatsapp", "sms", "telegram"])
def test_profile_names_are_dropped(name: ChannelName) -> None:
    assert "Amina" not in repr(channel(name).read(payload(name, "text")))


def unsigned(request: Request) -> Request:
    return dataclasses.replace(request, headers={})


def forged(request: Request) -> Request:
    return dataclasses.replace(request, headers={key: "é" + value[::-1] for key, value in request.headers.items()})


def changed(request: Request) -> Request:
    return dataclasses.replace(request, body=request.body + b"&Body=other")


def elsewhere(request: Request) -> Request:
    return dataclasses.replace(request, url=request.url.replace("/desk", ""))


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("whatsapp", unsigned),
        ("whatsapp", forged),
        ("whatsapp", changed),
        ("whatsapp", elsewhere),
        ("sms", unsigned),
        ("sms", forged),
        ("telegram", unsigned),
        ("telegram", forged),
    ],
)
def test_a_call_that_is_not_the_carriers_is_refused(name: ChannelName, spoil: Any) -> None:
    with pytest.raises(Refused):
        channel(name).read(spoil(payload(name, "text")))


def test_without_a_secret_nothing_is_telegrams() -> None:
    bot = Telegram(BOT_TOKEN, "", mode="webhook", public_url=PUBLIC)
    with pytest.raises(Refused):
        bot.read(Request(PUBLIC, {"x-telegram-bot-api-secret-token": ""}, payload("telegram", "text").body))


def test_the_query_is_part_of_what_is_signed() -> None:
    url = f"{PUBLIC}/webhooks/sms/webhook?bot=1"
    assert channel("sms").read(signed(url, f"MessageSid={sid(1)}&From=%2B31600000001&Body=hoi"))[0].text == "hoi"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\xff\xfe\x00", Malformed),
        (b"Body=%FF%FE&MessageSid=SM1", Malformed),
        (b"&".join(b"a%d=1" % number for number in range(500)), Malformed),
        (b"", Refused),
        (b"%00=%00", Refused),
    ],
)
def test_rubbish_never_gets_through(body: bytes, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        channel("sms").read(Request(f"{PUBLIC}/webhooks/sms/webhook", {"x-twilio-signature": "bm8="}, body))


@pytest.mark.parametrize("body", [b"\xff", b"", b"null", b"{}", b'{"update_id": "1"}', b"[" * 100_000])
def test_rubbish_from_telegram_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        channel("telegram").read(Request(PUBLIC, {"x-telegram-bot-api-secret-token": SECRET}, body))


@pytest.mark.parametrize(
    ("said", "error", "expected"),
    [
        ("queued", "", None),
        ("accepted", "", None),
        ("sending", "", None),
        ("sent", "", ("sent", None)),
        ("delivered", "", ("delivered", None)),
        ("read", "", ("read", None)),
        ("failed", "63016", ("failed", "63016")),
        ("undelivered", "30003", ("failed", "30003")),
        ("undelivered", "<b>", ("failed", None)),
        ("something_new", "", None),
    ],
)
def test_status(said: str, error: str, expected: tuple[str, str | None] | None) -> None:
    body = f"MessageSid={sid(5)}&MessageStatus={said}" + (f"&ErrorCode={error}" if error else "")
    receipt = channel("whatsapp").read_status(signed(f"{PUBLIC}/webhooks/whatsapp/status", body))
    assert (receipt and (receipt.provider_id, receipt.status, receipt.error)) == (expected and (sid(5), *expected))


def test_status_without_message_is_malformed_and_unsigned_refused() -> None:
    call = signed(f"{PUBLIC}/webhooks/sms/status", "MessageStatus=sent")
    with pytest.raises(Malformed):
        channel("sms").read_status(call)
    with pytest.raises(Refused):
        channel("sms").read_status(unsigned(call))
