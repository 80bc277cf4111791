"""`inloop up`: everything on one machine. Each part is a process of its own; one that dies is started again."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from logging import Formatter, LogRecord
from logging.handlers import TimedRotatingFileHandler
from urllib.parse import urlsplit

import httpx

from bot.begin import RASA, console_url, facts_in, open_store
from bot.channels.open import switched_off
from bot.settings import ROOT, VAR, Settings, load
from bot.tryout import tryout_environment

KEPT_LOGS = 30  # days (contract.md, retention)
PATIENCE = 120.0  # seconds until "not ready" is said aloud
_PR_SET_PDEATHSIG = 1  # prctl(2): children end with their parent, also when it is killed


def run(settings: Settings) -> int:
    """Train if need be, start all parts, print where they are, and `ready`; returns the exit status."""
    VAR.mkdir(exist_ok=True)
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    facts_in(settings.directory)
    os.environ.update(tryout_environment(settings))
    settings = load()
    if taken := taken_ports(settings, _parts(os.environ)):
        raise SystemExit("\n".join(taken))
    store = open_store(settings)
    store.dispose()
    if trained := _train():
        return trained
    for line in switched_off(settings):
        print(line, flush=True)
    try:
        return asyncio.run(_run(settings, dict(os.environ)))
    except KeyboardInterrupt:
        return 0


def _train() -> int:
    """Train the model; does nothing when it is current."""
    import subprocess

    return subprocess.call([str(RASA), "-m", "bot.rasa.train"], cwd=ROOT, preexec_fn=_die_with_parent)


async def _run(settings: Settings, environment: Mapping[str, str]) -> int:
    began, ending = time.monotonic(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, ending.set)
    names = _parts(environment)
    parts = [asyncio.create_task(_keep(name, environment, ending)) for name in names]
    announcing = asyncio.create_task(_announce(settings, names, began))
    await ending.wait()
    announcing.cancel()
    await asyncio.gather(*parts, announcing, return_exceptions=True)
    return 0


def _parts(environment: Mapping[str, str]) -> list[str]:
    return ["actions", "rasa", "gateway", "console", *(["tryout"] if environment.get("INLOOP_TRYOUT_PHONES") else [])]


def taken_ports(settings: Settings, names: list[str]) -> list[str]:
    """A line for each part whose port somebody else listens on."""
    ports = {
        "actions": (settings.actions_port, "INLOOP_ACTIONS_PORT"),
        "rasa": (urlsplit(settings.rasa_url).port or 80, "INLOOP_RASA_URL"),
        "gateway": (settings.bot_port, "INLOOP_BOT_PORT"),
        "console": (settings.console_port, "INLOOP_CONSOLE_PORT"),
        "tryout": (settings.tryout_port, "INLOOP_TRYOUT_PORT"),
    }
    taken = [ports[name] for name in names if _listens(ports[name][0])]
    return [f"port {port} is in use: stop what listens there, or set {setting}" for port, setting in taken]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def _keep(name: str, environment: Mapping[str, str], ending: asyncio.Event) -> None:
    """Keep one part running until the end; a part that dies is started again after a moment."""
    log = _log(name)
    while not ending.is_set():
        process = await asyncio.create_subprocess_exec(
            *_command(name),
            cwd=ROOT,
            env=dict(environment),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=_die_with_parent,
        )
        copying = asyncio.create_task(_copy(process, log))
        stopping = asyncio.create_task(ending.wait())
        await asyncio.wait({asyncio.create_task(process.wait()), stopping}, return_when=asyncio.FIRST_COMPLETED)
        if ending.is_set():
            await _end(process)
        else:
            print(f"{name} ended ({process.returncode}); starting it again (var/log/{name}.log says why)", flush=True)
            await asyncio.sleep(1)
        stopping.cancel()
        await copying


def _command(name: str) -> list[str]:
    return [sys.executable, "-m", "bot", name]


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()  # Ctrl-C reaches us alone; we end the parts in order


async def _copy(process: asyncio.subprocess.Process, log: TimedRotatingFileHandler) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        log.emit(LogRecord("part", 20, "", 0, line.decode(errors="replace").rstrip(), None, None))


def _log(name: str) -> TimedRotatingFileHandler:
    (VAR / "log").mkdir(exist_ok=True)
    handler = TimedRotatingFileHandler(VAR / "log" / f"{name}.log", when="midnight", backupCount=KEPT_LOGS)
    handler.setFormatter(Formatter("%(message)s"))
    return handler


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 8)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _announce(settings: Settings, names: list[str], began: float) -> None:
    """Say where everything is; `ready` comes once all parts are."""
    addresses = {
        "actions": f"http://127.0.0.1:{settings.actions_port}",
        "rasa": settings.rasa_url,
        "gateway": f"http://127.0.0.1:{settings.bot_port}",
        "console": f"http://127.0.0.1:{settings.console_port}",
        "tryout": f"http://127.0.0.1:{settings.tryout_port}",
    }
    for name in names:
        print(f"{name}: {addresses[name]}", flush=True)
    async with httpx.AsyncClient(timeout=3) as client:
        for name in names:
            await _wait(client, name, addresses[name])
    if "tryout" in names:
        print(f"try-out phones: {addresses['tryout']}", flush=True)
    print(f"sign in: {console_url(settings)}/sign-in/{_sign_in(settings)}", flush=True)
    print(f"all parts are up after {time.monotonic() - began:.0f} s; Ctrl-C stops them", flush=True)
    print("ready", flush=True)


async def _wait(client: httpx.AsyncClient, name: str, address: str) -> None:
    began, said = time.monotonic(), False
    while True:
        try:
            if (await client.get(f"{address}/health")).json().get("status") in ("ready", "ok"):
                return
        except (httpx.HTTPError, ValueError):
            pass
        if not said and time.monotonic() - began > PATIENCE:
            print(f"{name} is not ready yet: var/log/{name}.log says why", flush=True)
            said = True
        await asyncio.sleep(0.2)


def _sign_in(settings: Settings) -> str:
    """A sign-in line for the coordinator, made on first use."""
    from bot import users

    store = open_store(settings)
    try:
        with store.begin() as connection:
            held = [row for row in users.list_users(connection) if row.role == "coordinator" and row.disabled_at is None]
            user = str(held[0].id) if held else users.add_user(connection, "coordinator", "coordinator")
            return str(users.sign_in_link(connection, user))
    finally:
        store.dispose()
