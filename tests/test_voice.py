"""A human's voice message: any browser's recording becomes OGG/Opus, reaches WhatsApp and Telegram, and leaves with the person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from bot import cases, contacts, conversations, effects, postman, retention, voice
from bot.channels.open import open_channels
from bot.clock import Clock
from bot.messages import ChannelName, Media
from bot.scene import Scene
from bot.sound import LARGEST, NotSound, to_voice
from bot.store import Store
from bot.tables import contacts as people
from bot.tables import media, messages
from bot.tryout.carrier import Fault
from bot.tryout.phones import STATIC, Phones
from bot.tryout.server import served
from bot.tryout.telegram import TelegramDouble
from bot.tryout.telegram_api import TelegramApi
from bot.tryout.twilio import Message, TwilioDouble
from bot.tryout.twilio_api import TwilioApi
from tests.people import human, settings, texts, turns, write
from tests.recordings import film, heard, tone

ACCOUNT, TOKEN, NUMBER, BOT = "AC" + "3" * 32, "a-token", "+31600000010", "77:a-bot"
PERSON = {"whatsapp": "+31600000001", "telegram": "7001"}

MADE = [
    ("chromium and firefox", "webm", "libopus", "mono"),
    ("safari", "mp4", "aac", "mono"),
    ("firefox", "ogg", "libopus", "stereo"),
    ("a file", "wav", "pcm_s16le", "stereo"),
    ("a file", "mp3", "mp3", "mono"),
]


@pytest.mark.parametrize(("_by", "container", "codec", "layout"), MADE, ids=[f"{row[0]}-{row[1]}" for row in MADE])
def test_what_browsers_record_becomes_ogg_with_opus_in_one_channel(_by: str, container: str, codec: str, layout: str) -> None:
    made = to_voice(tone(2, container, codec, layout))
    *kind, seconds = heard(made)
    assert kind == ["ogg", "opus", "mono"]
    assert seconds == pytest.approx(2, abs=0.1)
    assert len(made) < 40_000


CONCAT = b"ffconcat version 1.0\nfile voice.wav\n"
PLAYLIST = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
WRONG = [
    ("nothing", b"", "voice_unreadable"),
    ("a text", b"hallo, dit is tekst", "voice_unreadable"),
    ("a picture", (STATIC / "photo.png").read_bytes(), "voice_unreadable"),
    ("a film", film(), "voice_unreadable"),
    ("a list of other files", PLAYLIST, "voice_unreadable"),
    ("another list", CONCAT, "voice_unreadable"),
    ("a slip of the finger", tone(0.1), "voice_short"),
    ("too long", tone(123), "voice_long"),
    ("too large", b"\0" * (LARGEST + 1), "voice_large"),
]


@pytest.mark.parametrize(("_what", "content", "reason"), WRONG, ids=[row[0] for row in WRONG])
def test_what_is_no_voice_message_is_refused_with_its_reason(_what: str, content: bytes, reason: str) -> None:
    with pytest.raises(NotSound) as caught:
        to_voice(content)
    assert caught.value.reason == reason


def test_a_list_that_names_a_file_of_ours_opens_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg would read it: a sound that lies beside us must not go to a stranger."""
    (tmp_path / "voice.wav").write_bytes(tone(1, "wav", "pcm_s16le"))
    monkeypatch.chdir(tmp_path)
    with av.open(BytesIO(CONCAT), "r") as opened:
        assert opened.streams.audio  # so it would
    with pytest.raises(NotSound):
        to_voice(CONCAT)


def test_two_minutes_are_not_too_long() -> None:
    assert heard(to_voice(tone(119)))[3] == pytest.approx(119, abs=0.2)


# To the person


class Desk:
    """A gateway's recordings and its postman, beside the doubles of both carriers."""

    def __init__(self, store: Store, twilio: TwilioDouble, telegram: TelegramDouble, values: dict[str, Any]) -> None:
        self.store, self.twilio, self.telegram = store, twilio, telegram
        self.settings = settings(**values)
        self.channels = open_channels(self.settings)
        self.case = ""

    def take(self, channel: ChannelName) -> None:
        """A person who wrote, and a human who has the talk."""
        if channel == "telegram":
            self.telegram.write(7001, "hallo")
        else:
            self.twilio.messages.append(Message(f"whatsapp:{PERSON[channel]}", f"whatsapp:{NUMBER}", "hallo", "inbound", "received"))
        write(self.store, channel=channel, address=PERSON[channel])
        user = human(self.store)
        with self.store.begin() as connection:
            contact = contacts.find(connection, self.store.vault, channel, PERSON[channel])
            assert contact is not None
            self.case = cases.open_case(connection, self.store.vault, contact, to="advisor", scope="all", which=None, wording=[])
            cases.take(connection, self.case, user)

    def speak(self, channel: ChannelName, recording: bytes) -> str:
        with self.store.begin() as connection:
            user = cases.one(connection, self.case).owner_id
            base = voice.fetch_base(self.settings, channel)
            assert base is not None
            return voice.reply(connection, self.store.vault, self.case, user, recording, base)

    async def send(self) -> None:
        post = postman.Postman(self.store, self.channels)
        while await post.send_one():
            pass
        await self.twilio.reported()


