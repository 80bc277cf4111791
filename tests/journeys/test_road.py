"""The whole road, from the opening to a human's reply and back, on every channel in every language that has texts."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import pytest

from bot.messages import ChannelName
from bot.replies import choice, texts
from tests.journeys.desk import Desk
from tests.stack import Phone, Stack

CHANNELS: tuple[ChannelName, ...] = ("whatsapp", "sms", "telegram")
_number = itertools.count(100)
HELLO = {
    "nl": "hallo, goedemorgen",
    "en": "hello, good morning",
    "ar": "السلام عليكم ورحمة الله",
    "tr": "merhaba, günaydın",
    "ti": "ሰላም ከመይ ኣለኹም",
    "uk": "добрий день, вітаю вас",
    "pl": "dzień dobry, witam",
    "fa": "سلام، صبح شما بخیر",
    "so": "asc, subax wanaagsan",
    "fr": "bonjour madame, bonjour monsieur",
}
IN_FULL = ("nl", "en", "ar")  # the other languages: tests/journeys/test_transcripts.py


def new_phone(stack: Stack, channel: ChannelName) -> Phone:
    number = next(_number)
    return Phone(stack, channel, f"90000{number}" if channel == "telegram" else f"+31612340{number}")


def to_consent(phone: Phone, language: str) -> None:
    """From hello to the consent turn, by choices."""
    phone.say(HELLO[language])
    if phone.offers(language, f"lang_{language}"):
        phone.choose(language, f"lang_{language}")
    for step in ("goal_find_work", "family", "cooking", "childcare", "fit_advisor", "wish_none"):
        if not phone.offers(language, step):
            pytest.fail(f"{step} is not offered here: {phone.seen()[-1]}")
        phone.choose(language, step)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", IN_FULL)
def test_from_hello_to_a_human_and_back(stack: Stack, language: str, channel: ChannelName) -> None:
    phone, desk = new_phone(stack, channel), Desk(stack)
    to_consent(phone, language)
    before = {case["id"] for case in desk.get("cases?status=waiting")["items"]}
    phone.choose(language, "share_all")
    case = next(one for one in desk.get("cases?status=waiting")["items"] if one["id"] not in before)
    assert (case["channel"], case["language"], case["goal"]) == (channel, language, "goal_find_work")
    whole: dict[str, Any] = desk.get(f"cases/{case['id']}")
    assert [one["id"] for one in whole["barriers"]] == ["childcare"]
    assert [one["id"] for one in whole["strengths"]] == ["cooking"]
    assert whole["messages"]
    desk.post(f"cases/{case['id']}/take")
    desk.post(f"cases/{case['id']}/reply", text="Dag, ik ben Sara.")
    assert phone.hear() == "Dag, ik ben Sara."
    phone.write("dank u wel")
    phone.settle()
    heard = [one["text"] for one in desk.get(f"cases/{case['id']}")["messages"] if one["author"] == "person"]
    assert heard[-1] == "dank u wel"
    desk.post(f"cases/{case['id']}/return")
    back = phone.hear()
    assert texts(language)["replies"]["ask_returned"]["text"].strip() in back
    desk.post(f"cases/{case['id']}/close", outcome="helped", next_step="Dinsdag 10:00, Buurthuis De Brug.")
    assert "Dinsdag 10:00" in phone.hear()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("how", ["tap", "2", "٢", "twee", "label", "cut", "words"])
def test_every_way_to_answer_leads_to_the_same_next_step(stack: Stack, channel: ChannelName, how: str) -> None:
    phone, other = new_phone(stack, channel), new_phone(stack, channel)
    phone.say(HELLO["nl"])
    other.say(HELLO["nl"])
    assert phone.offered("nl")[1] == SECOND
    label = choice("nl", SECOND).label
    said = {"label": label, "cut": label[:-3], "words": "ik wil mijn kinderen helpen met school"}.get(how, how)
    answer = phone.choose("nl", SECOND) if how == "tap" else phone.say(said)
    assert answer == other.say("2")


SECOND = "goal_help_child"


def test_a_site_link_is_counted_and_its_page_opens_the_channels(stack: Stack) -> None:
    desk = Desk(stack, "coordinator")
    site = desk.post("sites", name="De moskee", kind="mosque", language="ar")
    page = httpx.get(site["links"]["page"], headers={"Accept-Language": "nl"})
    assert page.status_code == 200
    assert 'dir="rtl"' in page.text
    phone = new_phone(stack, "whatsapp")
    assert "العربية" in phone.say(f"مرحبا ({site['code']})") or phone.seen()
