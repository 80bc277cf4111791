"""Voice messages and translations at the desk: recorded in a real browser, refused in words, marked for both sides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from bot import contacts, facts, users
from bot.clock import Clock, now
from bot.messages import Media
from bot.replies import render
from bot.tables import cases, media, messages
from bot.templates import ANSWER, MARK, OPENINGS, _template
from tests import servers
from tests.console.conftest import Browser, House
from tests.libretranslate import LibreTranslate, serving
from tests.people import texts, write
from tests.recordings import film, heard, tone

PUBLIC = {"INLOOP_PUBLIC_URL": "https://inloop.example"}
TELEGRAM: dict[str, Any] = {"channel": "telegram", "address": "7001"}


def speak(browser: Browser, case: str, content: bytes, line: str = "", name: str = "voice.webm") -> Any:
    data = {"mark": browser.mark, "line": line}
    return browser.post(f"/cases/{case}/voice", data=data, files={"file": (name, content, "audio/webm")})


def kept(house: House) -> list[Any]:
    with house.store.begin() as connection:
        return list(connection.execute(select(media)).all())


def bodies(house: House) -> list[dict[str, Any]]:
    with house.store.begin() as connection:
        sealed = connection.scalars(select(messages.c.body).where(messages.c.direction == "out").order_by(messages.c.seq)).all()
    return [house.store.vault.open_json(one) for one in sealed]


# Voice to the person


def test_a_recording_goes_to_the_person_is_played_in_the_story_and_takes_the_case(house: House) -> None:
    case, sara = house.case(**TELEGRAM), house.browser()
    done = speak(sara, case, tone(1, "mp4", "aac"))
    assert (done.status_code, done.headers["location"]) == (303, f"/cases/{case}?done=sent")
    page = sara.get(f"/cases/{case}").text
    (player,) = re.findall(r'<audio controls preload="none" src="(/media/\w+)">', page)
    played = sara.get(player)
    assert (played.headers["content-type"], heard(played.content)[:3]) == ("audio/ogg", ("ogg", "opus", "mono"))
    assert [(kind, text) for kind, _, text in texts(house.store)] == [("human", "")]
    (row,) = kept(house)
    assert played.content not in row.content  # encrypted where it lies


def test_a_line_of_text_goes_with_it_only_if_one_was_typed(house: House) -> None:
    case, sara = house.case(**TELEGRAM), house.browser()
    speak(sara, case, tone(1), "Luister maar")
    assert [(one["text"], "voice" in one) for one in bodies(house)] == [("Luister maar", False), ("", True)]


def test_whatsapp_gets_an_address_nobody_can_guess_and_that_is_kept_as_a_hash(lite: Any) -> None:
    house = House(lite, **PUBLIC)
    case, sara = house.case(), house.browser()
    speak(sara, case, tone(1))
    ((body,), (row,)) = bodies(house), kept(house)
    found = re.fullmatch(r"https://inloop\.example/m/([0-9a-f]{64})", body["media_url"])
    assert found
    assert row.token != found[1]
    assert found[1] not in sara.get(f"/cases/{case}").text


REFUSED = [
    ("a film", film(), "Dit is geen geluid dat wij kunnen versturen"),
    ("a text", b"hallo", "Dit is geen geluid dat wij kunnen versturen"),
    ("nothing", b"", "Dit is geen geluid dat wij kunnen versturen"),
    ("a slip of the finger", tone(0.1), "Er is bijna niets opgenomen"),
    ("too long", tone(123), "hoogstens 2 minuten"),
    ("too large", b"\0" * 9_000_000, "Dit bestand is te groot"),
]


@pytest.mark.parametrize(("_what", "content", "said"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_wrong_file_is_refused_in_words(house: House, _what: str, content: bytes, said: str) -> None:
    case, sara = house.case(**TELEGRAM), house.browser()
    answer = speak(sara, case, content)
    assert answer.status_code in (413, 422)
    assert said in answer.text
    assert (texts(house.store), kept(house)) == ([], [])


@pytest.mark.parametrize(
    ("channel", "values", "said"),
    [
        ("sms", PUBLIC, "Via sms kan geen spraakbericht"),
        ("whatsapp", {}, "er is geen openbaar adres ingesteld"),
        ("whatsapp", PUBLIC, None),
        ("telegram", {}, None),
    ],
)
def test_where_no_voice_message_can_go_none_is_offered_and_it_is_said_why(
    lite: Any, channel: Any, values: dict[str, Any], said: str | None
) -> None:
    house = House(lite, **values)
    case, sara = house.case(channel=channel, address="7001" if channel == "telegram" else "+31600000001"), house.browser()
    page = sara.get(f"/cases/{case}").text
    assert ('id="voice"' in page) is (said is None)
    assert said is None or said in page
    answer = speak(sara, case, tone(1))
    assert answer.status_code == (303 if said is None else 409)


def test_a_colleagues_case_and_a_stopped_person_get_no_voice_message(house: House) -> None:
    case, sara, noor = house.case(**TELEGRAM), house.browser(), house.browser(name="Noor")
    sara.form(f"/cases/{case}/take")
    assert speak(noor, case, tone(1)).status_code == 409
    person = house.contact("7001", "telegram")
    with house.store.begin() as connection:
        contacts.stop(connection, person)
    assert speak(sara, case, tone(1)).status_code == 409
    assert kept(house) == []


def test_a_form_without_its_mark_sends_nothing(house: House) -> None:
    case, sara = house.case(**TELEGRAM), house.browser()
    sara.mark = "another"
    assert speak(sara, case, tone(1)).status_code == 403


# From the person


def _voice_note(house: House) -> tuple[str, Browser]:
    """A voice note from before the yes, on a case that was taken."""
    write(house.store, "", channel="telegram", address="7001", kind="voice", media=(Media("voice", "f", "audio/ogg"),))
    case, sara = house.case("ik zoek werk", **TELEGRAM), house.browser()
    sara.form(f"/cases/{case}/take")
    return case, sara


def test_a_human_asks_whether_a_voice_note_may_be_heard_and_plays_it_after_the_yes(house: House) -> None:
    case, sara = _voice_note(house)
    assert "Vraag of u dit mag horen of zien" in sara.get(f"/cases/{case}").text
    sara.form(f"/cases/{case}/hear")
    assert texts(house.store)[-1][2] == "Mag Sara horen of zien wat u stuurde?"
    again = sara.form(f"/cases/{case}/hear")
    assert (again.status_code, "Dit is vandaag al gevraagd" in again.text) == (409, True)
    sound = tone(1, "ogg")
    with house.store.begin() as connection:  # the yes (tests/test_voice.py), and what the gateway then fetches
        connection.execute(update(media).values(wanted_at=now(), fetched_at=now(), content=house.store.vault.close_bytes(sound)))
    page = sara.get(f"/cases/{case}").text
    assert "Vraag of u dit mag horen of zien" not in page
    (player,) = re.findall(r'<audio controls preload="none" src="(/media/\w+)">', page)
    assert sara.get(player).content == sound


# A closed window


@pytest.mark.parametrize("approved", [True, False])
def test_outside_the_24_hours_the_page_says_what_happens_to_an_answer(house: House, moved: Clock, approved: bool) -> None:
    case, sara = house.case(), house.browser()
    with house.store.begin() as connection:
        facts.write(connection, "public_name", "Buurtpunt")
        body = _template(ANSWER, OPENINGS[ANSWER], "nl", "Buurtpunt").body
        entry = {"sid": "HX1", "body": body, "status": "approved" if approved else "pending", "reason": ""}
        facts.write(connection, MARK, {f"nl {ANSWER}": entry})
    sara.form(f"/cases/{case}/take")
    moved.shift += timedelta(hours=25)
    sara = house.browser()
    page = sara.get(f"/cases/{case}").text
    assert ("hoort de persoon dat er een antwoord is" in page) is approved
    answer = sara.form(f"/cases/{case}/reply", text="Ik heb een plek.")
    assert answer.status_code == (303 if approved else 409)
    assert [status for kind, status, _ in texts(house.store) if kind == "human"] == (["waiting"] if approved else [])


# Translation


@pytest.fixture
def libre() -> Iterator[LibreTranslate]:
    words = {"Tot dinsdag.": "إلى الثلاثاء.", "أريد عمل": "ik wil werk <b>"}
    with serving(LibreTranslate(words=words)) as found:
        yield found


@pytest.fixture
def desk(lite: Any, libre: LibreTranslate) -> House:
    return House(lite, INLOOP_TRANSLATE_URL=libre.url)


def _message(page: str) -> str:
    return str(re.findall(r'form="translate" name="message" value="(\w+)"', page)[-1])


def test_a_persons_message_is_translated_under_it_marked_and_kept_nowhere(desk: House) -> None:
    case, sara = desk.case("أريد عمل", language="ar"), desk.browser()
    page = sara.get(f"/cases/{case}").text
    shown = sara.form(f"/cases/{case}/translate", message=_message(page)).text
    assert "ik wil werk &lt;b&gt;" in shown
    assert "Vertaald door een computer." in shown
    assert "ik wil werk" not in sara.get(f"/cases/{case}").text
    assert texts(desk.store) == []
    coordinator = desk.browser("coordinator", "Marijke")
    assert "Sara liet een bericht door een computer vertalen." in re.sub(r"</?bdi>", "", coordinator.get("/audit").text)
    assert coordinator.form(f"/cases/{case}/translate", message=_message(page)).status_code == 404  # reads no messages


def test_typed_dutch_is_seen_first_then_sent_with_its_mark_and_the_dutch_beside_it(desk: House) -> None:
    case, sara = desk.case("أريد عمل", language="ar"), desk.browser()
    preview = unescape(sara.form(f"/cases/{case}/preview", text="Tot dinsdag.").text)
    marking = render("machine_translated", "ar", "whatsapp").text
    assert 'lang="ar">إلى الثلاثاء.</p>' in preview
    assert marking in preview
    assert texts(desk.store) == []  # nothing is sent yet
    sara.form(f"/cases/{case}/translated", text="إلى الثلاثاء.", original="Tot dinsdag.")
    (body,) = bodies(desk)
    assert body["text"] == f"إلى الثلاثاء.\n\n{marking}"
    assert (body["original"], body["translated"]) == ("Tot dinsdag.", True)
    page = sara.get(f"/cases/{case}").text
    assert page.index("إلى الثلاثاء.") < page.index('<p class="ours" dir="auto">Tot dinsdag.</p>')
    assert "Vertaald door een computer." in page


def test_an_urgent_case_warns_against_it(desk: House) -> None:
    case, sara = desk.case("أريد عمل", language="ar"), desk.browser()
    assert "vertrouw hier niet op" not in sara.get(f"/cases/{case}").text
    with desk.store.begin() as connection:
        connection.execute(update(cases).values(urgent="violence", urgent_strength="sure"))
    assert "vertrouw hier niet op een vertaling van een computer" in sara.get(f"/cases/{case}").text


@pytest.mark.parametrize("language", ["ti", "so"])
def test_a_language_the_service_lacks_is_said_in_words(desk: House, language: str) -> None:
    case, sara = desk.case("selam", language=language), desk.browser()
    page = sara.get(f"/cases/{case}").text
    assert "De vertaaldienst kent deze taal niet" in page
    assert "/preview" not in page
    assert 'id="translate"' not in page
    assert sara.form(f"/cases/{case}/preview", text="Tot dinsdag.").status_code == 409


TROUBLE = [
    ({"busy": True}, "is nu te druk"),
    ({"key": "a key"}, "weigert onze sleutel"),
    ({"broken": True}, "antwoordt nu niet. Uw tekst staat er nog"),
]


@pytest.mark.parametrize(("how", "said"), TROUBLE)
def test_when_the_service_does_not_translate_the_typed_text_stays(
    desk: House, libre: LibreTranslate, how: dict[str, Any], said: str
) -> None:
    case, sara = desk.case("أريد عمل", language="ar"), desk.browser()
    for name, value in how.items():
        setattr(libre, name, value)
    answer = sara.form(f"/cases/{case}/preview", text="Tot dinsdag.")
    assert answer.status_code == 409
    assert said in answer.text
    assert re.search(r'<textarea id="text"[^>]*>Tot dinsdag\.</textarea>', answer.text)
    assert sara.form(f"/cases/{case}/reply", text="Tot dinsdag.").status_code == 303  # without it, as ever


def test_when_nobody_is_there_the_page_opens_and_says_so(lite: Any) -> None:
    house = House(lite, INLOOP_TRANSLATE_URL="http://127.0.0.1:1")
    case, sara = house.case("أريد عمل", language="ar"), house.browser()
    assert "De vertaaldienst antwoordt nu niet" in sara.get(f"/cases/{case}").text


def test_without_a_service_nothing_of_it_is_on_the_page(house: House) -> None:
    case, sara = house.case("أريد عمل", language="ar"), house.browser()
    page = sara.get(f"/cases/{case}").text
    assert "vertaal" not in page.lower()
    assert sara.form(f"/cases/{case}/preview", text="Tot dinsdag.").status_code == 409


# In a real browser


@pytest.fixture
def address(desk: House) -> Iterator[str]:
    with servers.serving(desk.app) as url:
        yield url


@pytest.mark.browser
def test_a_voice_message_is_recorded_heard_and_sent_and_a_translation_comes_without_a_new_page(desk: House, address: str) -> None:
    case = desk.case("أريد عمل", language="ar", **TELEGRAM)
    with desk.store.begin() as connection:
        link = users.sign_in_link(connection, users.add_user(connection, "Sara", "advisor"))
    with servers.chromium("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream") as chromium:
        page = chromium.new_context(locale="nl-NL", base_url=address, permissions=["microphone"]).new_page()
        page.goto(f"/sign-in/{link}")
        with page.expect_navigation():
            page.get_by_role("button", name="Aanmelden").click()
        page.goto(f"/cases/{case}")
        page.get_by_role("button", name="Vertaal", exact=True).click()
        expect(page.locator(".translation")).to_contain_text("ik wil werk <b>")
        expect(page.locator(".translation")).to_be_focused()
        page.get_by_text("Een spraakbericht sturen").click()
        page.get_by_role("button", name="Opnemen").click()
        stop = page.get_by_role("button", name="Stoppen")
        expect(stop).to_be_focused()
        page.wait_for_timeout(1500)
        page.keyboard.press("Enter")
        expect(page.get_by_text("U kunt het nu beluisteren")).to_be_visible()
        sound = page.get_by_label("Uw opname")
        expect(sound).to_be_visible()
        assert sound.evaluate(
            "one => new Promise((done) => { one.onplaying = () => done(true); one.onerror = () => done(false); one.play(); })"
        )
        with page.expect_navigation():
            page.get_by_role("button", name="Spraakbericht versturen").click()
        expect(page.locator("#talk audio")).to_have_count(1)
    (row,) = kept(desk)
    *kind, seconds = heard(desk.store.vault.open_bytes(row.content))
    assert kind == ["ogg", "opus", "mono"]
    assert 0.8 < seconds < 6
