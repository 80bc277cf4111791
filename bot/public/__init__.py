"""Texts of the public pages, one file a language."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).resolve().parent


@cache
def page_texts() -> dict[str, dict[str, Any]]:
    """Texts of the public pages, by language."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("??.yml"))}
