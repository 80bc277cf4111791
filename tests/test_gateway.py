"""The gateway's doors: what is not the carrier's is refused, what cannot be kept is not accepted, nothing shows a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from bot.brain import Brain
from bot.channels.open import open_channels
from bot.gateway import create_app
from bot.store import Store
from bot.tables import messages
from bot.tryout.server import served
from tests.people import settings as settings_of
from tests.people import texts
from tests.servers import free_port

SID, TOKEN, SECRET = "AC" + "2" * 32, "token-of-the-tests", "secret-of-the-tests"
FORM = {"MessageSid": "SM" + "a" * 32, "From": "whatsapp:+31612345678", "To": "whatsapp:+31970000001", "Body": "hallo", "NumMedia": "0"}


@asynccontextmanager
async def gateway(store: Store, **values: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway on a free port, its Rasa away; gives a client of it."""
    port = free_port()
    found = settings_of(
        INLOOP_BOT_PORT=port,
        INLOOP_RASA_URL="http://127.0.0.1:9",
        TWILIO_ACCOUNT_SID=SID,
        TWILIO_AUTH_TOKEN=TOKEN,
        TWILIO_WHATSAPP_FROM="+31970000001",
        TWILIO_SMS_FROM="+31970000002",
        TWILIO_API_BASE_URL="http://127.0.0.1:9",
        TELEGRAM_BOT_TOKEN="1:AA",
        TELEGRAM_WEBHOOK_SECRET=SECRET,
        TELEGRAM_API_BASE_URL="http://127.0.0.1:9",
        TELEGRAM_MODE="webhook",
        **values,
    )
    async with (
        served(create_app(store, found, open_channels(found)), port) as url,
        httpx.AsyncClient(base_url=url, timeout=20, trust_env=False) as client,
    ):
        yield client


def signed(base: str, path: str, form: dict[str, str]) -> dict[str, str]:
    return {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(base + path, form)}


def call(store: Store, work: Any, **values: Any) -> Any:
    async def inside() -> Any:
        async with gateway(store, **values) as client:
            return await work(client)

    return asyncio.run(inside())


HOOK = "/webhooks/whatsapp/webhook"


async def post(client: httpx.AsyncClient, form: dict[str, str], path: str = HOOK, base: str = "") -> int:
    headers = signed(base or str(client.base_url).rstrip("/"), path, form)
    return (await client.post(path, data=form, headers=headers)).status_code


def test_a_signed_message_is_stored_before_the_answer(lite: Store) -> None:
    assert call(lite, lambda client: post(client, FORM)) == 200
    assert texts(lite, "in")[0][2] == "hallo"


def test_the_same_message_fifty_times_at_once_is_stored_once(lite: Store) -> None:
    async def crowd(client: httpx.AsyncClient) -> list[int]:
        return list(await asyncio.gather(*(post(client, FORM) for _ in range(50))))

    assert set(call(lite, crowd)) == {200}
    assert len(texts(lite, "in")) == 1


def test_behind_a_proxy_path_the_public_address_counts(lite: Store) -> None:
    base = "https://inloop.example/desk"
    assert call(lite, lambda client: post(client, FORM, base=base), INLOOP_PUBLIC_URL=base) == 200
    assert call(lite, lambda client: post(client, FORM | {"MessageSid": "SM2"}, base="https://elsewhere"), INLOOP_PUBLIC_URL=base) == 403


