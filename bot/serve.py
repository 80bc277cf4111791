"""Serve an ASGI application of ours with uvicorn: no access log, proxies trusted only where set."""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI

from bot import logs
from bot.settings import Settings


def serve(name: str, app: FastAPI, host: str, port: int, settings: Settings) -> None:
    """Run until stopped. Raises SystemExit when the port is taken."""
    logs.set_up(name)
    trusted = ",".join(settings.trusted_proxies)
    options = {"ws": "none", "log_config": None, "access_log": False, "server_header": False, "timeout_graceful_shutdown": 5}
    uvicorn.run(app, host=host, port=port, proxy_headers=bool(trusted), forwarded_allow_ips=trusted or "127.0.0.1", **options)  # type: ignore[arg-type]