@asynccontextmanager
async def desk(store: Store) -> AsyncIterator[Desk]:
    gateway = FastAPI()
    voice.add_to(gateway, store)
    async with served(gateway) as gate:
        twilio = TwilioDouble(ACCOUNT, TOKEN, {f"whatsapp:{NUMBER}": "http://127.0.0.1:1/whatsapp"})
        telegram = TelegramDouble(BOT)
        async with served(TwilioApi(twilio).app()) as twilio.base_url, served(TelegramApi(telegram).app()) as bot:
            values = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_WHATSAPP_FROM": NUMBER}
            values |= {"TWILIO_API_BASE_URL": twilio.base_url, "TELEGRAM_BOT_TOKEN": BOT, "TELEGRAM_API_BASE_URL": bot}
            found = Desk(store, twilio, telegram, values | {"INLOOP_PUBLIC_URL": gate})
            await found.channels["whatsapp"].start()
            try:
                yield found
            finally:
                for channel in found.channels.values():
                    await channel.stop()
                await twilio.close()
                await telegram.close()


def test_whatsapp_comes_for_a_recording_at_an_address_that_ends_after_two_hours(store: Store, moved: Clock) -> None:
    recording = to_voice(tone())

    async def story() -> None:
        async with desk(store) as house:
            house.take("whatsapp")
            house.speak("whatsapp", recording)
            await house.send()
            sent = house.twilio.messages[-1]
            assert (sent.status, sent.body, sent.files[0].content) == ("read", "", recording)
            async with httpx.AsyncClient(trust_env=False) as client:
                held = await client.get(sent.files[0].url)
                assert (held.status_code, held.headers["content-type"], held.content) == (200, "audio/ogg", recording)
                assert held.headers["cache-control"] == "no-store"
                base, _, token = sent.files[0].url.rpartition("/")
                for wrong in (token[::-1], "", "x", token + "0"):
                    assert (await client.get(f"{base}/{wrong}")).status_code == 404
                moved.shift += timedelta(hours=2, minutes=1)
                assert (await client.get(sent.files[0].url)).status_code == 404

    asyncio.run(story())
    with store.begin() as connection:
        row = connection.execute(select(media)).one()
    assert recording not in row.content
    assert row.token != store.vault.hash(f"voice:{row.id}")  # what is kept opens nothing


def test_telegram_is_handed_the_recording_itself(store: Store) -> None:
    recording = to_voice(tone())

    async def story() -> None:
        async with desk(store) as house:
            house.take("telegram")
            house.speak("telegram", recording)
            await house.send()
            message = house.telegram.chats[7001][-1]
            assert house.telegram.files[message["voice"]["file_id"]] == (recording, "audio/ogg")
            assert "caption" not in message

    asyncio.run(story())
    assert texts(store)[-1][:2] == ("human", "sent")


def test_an_answer_lost_on_the_way_sends_no_second_copy(store: Store, moved: Clock) -> None:
    """Twilio took it and the answer never came: it is found again by asking, and the address it was given still works."""

    async def story() -> None:
        async with desk(store) as house:
            house.take("whatsapp")
            house.twilio.faults.add(Fault(drop=True))
            house.speak("whatsapp", to_voice(tone()))
            await house.send()
            moved.shift += timedelta(minutes=1)
            await house.send()
            spoken = [one for one in house.twilio.messages if one.files]
            assert [one.status for one in spoken] == ["read"]

    asyncio.run(story())
    assert [status for _, status, _ in texts(store)] == ["sent"]


def test_a_recording_goes_with_the_person(store: Store) -> None:
    async def story() -> None:
        async with desk(store) as house:
            house.take("telegram")
            house.speak("telegram", to_voice(tone()))

    asyncio.run(story())
    with store.begin() as connection:
        assert connection.scalar(select(func.count()).select_from(media)) == 1
        retention.forget(connection, store.vault, only_contact_in(connection))
        assert connection.scalar(select(func.count()).select_from(media)) == 0