@pytest.mark.parametrize(
    ("name", "path", "content", "headers", "status"),
    [
        ("no signature", HOOK, b"Body=x", {}, 403),
        ("wrong signature", HOOK, b"Body=x", {"X-Twilio-Signature": "x"}, 403),
        ("no secret", "/webhooks/telegram/webhook", b"{}", {}, 403),
        ("wrong secret", "/webhooks/telegram/webhook", b"{}", {"X-Telegram-Bot-Api-Secret-Token": "x"}, 403),
        ("not JSON", "/webhooks/telegram/webhook", b"{", {"X-Telegram-Bot-Api-Secret-Token": SECRET}, 400),
        ("not UTF-8", "/webhooks/telegram/webhook", b"\xff\xfe", {"X-Telegram-Bot-Api-Secret-Token": SECRET}, 400),
        ("unknown update", "/webhooks/telegram/webhook", b'{"update_id": 1, "poll": {}}', {"X-Telegram-Bot-Api-Secret-Token": SECRET}, 200),
        ("too large", "/webhooks/telegram/webhook", b"x" * 1_000_001, {"X-Telegram-Bot-Api-Secret-Token": SECRET}, 413),
        ("too large for Twilio", HOOK, b"x" * 1_000_001, {}, 413),
        ("unknown channel", "/webhooks/fax/webhook", b"", {}, 404),
        ("status without signature", "/webhooks/sms/status", b"MessageSid=SM1&MessageStatus=sent", {}, 403),
    ],
)
def test_what_is_refused_is_not_stored_and_says_no_more_than_needed(
    lite: Store, name: str, path: str, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = call(lite, lambda client: client.post(path, content=content, headers=headers))
    assert answer.status_code == status, name
    assert "Traceback" not in answer.text
    assert texts(lite, "in") == []


def test_a_status_of_an_unknown_message_is_204(lite: Store) -> None:
    form = {"MessageSid": "SM-nobody", "MessageStatus": "delivered"}
    assert call(lite, lambda client: post(client, form, "/webhooks/sms/status")) == 204


@pytest.mark.parametrize("text", ["a\x00b", "😀" * 1600, "\u202eabc", "<script>alert(1)</script>", "' OR 1=1 --", "{{7*7}}", "%s %d", ""])
def test_odd_texts_are_taken_in(lite: Store, text: str) -> None:
    assert call(lite, lambda client: post(client, FORM | {"Body": text})) == 200
    with lite.begin() as connection:
        assert len(connection.execute(select(messages).where(messages.c.author == "person")).all()) == 1


def test_what_cannot_be_stored_is_not_accepted(lite: Store) -> None:
    async def work(client: httpx.AsyncClient) -> tuple[int, int]:
        with lite.begin() as connection:
            connection.exec_driver_sql("DROP TABLE received")
            connection.exec_driver_sql("ALTER TABLE messages RENAME TO gone")
        return await post(client, FORM), (await client.get("/health")).status_code

    assert call(lite, work) == (503, 503)


def test_health_says_what_is_away_and_stays_up(lite: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True, False])  # Rasa loads its model, is there, dies

    async def ready(_brain: Brain) -> bool:
        return next(answers)

    async def work(client: httpx.AsyncClient) -> list[httpx.Response]:
        return [await client.get("/health") for _ in range(3)]

    monkeypatch.setattr(Brain, "ready", ready)
    found = [(one.status_code, one.json()["status"], one.json()["parts"]["rasa"]) for one in call(lite, work)]
    assert found == [(200, "starting", "down"), (200, "ready", "ready"), (200, "degraded", "down")]


@pytest.mark.parametrize(("headers", "status"), [({}, 200), ({"X-Forwarded-For": "8.8.8.8"}, 403)])
def test_metrics_are_for_this_machine(lite: Store, headers: dict[str, str], status: int) -> None:
    assert call(lite, lambda client: client.get("/metrics", headers=headers)).status_code == status


def test_metrics_hold_no_person(lite: Store) -> None:
    async def work(client: httpx.AsyncClient) -> str:
        await post(client, FORM)
        return (await client.get("/metrics")).text

    found = call(lite, work)
    assert 'inloop_messages_total{channel="whatsapp",event="received"}' in found
    assert "31612345678" not in found


@pytest.mark.parametrize("language", ["nl", "en", "ar"])
def test_the_privacy_page_speaks_the_language_and_names_the_controller(lite: Store, language: str) -> None:
    answer = call(lite, lambda client: client.get(f"/privacy?lang={language}"))
    assert f'<html lang="{language}"' in answer.text
    assert "Voorbeeldstad" in answer.text
    assert "script" not in answer.headers["content-security-policy"]


def test_the_page_of_a_code_nobody_made_still_opens_the_door(lite: Store) -> None:
    answer = call(lite, lambda client: client.get("/k/ZZZZZ9"))
    assert answer.status_code == 200
    assert "wa.me/31970000001" in answer.text
    assert "%28%29" not in answer.text  # no empty brackets for the person to wonder about


def test_a_loop_that_does_not_hear_the_first_word_is_ended_all_the_same(lite: Store) -> None:
    """A library's own time limit may swallow a cancellation; a gateway that hangs then is killed, with turns half done."""

    async def deaf() -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async def ends() -> None:
        app = create_app(lite, settings_of(INLOOP_RASA_URL="http://127.0.0.1:9"), {})
        workers = app.state.gateway.workers
        workers._tasks = [asyncio.create_task(deaf())]
        await asyncio.sleep(0)
        await asyncio.wait_for(workers.stop(), 10)

    asyncio.run(ends())
