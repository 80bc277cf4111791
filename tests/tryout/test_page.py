"""The try-out page: for this machine only, in Dutch and English, naming no secret and loading nothing from elsewhere."""

from __future__ import annotations

import re

import httpx
import pytest
import yaml

from bot.settings import Settings
from bot.tryout import tryout_environment
from bot.tryout.app import FOLDER, create_app
from tests import people

pytestmark = pytest.mark.anyio


def complete(**given: str) -> Settings:
    bare = people.settings(**given)
    return people.settings(**{**bare.model_dump(by_alias=True), **tryout_environment(bare)})


async def get(settings: Settings, path: str, *, client: str = "127.0.0.1", **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_app(settings), client=(client, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as caller:
        return await caller.get(path, headers=headers)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"host": "localhost:8080"}, 200),
        ({"host": "[::1]:8080"}, 200),
        ({"origin": "http://localhost:8080"}, 200),
        ({"host": "inloop.example"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "[oops"}, 403),
        ({"host": ""}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"x-forwarded-for": "203.0.113.7"}, 403),
        ({"forwarded": "for=203.0.113.7"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/health", "/static/phones.js"])
async def test_only_this_machine_by_its_own_name_is_let_in(path: str, headers: dict[str, str], status: int) -> None:
    assert (await get(complete(), path, **headers)).status_code == status


@pytest.mark.parametrize("path", ["/", "/events", "/static/phones.css"])
async def test_no_other_machine_is_let_in(path: str) -> None:
    assert (await get(complete(), path, client="192.0.2.7")).status_code == 403


async def test_doubles_are_behind_the_same_guard() -> None:
    settings = complete()
    path = f"/telegram/bot{settings.telegram_bot_token}/getMe"
    assert (await get(settings, path)).status_code == 200
    assert (await get(settings, path, host="inloop.example")).status_code == 403


@pytest.mark.parametrize(("language", "words"), [("nl", "Stuur een foto"), ("en", "Send a photo"), ("xx", "Stuur een foto")])
async def test_the_page_speaks_dutch_and_english_and_names_no_secret(language: str, words: str) -> None:
    settings = complete()
    page = await get(settings, f"/?lang={language}")
    assert words in page.text
    for secret in (settings.twilio_auth_token, settings.telegram_bot_token, settings.telegram_webhook_secret):
        assert secret not in page.text


async def test_only_channels_without_an_account_have_a_phone_and_none_says_so() -> None:
    twilio = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_SMS_FROM": "+31600000009"}
    page = await get(complete(**twilio), "/")
    assert re.findall(r'data-phone="(\w+)"', page.text) == ["telegram"]
    page = await get(complete(**twilio, TELEGRAM_BOT_TOKEN="1:x"), "/?lang=en")
    assert "nothing to try here" in page.text


async def test_nothing_is_loaded_from_elsewhere() -> None:
    page = await get(complete(INLOOP_CONSOLE_URL="http://127.0.0.1:8000"), "/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert set(re.findall(r'(?:src|href)="(?!/|\?|data:,)([^"]+)"', page.text)) == {"http://127.0.0.1:8000"}  # the console's link
    for name in ("phones.js", "phones.css"):
        assert not re.findall(r"https?://|url\(|@import", (FOLDER / "static" / name).read_text())


def test_captions_are_the_same_in_both_languages() -> None:
    said = yaml.safe_load((FOLDER / "captions.yml").read_text())
    assert set(said["nl"]) == set(said["en"])
    page = (FOLDER / "templates" / "phones.html").read_text()
    used = set(re.findall(r"say\.(\w+)", page)) | {"whatsapp", "sms", "telegram"}
    assert used == set(said["nl"])
