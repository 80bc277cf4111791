"""Colours: every pair of text and ground meets WCAG 2.2 AA, in light and dark (4.5 for text, 3 for edges and focus)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.console import app

CSS = (Path(app.__file__).parent / "static" / "console.css").read_text(encoding="utf-8")
GROUNDS = ("paper", "card", "person", "bot", "human", "accent-soft", "urgent-soft", "maybe-soft")
PAIRS = [
    *(("ink", ground, 4.5) for ground in GROUNDS),
    *(("soft", ground, 4.5) for ground in ("paper", "card", "person", "bot")),
    *(("accent", ground, 4.5) for ground in ("paper", "card", "accent-soft")),
    ("accent-ink", "accent", 4.5),
    *(("urgent", ground, 4.5) for ground in ("urgent-soft", "card", "paper")),
    *(("maybe", ground, 4.5) for ground in ("maybe-soft", "card")),
    *(("edge", ground, 3.0) for ground in ("paper", "card", "bot")),
    *(("focus", ground, 3.0) for ground in GROUNDS),
]


def tokens(mode: str) -> dict[str, str]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, flags=re.DOTALL)[:2]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark if mode == "dark" else light))


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, 1.4.3)."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(mode: str, front: str, ground: str, least: float) -> None:
    found = tokens(mode)
    lighter, darker = sorted((luminance(found[front]), luminance(found[ground])), reverse=True)
    ratio = (lighter + 0.05) / (darker + 0.05)
    assert ratio >= least, f"{front} on {ground}, {mode}: {ratio:.2f}"
