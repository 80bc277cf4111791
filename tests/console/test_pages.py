"""The pages without script: who opens which, forms and their mark, signing in, and words that can do nothing."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot import cases, facts, users
from bot.clock import Clock
from bot.console import app as console
from bot.store import Store
from bot.tables import audit, contacts
from tests.console.conftest import Browser, House, Labels, TestClient
from tests.people import texts, write

ROOT = Path(console.__file__).parent
# Pages by role: advisor, ambassador, coordinator, outreach; nobody is sent to the sign-in page (303).
PAGES: list[tuple[str, int, int, int, int, int]] = [
    ("/queue", 200, 200, 200, 200, 303),
    ("/queue/live", 200, 200, 200, 200, 303),
    ("/cases/{case}", 200, 403, 200, 403, 303),
    ("/cases/{case}/live", 200, 403, 200, 403, 303),
    ("/cases/nosuchcase", 404, 404, 404, 404, 303),
    ("/sites", 403, 403, 200, 200, 303),
    ("/users", 403, 403, 200, 403, 303),
    ("/directory", 200, 200, 200, 200, 303),
    ("/audit", 403, 403, 200, 403, 303),
    ("/account", 200, 200, 200, 200, 303),
    ("/accessibility", 200, 200, 200, 200, 200),
    ("/sign-in", 200, 200, 200, 200, 200),
    ("/nothing", 404, 404, 404, 404, 404),
]
ROLES = ("advisor", "ambassador", "coordinator", "outreach")
FORMS = [
    "/cases/{case}/take", "/cases/{case}/reply", "/cases/{case}/return", "/cases/{case}/assign", "/cases/{case}/close",
    "/cases/{case}/reveal", "/sites", "/users", "/users/x/disable", "/users/x/sessions", "/users/x/code", "/directory", "/sign-out",
    "/account/password", "/account/sessions/end", "/account/sessions/others", "/account/code/begin", "/account/code/confirm",
    "/account/code/recovery", "/account/code/remove", "/audit/export",
]  # fmt: skip


def test_each_role_opens_its_pages(house: House) -> None:
    case = house.case()
    browsers = {role: house.browser(role, role) for role in ROLES}
    browsers["nobody"] = Browser(house.app, follow_redirects=False)
    for path, *statuses in PAGES:
        for (who, browser), status in zip(browsers.items(), statuses, strict=True):
            assert browser.get(str(path).replace("{case}", case)).status_code == status, (path, who)


def test_a_form_without_its_mark_or_from_another_site_does_nothing(house: House) -> None:
    browser, nobody, case = house.browser("coordinator", "Marijke"), Browser(house.app, follow_redirects=False), house.case()
    body = {"text": "x", "name": "x", "password": "a long password"}
    elsewhere = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"})
    for form in FORMS:
        path = form.replace("{case}", case)
        assert browser.post(path, data=body).status_code == 403, form
        assert browser.post(path, data={**body, "mark": "wrong"}).status_code == 403, form
        for header in elsewhere:
            assert browser.post(path, data={**body, "mark": browser.mark}, headers=header).status_code == 403, (form, header)
        assert nobody.post(path, data=body).status_code == 303, form
    assert texts(house.store) == []


def test_every_form_of_every_page_carries_the_mark_or_needs_none() -> None:
    for template in (ROOT / "templates").glob("*.html"):
        for form in re.findall(r'<form method="post".*?</form>', template.read_text(encoding="utf-8"), flags=re.DOTALL):
            signed_out = re.search(r'action="/(sign-in|sign-in/code|language)"', form) or "link_button" in form
            whole = template.name == "directory.html"  # its form is opened and closed by its own conditions
            assert signed_out or whole or "mark(staff)" in form or 'name="mark"' in form, template.name


def test_no_template_turns_escaping_off() -> None:
    for template in (ROOT / "templates").glob("*.html"):
        found = template.read_text(encoding="utf-8")
        assert "| safe" not in found
        assert "autoescape" not in found
        assert not re.search(r"\son\w+=|<style|style=|<script(?! src=\"/static/)", found), template.name


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in [*(ROOT / "templates").glob("*"), *(ROOT / "static").glob("*")]:
        found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+", file.read_text(encoding="utf-8"))
        assert [one for one in found if "www.w3.org" not in one] == [], file.name


def test_headers_keep_scripts_and_frames_out(house: House) -> None:
    answer = house.browser().get("/queue")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert (answer.headers["x-content-type-options"], answer.headers["cache-control"]) == ("nosniff", "no-store")


EVIL = [
    "<script>window.evil=1</script>",
    "<img src=x onerror=window.evil=1>",
    '"><svg onload=window.evil=1>',
    "{{ 7*7 }}",
    "javascript:evil",
]


@pytest.mark.parametrize("text", EVIL)
def test_html_and_script_of_a_person_do_nothing(house: House, text: str) -> None:
    labels: Labels = [("goal", "goal_find_work", "said", False, text), ("strength", "cooking", "said", False, text)]
    case = house.case(text, labels=labels)
    page = house.browser().get(f"/cases/{case}").text
    assert text not in page or "<" not in text
    assert page.count("<script") == 2  # our own
    assert "evil" not in page or "&lt;" in page or "<" not in text
    assert "49" not in re.findall(r'<p class="text"[^>]*>([^<]*)</p>', page)


def test_right_to_left_words_are_marked_and_their_numbers_isolated(house: House) -> None:
    case = house.case("عندي موعد في 14 020", language="ar")
    page = house.browser().get(f"/cases/{case}").text
    assert '<p class="text" dir="auto" lang="ar">عندي موعد في <bdi dir="ltr">14 020</bdi></p>' in page


def test_take_reply_return_close_by_forms(house: House) -> None:
    sara, case = house.browser(), house.case()
    assert sara.form(f"/cases/{case}/take").headers["location"] == f"/cases/{case}?done=taken"
    assert sara.form(f"/cases/{case}/reply", text="Hallo, ik ben Sara").status_code == 303
    assert sara.form(f"/cases/{case}/reply", phrase="answer_by", value_day="2026-11-23").status_code == 303
    assert texts(house.store)[-2:] == [
        ("human", "queued", "Hallo, ik ben Sara"),
        ("human", "queued", "U hoort van mij op maandag 23 november."),
    ]
    assert sara.form(f"/cases/{case}/return").status_code == 303
    page = sara.get(f"/cases/{case}?done=returned").text
    assert "De bot praat weer verder." in page
    assert sara.form(f"/cases/{case}/close", outcome="helped", next_step="U belt morgen.").status_code == 303
    assert texts(house.store)[-1] == ("human", "queued", "U belt morgen.")
    assert "Afgesloten: geholpen" in sara.get(f"/cases/{case}").text


def test_a_refused_reply_says_why_and_keeps_what_was_typed(house: House) -> None:
    sara, case = house.browser(), house.case()
    with house.store.begin() as connection:
        connection.execute(update(contacts).values(last_in_at=contacts.c.created_at, stopped_at=contacts.c.created_at))
    answer = sara.form(f"/cases/{case}/reply", text="lang & goed <antwoord>")
    assert answer.status_code == 409
    assert "STOP" in answer.text
    assert "lang &amp; goed &lt;antwoord&gt;</textarea>" in answer.text


def test_a_case_that_a_colleague_took_meanwhile_shows_nothing_of_it(house: House) -> None:
    sara, noor, case = house.browser(), house.browser(name="Noor"), house.case("dit is geheim")
    noor.form(f"/cases/{case}/take")
    answer = sara.form(f"/cases/{case}/reply", text="Hallo")
    assert answer.status_code == 409
    assert "Noor heeft dit gesprek al." in answer.text
    assert "Hallo</textarea>" in answer.text
    assert "geheim" not in answer.text


def test_a_sign_in_link_is_spent_by_its_first_post_only(house: House, moved: Clock) -> None:
    with house.store.begin() as connection:
        users.add_user(connection, "Sara", "advisor")
        secret, late = users.sign_in_link(connection, "Sara"), users.sign_in_link(connection, "Sara")
    client = TestClient(house.app, follow_redirects=False)
    for _ in range(3):
        assert "Welkom, Sara" in client.get(f"/sign-in/{secret}").text  # a preview does not spend it
    answer = client.post(f"/sign-in/{secret}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie  # no https here
    assert client.get("/queue").status_code == 200
    other = TestClient(house.app, follow_redirects=False)
    assert other.post(f"/sign-in/{secret}").status_code == 410
    assert other.get("/queue").status_code == 303
    moved.shift += timedelta(minutes=16)
    assert other.post(f"/sign-in/{late}").status_code == 410


def test_a_link_clicked_twice_at_once_lets_one_in(both: House) -> None:
    with both.store.begin() as connection:
        users.add_user(connection, "Sara", "advisor")
        secret = users.sign_in_link(connection, "Sara")

    def spend(_: int) -> bool:
        with both.store.begin() as connection:
            return users.spend_link(connection, secret) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(spend, range(8))) == 1


def test_the_cookie_is_secure_behind_https(lite: Store) -> None:
    house = House(lite, INLOOP_CONSOLE_URL="https://console.example")
    with house.store.begin() as connection:
        users.add_user(connection, "Sara", "advisor")
        secret = users.sign_in_link(connection, "Sara")
    answer = TestClient(house.app, follow_redirects=False).post(f"/sign-in/{secret}", headers={"Origin": "https://console.example"})
    assert "secure" in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" in answer.headers


def test_name_and_password_when_one_is_set(house: House) -> None:
    sara = house.browser()
    assert sara.form("/account/password", password="kort").status_code == 422
    assert sara.form("/account/password", password="een lang wachtwoord").status_code == 303
    client = TestClient(house.app, follow_redirects=False)
    assert client.post("/sign-in", data={"name": "Sara", "password": "fout"}).status_code == 401
    assert client.post("/sign-in", data={"name": "Niemand", "password": "een lang wachtwoord"}).status_code == 401
    assert client.post("/sign-in", data={"name": "Sara", "password": "een lang wachtwoord"}).status_code == 303
    assert client.get("/queue").status_code == 200


def test_guessing_passwords_is_stopped_per_name(house: House, moved: Clock) -> None:
    house.browser().form("/account/password", password="een lang wachtwoord")
    client = TestClient(house.app, follow_redirects=False)
    found = [client.post("/sign-in", data={"name": "Sara", "password": str(number)}).status_code for number in range(9)]
    assert found == [401] * 8 + [429]
    assert client.post("/sign-in", data={"name": "Sara", "password": "een lang wachtwoord"}).status_code == 429
    moved.shift += timedelta(minutes=16)
    assert client.post("/sign-in", data={"name": "Sara", "password": "een lang wachtwoord"}).status_code == 303


def test_sign_out_and_disabling_end_a_session(house: House) -> None:
    sara, noor = house.browser(), house.browser(name="Noor")
    assert sara.form("/sign-out").headers["location"] == "/sign-in?done=signed_out"
    assert sara.get("/queue").status_code == 303
    marijke = house.browser("coordinator", "Marijke")
    with house.store.begin() as connection:
        row = users.find(connection, "Noor")
    assert row is not None
    assert marijke.form(f"/users/{row.id}/disable").status_code == 303
    assert noor.get("/queue").status_code == 303


def test_a_session_ends_after_half_a_day(house: House, moved: Clock) -> None:
    sara = house.browser()
    moved.shift += timedelta(hours=12, minutes=1)
    assert sara.get("/queue").status_code == 303


def test_a_coordinator_adds_somebody_and_hands_the_link_over(house: House) -> None:
    marijke = house.browser("coordinator", "Marijke")
    answer = marijke.post("/users", data={"mark": marijke.mark, "name": "Amir <b>", "role": "ambassador", "languages": ["ar", "nl"]})
    link = re.search(r"<code>http://testserver(/sign-in/[\w-]+)</code>", answer.text)
    assert link
    assert "Amir &lt;b&gt;" in answer.text
    amir = Browser(house.app, follow_redirects=False)
    assert amir.post(link[1]).status_code == 303
    assert amir.get("/users").status_code == 403
    assert marijke.form("/users", name="Amir <b>", role="advisor").status_code == 422
    assert marijke.form("/users", name="  ", role="advisor").status_code == 422


def test_a_coordinator_does_not_lock_themselves_out(house: House) -> None:
    marijke = house.browser("coordinator", "Marijke")
    with house.store.begin() as connection:
        row = users.find(connection, "Marijke")
    assert row is not None
    assert marijke.form(f"/users/{row.id}/disable").status_code == 409
    assert marijke.get("/queue").status_code == 200
    assert [marijke.form(f"/users/{user}/{act}").status_code for user, act in (("nobody", "link"), (row.id, "fly"))] == [404, 404]


DIRECTORY = {"public_name": "Inloop", "hours_monday": "9:00-12:30, 13.00-17:00", "holidays": "2026-12-25, 2027-01-01"}


def test_the_directory_is_edited_by_a_coordinator_only(house: House) -> None:
    with house.store.begin() as connection:
        facts.write(connection, "numbers", {"self_harm": {"name": "113", "number": "0800-0113", "checked": "2020-01-01"}})
        facts.write(connection, "places", [{"name": "Huis", "hours": "ma"}])
    marijke, sara = house.browser("coordinator", "Marijke"), house.browser()
    assert "langer dan een jaar geleden" in sara.get("/directory").text
    assert sara.form("/directory", **DIRECTORY).status_code == 403
    form = {**DIRECTORY, "number_self_harm": "0800-0113", "checked_self_harm": "2026-11-20"}
    assert marijke.form("/directory", **form).status_code == 303
    with house.store.begin() as connection:
        held = facts.read(connection)
    assert held["hours"] == {"monday": ["09:00-12:30", "13:00-17:00"]}
    assert held["holidays"] == ["2026-12-25", "2027-01-01"]
    assert held["numbers"]["self_harm"]["checked"] == "2026-11-20"
    assert held["places"] == [{"name": "Huis", "hours": "ma"}]
    for wrong in ({"hours_monday": "17:00-9:00"}, {"hours_monday": "altijd"}, {"holidays": "kerst"}):
        assert marijke.form("/directory", **{**form, **wrong}).status_code == 422


def test_what_staff_do_is_logged_without_content(house: House) -> None:
    sara, case = house.browser(), house.case()
    sara.get(f"/cases/{case}")
    sara.form(f"/cases/{case}/reply", text="dit staat nergens in het logboek")
    with house.store.begin() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.at)).all()
    assert [row.act for row in rows if row.case_id == case] == ["opened", "offered", "saw", "took", "wrote"]
    assert "nergens" not in str([row._asdict() for row in rows])
    assert "<bdi>Sara</bdi> schreef een bericht." in house.browser("coordinator", "Marijke").get("/audit").text


def test_dutch_or_english_by_choice(house: House) -> None:
    sara = house.browser()
    assert '<html lang="nl">' in sara.get("/queue").text
    assert sara.post("/language", data={"language": "en", "back": "/queue"}).headers["location"] == "/queue"
    assert '<html lang="en">' in sara.get("/queue").text
    assert sara.post("/language", data={"language": "en", "back": "//evil.example"}).headers["location"] == "/"
    assert '<html lang="en">' in TestClient(house.app, headers={"Accept-Language": "en-GB"}).get("/sign-in").text


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_and_state_is_shown_in_both_languages(house: House, language: str) -> None:
    marijke = house.browser("coordinator", "Marijke")
    marijke.cookies.set("inloop_language", language)
    mine, gone = house.case(address="+31600000002", channel="sms"), house.case(address="+31600000003", channel="telegram")
    cases = [house.case(language="ar"), house.alert("help", "self_harm", "maybe"), mine, gone]
    marijke.form(f"/cases/{mine}/take")
    marijke.form(f"/cases/{gone}/take")
    marijke.form(f"/cases/{gone}/close", outcome="not_now")
    marijke.form("/sites", name="Markt", kind="market", language="ar")
    for path in ["/queue", "/sites", "/users", "/directory", "/audit", "/account", "/accessibility", *(f"/cases/{case}" for case in cases)]:
        page = marijke.get(path)
        assert page.status_code == 200, path
        assert f'<html lang="{language}">' in page.text


def test_a_page_left_open_is_nobody_on_duty(house: House, moved: Clock) -> None:
    """Live updates alone are no presence; somebody who moves is (conversation.md, rule 1: "now" only when one is on duty)."""
    sara = house.browser()

    def seen() -> object:
        with house.store.begin() as connection:
            row = users.find(connection, "Sara")
        assert row is not None
        return row.seen_at

    sara.get("/queue")
    first = seen()
    moved.shift += timedelta(minutes=3)
    sara.get("/queue/live")
    assert seen() == first
    sara.get("/queue/live", headers={"X-Inloop-Active": "1"})
    assert seen() != first


def test_only_who_reads_urgent_messages_counts_as_on_duty(house: House) -> None:
    for role in ("ambassador", "outreach"):
        house.browser(role, role).get("/queue")
    with house.store.begin() as connection:
        assert [row.seen_at for row in users.list_users(connection)] == [None, None]


def test_a_new_word_of_a_person_is_marked_in_the_queue(house: House) -> None:
    sara, case = house.browser(), house.case()
    sara.form(f"/cases/{case}/reply", text="Hallo")
    assert "nieuw bericht" not in sara.get("/queue").text
    write(house.store, "nog een vraag")
    assert "nieuw bericht" in sara.get("/queue").text


def test_a_body_over_one_megabyte_is_refused(house: House) -> None:
    assert house.browser().form("/cases/x/reply", text="x" * 1_000_001).status_code == 413


def test_ones_own_name_and_the_code_word_are_filled_in_but_never_somebody_elses(house: House) -> None:
    case = house.case(language="fr")
    page = house.browser().get(f"/cases/{case}").text
    held = dict(re.findall(r'<input id="(\w+)-(?:name|word)"[^>]*?(?: value="(\w*)")?>', page))
    assert (held["hello"], held["ask_for"]) == ("Sara", "Sara")
    assert (held["who_comes"], held["knows_more"]) == ("", "")
    assert held["code_word"] in cases.CODE_WORDS


def test_a_page_that_says_no_keeps_the_menu(house: House) -> None:
    answer = house.browser("ambassador", "Olena").get("/users")
    assert answer.status_code == 403
    assert 'href="/queue"' in answer.text