def only_contact_in(connection: Any) -> str:
    return str(connection.execute(select(people.c.id)).scalar_one())


ADDRESSES = [
    ("telegram", {}, ""),
    ("whatsapp", {}, None),
    ("whatsapp", {"INLOOP_PUBLIC_URL": "http://127.0.0.1:5005"}, None),  # the real Twilio cannot come there
    ("whatsapp", {"INLOOP_PUBLIC_URL": "https://inloop.example/desk/"}, "https://inloop.example/desk"),
    ("whatsapp", {"TWILIO_API_BASE_URL": "http://127.0.0.1:8080/twilio", "INLOOP_BOT_PORT": 5015}, "http://127.0.0.1:5015"),
]


@pytest.mark.parametrize(("channel", "values", "base"), ADDRESSES)
def test_a_recording_has_an_address_only_where_a_carrier_can_come(channel: str, values: dict[str, Any], base: str | None) -> None:
    assert voice.fetch_base(settings(**values), channel) == base


# "May I hear it?"


def _case_with_a_voice_note(store: Store) -> str:
    write(store, "", channel="telegram", address="7001", kind="voice", media=(Media("voice", "file-1", "audio/ogg"),))
    user = human(store)
    with store.begin() as connection:
        contact = only_contact_in(connection)
        connection.execute(update(messages).values(status="done"))
        conversations.set_language(connection, contact, "nl", chosen=True)
        case = cases.open_case(connection, store.vault, contact, to="advisor", scope="all", which=None, wording=[])
        cases.take(connection, case, user)
        voice.ask_to_hear(connection, store.vault, case, user, "Sara")
    return case


@pytest.mark.parametrize(
    ("says", "agreed", "told"),
    [("ja", True, "Een mens kan dit lezen of horen, ik niet."), ("2", False, "Goed, ik geef het niet door.")],
)
def test_a_voice_note_from_before_is_heard_only_after_the_persons_own_yes(store: Store, says: str, agreed: bool, told: str) -> None:
    _case_with_a_voice_note(store)
    assert texts(store)[-1][2] == "Mag Sara horen of zien wat u stuurde?"
    write(store, says, channel="telegram", address="7001")
    asyncio.run(turns(store).run_one())
    assert texts(store)[-1][2] == told
    with store.begin() as connection:
        assert (connection.scalar(select(media.c.wanted_at)) is not None) is agreed


def test_the_person_is_not_asked_twice_on_a_day(store: Store, moved: Clock) -> None:
    case = _case_with_a_voice_note(store)
    with store.begin() as connection:
        user = cases.one(connection, case).owner_id
        with pytest.raises(voice.Asked):
            voice.ask_to_hear(connection, store.vault, case, user, "Sara")
        moved.shift += timedelta(days=1, minutes=1)
        voice.ask_to_hear(connection, store.vault, case, user, "Sara")
    assert [text for _, _, text in texts(store)].count("Mag Sara horen of zien wat u stuurde?") == 2


def test_what_somebody_else_said_is_gone_when_the_phone_changed_hands(store: Store) -> None:
    """A new acquaintance (rule 11): the old recordings go with the old words, what was just sent stays."""
    _case_with_a_voice_note(store)
    fresh = write(store, "", channel="telegram", address="7001", kind="voice", media=(Media("voice", "file-2", "audio/ogg"),))
    assert fresh
    with store.begin() as connection:
        scene = Scene(connection, store.vault, only_contact_in(connection), fresh, "nl")
        effects.carry_out(scene, [{"effect": "new_acquaintance"}])
        assert list(connection.scalars(select(media.c.message_id))) == [fresh]


def test_a_try_out_phone_plays_what_it_was_sent(store: Store) -> None:
    recording = to_voice(tone())

    async def story() -> None:
        async with desk(store) as house:
            phones = Phones(house.twilio, house.telegram)
            phones.all["whatsapp"].person = PERSON["whatsapp"]
            house.take("whatsapp")
            house.speak("whatsapp", recording)
            await house.send()
            (bubble,) = phones.all["whatsapp"].bubbles
            async with httpx.AsyncClient(trust_env=False) as client:
                held = await client.get(bubble.source)
            assert (bubble.kind, held.headers["content-type"], held.content) == ("voice", "audio/ogg", recording)
            await phones.close()

    asyncio.run(story())
