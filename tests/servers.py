"""What tests run beside themselves: real PostgreSQL, Redis and chromium, an application of ours; started, and stopped at the end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from glob import glob
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from scripts.camera import CHROMIUM, QUIET


def missing(what: str, package: str) -> None:
    """Skip by name; with INLOOP_TEST_ALL=1 that is a failure."""
    text = f"{what} is not on this machine (Debian: apt-get install {package})"
    if os.environ.get("INLOOP_TEST_ALL") == "1":
        pytest.fail(text)
    pytest.skip(text)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 20) -> None:
    """Wait until something listens on a port of this machine."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


@contextmanager
def postgresql() -> Iterator[str]:
    """A fresh cluster; gives its URL. INLOOP_DATABASE_URL, when set, is used instead."""
    if url := os.environ.get("INLOOP_DATABASE_URL", ""):
        yield url
        return
    found = sorted(glob("/usr/lib/postgresql/*/bin"))
    if not found:
        missing("PostgreSQL", "postgresql")
    folder, port = Path(tempfile.mkdtemp(prefix="inloop-pg-")), free_port()
    # PostgreSQL refuses to run as root: Debian's own user does it then.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres")
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([*user, f"{found[-1]}/initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "inloop", "--no-sync"], **quiet)  # type: ignore[call-overload]
    options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"]
    server = subprocess.Popen(
        [*user, f"{found[-1]}/postgres", "-D", f"{folder}/data", *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        wait_for(port)
        yield f"postgresql://inloop@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """A fresh Redis server; gives its URL. INLOOP_REDIS_URL, when set, is used instead."""
    if url := os.environ.get("INLOOP_REDIS_URL", ""):
        yield url
        return
    binary = shutil.which("redis-server")
    if binary is None:
        missing("Redis", "redis-server")
        return
    port = free_port()
    server = subprocess.Popen([binary, "--port", str(port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(20)


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """An application on a port of this machine, in a thread; gives its address."""
    port = port or free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_for(port)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@contextmanager
def chromium(*options: str) -> Iterator[Browser]:
    """Debian's chromium, which fetches nothing by itself."""
    if not Path(CHROMIUM).exists():
        missing("chromium", "chromium")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, *options])
        yield browser
        browser.close()
