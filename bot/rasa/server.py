"""The Rasa process: `POST /turn` and `GET /health` on loopback. `python -m bot.rasa.server --port 5006`."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.rasa import light
from bot.rasa.logs import configure, log

ROOT = Path(__file__).resolve().parent.parent.parent
LARGEST = 2 * 1024 * 1024
TURNS: web.AppKey[Any] = web.AppKey("turns")
LOADING: web.AppKey[Any] = web.AppKey("loading")


def _error(status: int, name: str) -> web.Response:
    """An error by its name only: nothing of what was sent comes back or is logged."""
    return web.json_response({"error": name}, status=status)


async def turn(request: web.Request) -> web.Response:
    """One turn. 400 not a turn; 503 try again (starting, action server away, too slow); 500 anything else."""
    from bot.rasa.remote import ActionsDown
    from bot.rasa.turn import BadTurn

    turns = request.app[TURNS].get("ready")
    if turns is None:
        return _error(503, "starting")
    try:
        return web.json_response(await turns.take(await request.json()), dumps=lambda found: json.dumps(found, ensure_ascii=False))
    except (BadTurn, json.JSONDecodeError, UnicodeDecodeError) as wrong:
        return _error(400, f"not a turn: {wrong}" if isinstance(wrong, BadTurn) else "not JSON")
    except (ActionsDown, asyncio.TimeoutError):
        log.warning("turn not taken: the action server does not answer")
        return _error(503, "actions")
    except Exception as wrong:
        log.error("turn failed: %s in %s", type(wrong).__name__, _where(wrong))
        return _error(500, "failed")


def _where(wrong: BaseException) -> str:
    """File and line an error came from; its own words may hold a text."""
    last = wrong.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    return f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"


async def health(request: web.Request) -> web.Response:
    """Ready once a model is loaded."""
    found = request.app[TURNS]
    status = "ready" if "ready" in found else "degraded" if "failed" in found else "starting"
    return web.json_response({"status": status, "parts": {"model": found.get("failed", status)}})


def _load(model: Path) -> Any:
    from bot.rasa.turn import Turns, load_processor

    return Turns(load_processor(model))


async def _loading(app: web.Application, model: Path) -> None:
    missing = not await asyncio.to_thread(model.exists)
    begun = time.monotonic()
    try:
        app[TURNS]["ready"] = await asyncio.to_thread(_load, model)
        log.info("ready after %.1f s", time.monotonic() - begun)
    except Exception as wrong:
        app[TURNS]["failed"] = "missing" if missing else "cannot be loaded"
        log.error("the model %s (%s in %s): run `inloop train`", app[TURNS]["failed"], type(wrong).__name__, _where(wrong))


def application(model: Path) -> web.Application:
    """The web application; the model loads while it already answers /health."""
    app = web.Application(client_max_size=LARGEST)
    app[TURNS] = {}

    async def started(app: web.Application) -> None:
        app[LOADING] = asyncio.create_task(_loading(app, model))

    app.on_startup.append(started)  # type: ignore[arg-type]
    app.router.add_post("/turn", turn)
    app.router.add_get("/health", health)
    return app


def main(arguments: list[str] | None = None) -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--model", type=Path, default=ROOT / "var" / "models" / "inloop.tar.gz")
    options = parser.parse_args(arguments)
    configure()
    light.install(ROOT / "config.yml")
    web.run_app(application(options.model), host=options.host, port=options.port, access_log=None, print=None)


if __name__ == "__main__":
    main()
