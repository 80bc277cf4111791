"""One small model for all tests, trained once; an action server that says what it was sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.rasa import light

DESK = Path(__file__).parent / "desk"
light.install(DESK / "config.yml")


@dataclass
class Actions:
    """The action server's double. `say` decides what it answers; `sent` holds what it was sent."""

    url: str = ""
    status: int = 200
    wait: float = 0.0
    rubbish: bool = False
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def hook(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.sent.append(body)
        await asyncio.sleep(self.wait)
        if self.rubbish:
            return web.json_response({"events": "none", "text": body["tracker"]["latest_message"]["text"]})
        return web.json_response(_echo(body["tracker"]), status=self.status)


def _echo(tracker: dict[str, Any]) -> dict[str, Any]:
    intent, slots = tracker["latest_message"]["intent"]["name"], tracker["slots"]
    nothing = ("text", "buttons", "elements", "custom", "template", "response", "image", "attachment")
    empty: dict[str, Any] = dict.fromkeys(nothing)
    answer = {**empty, "response": "ask_why", "template": "ask_why", "goal": f"@{intent}", "choices": ["yes", "no"]}
    effect = {**empty, "custom": {"effect": "record_phase", "phase": "acquainted"}}
    kept = {"count": (slots.get("count") or 0) + 1, "asked": intent}
    events = [{"event": "slot", "name": name, "value": value} for name, value in kept.items()]
    return {"events": events, "responses": [answer, effect]}


def _serve(actions: Actions, ready: threading.Event, stop: list[Any]) -> None:
    async def run() -> None:
        app = web.Application()
        app.router.add_post("/webhook", actions.hook)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        actions.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        done = asyncio.Event()
        stop.append((asyncio.get_running_loop(), done))
        ready.set()
        await done.wait()
        await runner.cleanup()

    asyncio.run(run())


@pytest.fixture(scope="session")
def action_server() -> Iterator[Actions]:
    actions, ready, stop = Actions(), threading.Event(), []  # type: ignore[var-annotated]
    thread = threading.Thread(target=_serve, args=(actions, ready, stop))
    thread.start()
    assert ready.wait(10)
    yield actions
    loop, done = stop[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(10)


@pytest.fixture
def actions(action_server: Actions) -> Iterator[Actions]:
    action_server.sent.clear()
    yield action_server
    action_server.status, action_server.wait, action_server.rubbish = 200, 0.0, False


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from bot.rasa.train import train

    found = tmp_path_factory.mktemp("model") / "inloop.tar.gz"
    train(found, DESK / "domain.yml", DESK / "rules.yml", DESK / "config.yml")
    return found


@pytest.fixture(scope="session")
def turns(model_file: Path, action_server: Actions) -> Any:
    from bot.rasa.turn import Turns, load_processor

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INLOOP_ACTIONS_URL", action_server.url)
        return Turns(load_processor(model_file))


@pytest.fixture
def take(turns: Any, actions: Actions) -> Any:
    """One turn: the request's fields in, the response out."""

    def one(**fields: Any) -> Any:
        return asyncio.run(turns.take({"conversation": "c1", **fields}))

    return one
