"""The second step at the door, recovery codes, and the list of where one is signed in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot import totp, users
from bot.clock import Clock
from bot.console import browsers
from tests.console.conftest import Browser, House, TestClient
from tests.test_totp import code_now, set_up

PASSWORD = "een lang wachtwoord"
PHONE = "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0"
USER_AGENTS = [
    (PHONE, "Firefox/Android"),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0",
        "Edge/Windows",
    ),
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36", "Chrome/Linux"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1 Version/18.1 Mobile/15E1 Safari/604.1", "Safari/iPhone"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) AppleWebKit/605.1 (KHTML, like Gecko) Version/18.1 Safari/605.1", "Safari/Mac"),
    (
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
        "Samsung Internet/Android",
    ),
    ("curl/8.5", "/"),
    ("", "/"),
]


@pytest.mark.parametrize(("user_agent", "named"), USER_AGENTS)
def test_a_browser_is_named_in_words_people_use(user_agent: str, named: str) -> None:
    assert browsers.named(user_agent) == named


def with_phone(house: House, name: str = "Sara") -> tuple[str, list[str]]:
    """Somebody with a password and a phone; the id and the recovery codes."""
    user, codes = set_up(house.store, name)
    hashed = users.hashed(PASSWORD)
    with house.store.begin() as connection:
        users.set_password(connection, user, hashed)
    return user, codes


def by_password(house: House, name: str = "Sara") -> Browser:
    client = Browser(house.app, follow_redirects=False)
    answer = client.post("/sign-in", data={"name": name, "password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code")
    return client


def test_after_the_password_or_the_link_the_code_is_asked(house: House, moved: Clock) -> None:
    user, _ = with_phone(house)
    with house.store.begin() as connection:
        secret = users.sign_in_link(connection, user)
    by_link = Browser(house.app, follow_redirects=False)
    assert by_link.post(f"/sign-in/{secret}").headers["location"] == "/sign-in/code"
    for client in (by_password(house), by_link):
        assert client.get("/queue").status_code == 303  # half a sign-in opens nothing
        assert client.get("/account").status_code == 303
        assert client.get("/sign-in/code").status_code == 200
        moved.shift += timedelta(seconds=30)
        answer = client.post("/sign-in/code", data={"code": code_now(house.store, user)})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert client.get("/queue").status_code == 200


def test_a_used_code_is_refused_at_the_door(house: House, moved: Clock) -> None:
    user, _ = with_phone(house)
    moved.shift += timedelta(seconds=30)
    code = code_now(house.store, user)
    assert by_password(house).post("/sign-in/code", data={"code": code}).status_code == 303
    again = by_password(house)
    answer = again.post("/sign-in/code", data={"code": code})
    assert answer.status_code == 401
    assert "al gebruikt" in answer.text
    assert again.get("/queue").status_code == 303


def test_the_half_sign_in_is_a_cookie_of_its_own_and_lasts_five_minutes(house: House, moved: Clock) -> None:
    user, _ = with_phone(house)
    client = Browser(house.app, follow_redirects=False)
    cookie = client.post("/sign-in", data={"name": "Sara", "password": PASSWORD}).headers["set-cookie"].lower()
    assert "inloop_half=" in cookie
    assert "httponly" in cookie
    client.cookies.set("inloop_session", client.cookies["inloop_half"])
    assert client.get("/queue").status_code == 303  # it is no session under another name
    moved.shift += timedelta(minutes=6)
    assert client.post("/sign-in/code", data={"code": code_now(house.store, user)}).status_code == 410
    nobody = Browser(house.app, follow_redirects=False)
    assert [nobody.get("/sign-in/code").status_code, nobody.post("/sign-in/code", data={"code": "1"}).status_code] == [410, 410]


def test_guessing_codes_is_stopped_as_guessing_passwords_is(house: House, moved: Clock) -> None:
    user, codes = with_phone(house)
    client = by_password(house)
    assert [client.post("/sign-in/code", data={"code": "12345"}).status_code for _ in range(9)] == [401] * 8 + [429]
    moved.shift += timedelta(minutes=1)
    for right in (code_now(house.store, user), codes[0]):
        assert by_password(house).post("/sign-in/code", data={"code": right}).status_code == 429
    moved.shift += timedelta(minutes=16)
    assert by_password(house).post("/sign-in/code", data={"code": codes[0]}).status_code == 303


def test_a_code_from_another_site_is_refused(house: House) -> None:
    _, codes = with_phone(house)
    answer = by_password(house).post("/sign-in/code", data={"code": codes[0]}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def test_scan_type_one_right_code_and_see_the_recovery_codes_once(house: House, moved: Clock) -> None:
    sara = house.browser()
    assert sara.get("/account/code").headers["location"] == "/account"  # nothing was begun
    assert sara.form("/account/code/begin").headers["location"] == "/account/code"
    page = sara.get("/account/code").text
    assert '<svg width="' in page
    assert "style=" not in page
    assert "data:" not in page
    with house.store.begin() as connection:
        row = users.find(connection, "Sara")
        assert row is not None
        secret = totp.begun(connection, house.store.vault, row.id)
    assert secret is not None
    assert totp.spelled(secret) in re.sub(r"(?<=[A-Z2-7]) (?=[A-Z2-7])", "", page)
    assert sara.form("/account/code/confirm", code="abc").status_code == 422
    shown = sara.form("/account/code/confirm", code=code_now(house.store, row.id)).text
    codes = re.findall(r"<code>([a-z0-9-]{14})</code>", shown)
    assert len(codes) == 10
    for path in ("/account", "/account/code"):
        later = sara.get(path, follow_redirects=True).text
        assert not any(one in later for one in codes)
        assert totp.spelled(secret)[:4] not in later
    assert "10 herstelcodes" in sara.get("/account").text
    assert sara.form("/account/code/begin").status_code == 303  # and the code stays as it is
    with house.store.begin() as connection:
        held = totp.find(connection, row.id)
    assert held is not None
    assert house.store.vault.open_bytes(held.secret) == secret


def test_an_open_screen_is_not_enough_to_take_the_code_away(house: House, moved: Clock) -> None:
    sara = house.browser()
    user, codes = set_up(house.store)
    for act in ("recovery", "remove"):
        assert sara.form(f"/account/code/{act}", code="").status_code == 422
    moved.shift += timedelta(seconds=30)
    fresh = sara.form("/account/code/recovery", code=code_now(house.store, user)).text
    assert codes[0] not in fresh
    made = re.findall(r"<code>([a-z0-9-]{14})</code>", fresh)
    assert sara.form("/account/code/remove", code=codes[0]).status_code == 422
    assert sara.form("/account/code/remove", code=made[0]).status_code == 303
    with house.store.begin() as connection:
        assert totp.find(connection, user) is None
    assert [sara.form("/account/code/remove", code="1").status_code for _ in range(6)][-1] == 429


def test_a_coordinator_takes_the_code_of_a_lost_phone_away_never_their_own(house: House) -> None:
    user, _ = with_phone(house)
    marijke, noor = house.browser("coordinator", "Marijke"), house.browser(name="Noor")
    assert "met code van de telefoon" in marijke.get("/users").text
    assert noor.form(f"/users/{user}/code").status_code == 403
    assert marijke.form(f"/users/{user}/code").status_code == 303
    client = TestClient(house.app, follow_redirects=False)
    assert client.post("/sign-in", data={"name": "Sara", "password": PASSWORD}).headers["location"] == "/"
    log = marijke.get("/audit").text
    assert "<bdi>Marijke</bdi> haalde de code van de telefoon weg bij <bdi>Sara</bdi>." in log
    own, _ = set_up(house.store, "Marijke")
    for name in (own, "Marijke"):
        answer = marijke.form(f"/users/{name}/code")
        assert answer.status_code == 409
        assert "andere coördinator" in answer.text
    with house.store.begin() as connection:
        assert totp.find(connection, own) is not None


def test_one_sees_where_one_is_signed_in_and_ends_one(house: House, moved: Clock) -> None:
    here = house.browser()
    moved.shift += timedelta(minutes=5)
    phone = second(house, PHONE)
    page = here.get("/account").text
    assert "Firefox op Android" in page
    assert page.count("dit scherm") == 1
    assert "Mozilla" not in page
    handles = re.findall(r'name="session" value="(\w+)"', page)
    assert len(handles) == 1  # its own has no such button
    assert here.cookies["inloop_session"] not in page
    assert here.form("/account/sessions/end", session=handles[0]).headers["location"] == "/account?done=ended"
    assert phone.get("/queue").status_code == 303
    assert here.get("/queue").status_code == 200


def test_ending_all_others_keeps_this_one(house: House) -> None:
    here, others = house.browser(), [second(house), second(house)]
    noor = house.browser(name="Noor")
    assert here.form("/account/sessions/others").status_code == 303
    assert [one.get("/queue").status_code for one in (here, *others, noor)] == [200, 303, 303, 200]


def test_nobody_ends_the_session_of_somebody_else(house: House) -> None:
    sara, noor, _ = house.browser(), house.browser(name="Noor"), second(house)
    handle = re.findall(r'name="session" value="(\w+)"', sara.get("/account").text)[0]
    assert noor.form("/account/sessions/end", session=handle).headers["location"] == "/account"
    assert "Daar afmelden" in sara.get("/account").text


def test_a_coordinator_ends_all_sessions_and_the_doors_that_stand_open(house: House) -> None:
    sara, marijke, noor = house.browser(), house.browser("coordinator", "Marijke"), house.browser(name="Noor")
    with house.store.begin() as connection:
        row = users.find(connection, "Sara")
        assert row is not None
        link = users.sign_in_link(connection, row.id)
    assert noor.form(f"/users/{row.id}/sessions").status_code == 403
    assert sara.get("/queue").status_code == 200
    assert marijke.form(f"/users/{row.id}/sessions").status_code == 303
    assert sara.get("/queue").status_code == 303
    assert TestClient(house.app, follow_redirects=False).post(f"/sign-in/{link}").status_code == 410
    assert [marijke.get("/queue").status_code, noor.get("/queue").status_code] == [200, 200]


def test_when_a_session_was_last_used_is_what_somebody_did_not_an_open_tab(house: House, moved: Clock) -> None:
    here, there = house.browser(), second(house)
    there.get("/queue")
    moved.shift += timedelta(minutes=30)
    there.get("/queue/live")
    before = last_used(here)
    there.get("/queue")
    assert last_used(here) != before


def second(house: House, user_agent: str = "curl/8.5") -> Browser:
    """Sara in one more browser."""
    with house.store.begin() as connection:
        link = users.sign_in_link(connection, "Sara")
    client = Browser(house.app, follow_redirects=False, headers={"User-Agent": user_agent})
    assert client.post(f"/sign-in/{link}").status_code == 303
    return client


def last_used(browser: Browser) -> str:
    """What the list says of the other browser."""
    rows = re.findall(r"<li>(.*?)</li>", browser.get("/account").text, flags=re.DOTALL)
    other = next(row for row in rows if "Daar afmelden" in row)
    return str(re.findall(r"laatst gebruikt ([^<]+)<", other)[0])
