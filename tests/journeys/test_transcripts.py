"""A whole conversation in every language on every channel, held word for word: a change in what people read shows in the diff.

`INLOOP_WRITE_TRANSCRIPTS=1` writes them anew; read the diff as the person would.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.choices import plain
from bot.keywords import CARRIER
from bot.messages import ChannelName
from bot.replies import available, choice, texts, words
from tests.journeys.desk import Desk
from tests.journeys.test_road import CHANNELS, HELLO, new_phone
from tests.stack import Phone, Stack

FOLDER = Path(__file__).parent / "transcripts"
WRITE = "INLOOP_WRITE_TRANSCRIPTS"


class Recorded:
    """A phone whose talk is written down."""

    def __init__(self, phone: Phone, language: str) -> None:
        self.phone, self.language, self.lines = phone, language, list[str]()

    def say(self, text: str) -> None:
        """The person writes, and hears the answer."""
        self.lines += [f"> {text}"]
        self.phone.write(text)
        self.hear()

    def hear(self) -> None:
        """What comes next, with its buttons."""
        self.lines += [f"< {line}" for line in self.phone.hear().splitlines()]
        if self.phone.channel == "telegram":
            self.lines += [f"< [{label}]" for _, label in self.phone.buttons()]

    def answer(self, how: str, *choices: str) -> None:
        """Answer the open menu: by label, by number, by number word or by answer word."""
        offered = self.phone.offered(self.language)
        if how == "label":
            return self.say(choice(self.language, choices[0]).label)
        if how == "word":
            entry = choice(self.language, choices[0])
            return self.say(entry.words[0] if entry.words else entry.label)
        places = [offered.index(one) for one in choices]
        if how == "number word":
            return self.say(str(texts(self.language)["words"]["numbers"][places[0]][0]))
        self.say(f" {texts(self.language)['words']['and'][0]} ".join(str(place + 1) for place in places))


def whole_talk(stack: Stack, language: str, channel: ChannelName) -> list[str]:
    """From hello to a human and back, to STOP and START."""
    desk = Desk(stack)
    before = {case["id"] for case in desk.get("cases?status=waiting")["items"]}
    talk = Recorded(new_phone(stack, channel), language)
    talk.say(HELLO[language])
    if talk.phone.offers(language, f"lang_{language}"):
        talk.answer("label", f"lang_{language}")
    talk.answer("label", "goal_find_work")
    talk.answer("number word", "family")
    talk.answer("word", "cooking")
    talk.answer("number", "language", "childcare")
    talk.answer("number", "fit_advisor")
    talk.answer("word", "wish_none")
    talk.answer("label", "share_all")
    case = next(one["id"] for one in desk.get("cases?status=waiting")["items"] if one["id"] not in before)
    desk.post(f"cases/{case}/reply", phrase="hello", values={"name": "Sara"})
    talk.hear()
    desk.post(f"cases/{case}/return")
    talk.hear()
    desk.post(f"cases/{case}/close", outcome="helped", next_step="Dinsdag 10:00, De Brug.")
    talk.hear()
    talk.say(_our_word(language, "stop"))
    talk.say(_our_word(language, "start"))
    return talk.lines


def _our_word(language: str, meaning: str) -> str:
    """A word of ours: Twilio answers its own on SMS itself, in English."""
    return next(word for word in words(language, meaning) if plain(word) not in CARRIER[meaning])


@pytest.fixture(scope="module")
def desk_is_open(stack: Stack) -> None:
    """Somebody answered just now: what people hear of when they are read is the same at any hour."""
    whole_talk(stack, "nl", "whatsapp")


@pytest.mark.usefixtures("desk_is_open")
@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", available())
def test_a_whole_talk_is_as_it_was(stack: Stack, language: str, channel: ChannelName) -> None:
    said = "\n".join(whole_talk(stack, language, channel)) + "\n"
    path = FOLDER / f"{language}-{channel}.txt"
    if os.environ.get(WRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(said, encoding="utf-8")
    assert said == path.read_text(encoding="utf-8")
