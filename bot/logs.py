"""Logs of every process of ours: one plain line each, never a number, a name, a text or a token."""

from __future__ import annotations

import logging

# These write addresses, tokens or texts at INFO: Telegram's token stands in every URL httpx logs.
_TALKATIVE = ("httpx", "httpcore", "telegram", "twilio", "twilio.http_client", "urllib3", "aiohttp", "uvicorn.access", "sqlalchemy")


def set_up(name: str) -> None:
    """Send this process's logs to standard output."""
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s {name} %(levelname)s %(message)s", force=True)
    for one in _TALKATIVE:
        logging.getLogger(one).setLevel(logging.WARNING)
    for one in ("uvicorn", "uvicorn.error"):
        logging.getLogger(one).handlers.clear()
        logging.getLogger(one).setLevel(logging.WARNING)
