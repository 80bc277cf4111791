"""What the Rasa process logs: ids, times and kinds of errors. Never what a person wrote."""

from __future__ import annotations

import logging
import os
import warnings
from typing import Any

import structlog

log = logging.getLogger("inloop.rasa")


def _drop(_: Any, __: str, ___: Any) -> Any:
    raise structlog.DropEvent


def configure(level: int = logging.INFO) -> None:
    """Silence Rasa's own loggers (they print texts, slots and trackers) and set up ours; telemetry off."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["LOG_LEVEL"] = "ERROR"  # Rasa shows its progress bars only below this
    structlog.configure(processors=[_drop], cache_logger_on_first_use=False)
    # aiohttp prints a failed request with its traceback, asyncio prints a lost task's: both may hold a text.
    for name in ("rasa", "rasa_sdk", "aiohttp", "asyncio", "matplotlib"):
        quiet = logging.getLogger(name)
        quiet.handlers, quiet.propagate = [logging.NullHandler()], False
    # Libraries reset the filters while they are imported; nobody here can mend their warnings.
    warnings.showwarning = lambda *_, **__: None
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s", level=level)
