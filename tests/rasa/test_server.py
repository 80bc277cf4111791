"""The server: what it answers when things go wrong, and what it never writes down."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.rasa.logs import configure
from bot.rasa.server import TURNS, application
from tests.rasa.conftest import Actions

SECRET = "mijn geheim over de buurman"


def ask(turns: Any, body: Any, path: str = "/turn") -> tuple[int, Any]:
    """One request to a server that has a loaded model."""

    async def run() -> tuple[int, Any]:
        app = application(Path("no such model"))
        app.on_startup.clear()
        if turns:
            app[TURNS]["ready"] = turns
        async with TestClient(TestServer(app)) as client:
            how = {"data": body} if isinstance(body, (bytes, str)) else {"json": body}
            response = await (client.post(path, **how) if path == "/turn" else client.get(path))
            return response.status, await response.json()

    return asyncio.run(run())


def test_a_turn_over_http(turns: Any, actions: Actions) -> None:
    status, found = ask(turns, {"conversation": "c1", "text": "ik zoek werk"})
    assert (status, found["labels"]["intent"]) == (200, "goal_find_work")


def test_the_action_server_away_means_try_again(turns: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns._processor.action_endpoint, "url", "http://127.0.0.1:9/webhook")
    assert ask(turns, {"conversation": "c1", "text": SECRET}) == (503, {"error": "actions"})


def test_a_slow_action_server_means_try_again(turns: Any, actions: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.rasa.turn.SECONDS", 0.2)
    actions.wait = 1.0
    assert ask(turns, {"conversation": "c1", "text": SECRET}) == (503, {"error": "actions"})


@pytest.mark.parametrize("broken", [{"status": 500}, {"status": 400}, {"rubbish": True}])
def test_a_failed_action_is_an_error_and_never_silence(turns: Any, actions: Actions, broken: dict[str, Any]) -> None:
    for name, value in broken.items():
        setattr(actions, name, value)
    assert ask(turns, {"conversation": "c1", "text": SECRET}) == (500, {"error": "failed"})


@pytest.mark.parametrize("body", ["", "{", "[]", b"\xff\xfe", '{"conversation": 5}'])
def test_what_is_no_turn_is_a_400(turns: Any, body: Any) -> None:
    assert ask(turns, body)[0] == 400


@pytest.mark.parametrize(("ready", "status"), [(True, "ready"), (False, "starting")])
def test_health_says_whether_a_model_is_loaded(turns: Any, ready: bool, status: str) -> None:
    assert ask(turns if ready else None, None, "/health") == (200, {"status": status, "parts": {"model": status}})


def test_before_the_model_is_loaded_a_turn_waits() -> None:
    assert ask(None, {"conversation": "c1", "text": "hallo"}) == (503, {"error": "starting"})


def test_a_missing_model_is_said_in_health(capsys: pytest.CaptureFixture[str]) -> None:
    async def run() -> Any:
        async with TestClient(TestServer(application(Path("no such model")))) as client:
            for _ in range(100):
                found = await (await client.get("/health")).json()
                if found["status"] != "starting":
                    return found
                await asyncio.sleep(0.05)

    assert asyncio.run(run()) == {"status": "degraded", "parts": {"model": "missing"}}


@pytest.mark.parametrize("broken", [{}, {"status": 500}, {"status": 400}, {"rubbish": True}])
def test_no_text_is_ever_logged(turns: Any, actions: Actions, broken: dict[str, Any], capfd: pytest.CaptureFixture[str]) -> None:
    configure(logging.DEBUG)
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(handler.format(record))  # type: ignore[method-assign]
    root = logging.getLogger()
    root.addHandler(handler)
    level = root.level
    root.setLevel(logging.DEBUG)
    for name, value in broken.items():
        setattr(actions, name, value)
    try:
        ask(turns, {"conversation": "c1", "text": SECRET, "state": {"asked": SECRET}})
        ask(turns, {"conversation": "c1", "text": f"/{SECRET}"})
        ask(turns, f'{{"conversation": 1, "text": "{SECRET}"}}')
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    out, err = capfd.readouterr()
    assert "geheim" not in "".join([*seen, out, err])


def test_aiohttp_has_the_names_we_use() -> None:
    assert issubclass(aiohttp.ServerTimeoutError, asyncio.TimeoutError)
