"""A moment in every language: the day, the month, the part of the day and the 24-hour clock, and nothing else to guess."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from bot import moments
from bot.gate import RULES, lists, read
from bot.replies import END_ISOLATE, ISOLATE, available, render, texts

ZONE = "Europe/Amsterdam"
AT_TWO = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
SAID = {
    "nl": "dinsdag 24 november, 's middags om 14:00",
    "en": "Tuesday 24 November, at 14:00 in the afternoon",
    "ar": "الثلاثاء 24 نوفمبر، الساعة 14:00 بعد الظهر",
    "tr": "24 Kasım Salı, öğleden sonra saat 14:00",
    "ti": "ሰሉስ 24 ሕዳር፡ ድሕሪ ቀትሪ ብሰዓት ሆላንድ 14:00",
    "uk": "вівторок 24 листопада, вдень, 14:00",
    "pl": "wtorek 24 listopada, po południu, godzina 14:00",
    "fa": "سه‌شنبه 24 نوامبر، ساعت 14:00 بعد از ظهر",
    "so": "Talaado 24 Noofeembar, saacadda 14:00 galabnimo",
    "fr": "mardi 24 novembre, l'après-midi à 14 h 00",
}


@pytest.mark.parametrize("language", available())
def test_a_moment_is_said_in_full(language: str) -> None:
    assert moments.say(AT_TWO, ZONE, language) == SAID[language]


@pytest.mark.parametrize("language", available())
def test_morning_and_evening_are_never_the_same_words(language: str) -> None:
    said = [moments.say(AT_TWO.replace(hour=hour, minute=30), ZONE, language) for hour in (1, 8, 14, 19)]
    assert [f"{hour}{' h ' if language == 'fr' else ':'}30" in one for hour, one in zip((2, 9, 15, 20), said, strict=True)] == [True] * 4
    clocks = [moments.clock(time(hour, 30), language) for hour in (2, 9, 15, 20)]
    assert len({one.replace(at, "") for one, at in zip(said, clocks, strict=True)}) == 4


PARTS = [
    (0, "'s nachts"),
    (5, "'s nachts"),
    (6, "'s morgens"),
    (11, "'s morgens"),
    (12, "'s middags"),
    (17, "'s middags"),
    (18, "'s avonds"),
]


@pytest.mark.parametrize(("hour", "part"), PARTS)
def test_where_a_part_of_the_day_begins(hour: int, part: str) -> None:
    assert part in moments.say(datetime(2026, 11, 24, hour, 0, tzinfo=UTC), "UTC", "nl")


def test_the_clock_is_the_deployments_in_summer_and_winter() -> None:
    assert "14:00" in moments.say(datetime(2026, 7, 1, 12, 0, tzinfo=UTC), ZONE, "nl")
    assert "dinsdag 1 december, 's nachts om 0:30" in moments.say(datetime(2026, 11, 30, 23, 30, tzinfo=UTC), ZONE, "nl")


@pytest.mark.parametrize("language", ["ar", "fa"])
def test_a_time_keeps_its_order_between_right_to_left_words_and_costs_nothing_on_sms(language: str) -> None:
    said = moments.say(AT_TWO, ZONE, language, "whatsapp")
    assert f"{ISOLATE}14:00{END_ISOLATE}" in said
    text = render("reminder_place", language, "whatsapp", {"moment": said, "place": "Brugstraat 4"}).text
    assert said in text  # put in as it is: not turned round as a whole
    assert text.count(ISOLATE) == 1
    assert ISOLATE not in moments.say(AT_TWO, ZONE, language, "sms")


GIVEN = [
    ("2026-11-24T14:00", datetime(2026, 11, 24, 13, 0, tzinfo=UTC)),
    ("2026-07-01T14:00", datetime(2026, 7, 1, 12, 0, tzinfo=UTC)),
    ("2026-11-24T14:00:00Z", AT_TWO.replace(hour=14)),
    ("2026-11-24T14:00+03:00", AT_TWO.replace(hour=11)),
    ("2027-10-31T02:30", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),  # this hour comes twice: the first
]


@pytest.mark.parametrize(("typed", "moment"), GIVEN)
def test_what_a_form_gives(typed: str, moment: datetime) -> None:
    assert moments.of(typed, ZONE) == moment


# An hour that the clocks skip in spring; years that cannot be reckoned with.
NONE = ["", "24-11-2026 14:00", "half drie", "2027-03-28T02:30", "0001-01-01T00:00", "9999-12-31T23:59-12:00"]


@pytest.mark.parametrize("typed", NONE)
def test_what_is_no_moment(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        moments.of(typed, ZONE)


# Menus that are made while talking (bot/slots.py): the gate looks at those of turns.yml alone.
MENUS = [["meet_yes", "meet_no"], ["meet_yes", "meet_move", "meet_no"], ["meet_again", "meet_not_now"]]


@pytest.mark.parametrize("language", available())
def test_no_word_means_two_answers_about_an_appointment(language: str) -> None:
    found = read(language, MENUS)
    assert not list(RULES["means two choices of one menu"](found))
    assert lists(language) == found.lists
    assert {one for menu in MENUS for one in menu} <= set(texts(language)["choices"])
