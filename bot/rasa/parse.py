"""`inloop parse`: JSON lines in, JSON lines out (contract.md), by the model that is served."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from bot.labels import languages
from bot.rasa import light
from bot.rasa.logs import configure

ROOT = Path(__file__).resolve().parent.parent.parent
KEYS = (
    "text", "language", "intent", "confidence", "ranking", "drivers", "barriers", "strengths", "about",
    "urgent", "urgent_strength", "evidence",
)  # fmt: skip


def _turns(model: Path) -> Any:
    from bot.rasa.turn import Turns, load_processor

    return Turns(load_processor(model))


class Wrong(ValueError):
    """A line that is not {"text": "…", "language": "nl"?}."""


def parsed(lines: Iterable[str], model: Path) -> Iterator[dict[str, Any]]:
    """The labels of each line's text, in order; a language given with a text is kept. A line that cannot be read gives {"error"}."""
    turns = _turns(model)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text, language = _asked(line)
        except Wrong as wrong:
            yield {"error": f"line {number}: {wrong}"}
            continue
        found = asyncio.run(turns.read(text, language)).labels()
        yield {**{key: found.get(key) for key in KEYS}, "text": text, "language": language or found["language"]}


def _asked(line: str) -> tuple[str, str | None]:
    """The text and the language of a line. Raises Wrong."""
    try:
        asked = json.loads(line)
    except ValueError:
        raise Wrong("is not JSON") from None
    text, language = (asked.get("text"), asked.get("language")) if isinstance(asked, dict) else (None, None)
    if not isinstance(text, str):
        raise Wrong('wants {"text": "…"}')
    if language is not None and language not in languages():
        raise Wrong(f"knows the languages {', '.join(languages())}")
    return text.encode(errors="replace").decode(), language


def _answers() -> IO[str]:
    """Standard output for our lines alone: what a library prints meanwhile goes to standard error."""
    kept = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return kept


def main(model: Path = ROOT / "var" / "models" / "inloop.tar.gz") -> None:
    """Read standard input to its end."""
    if not model.exists():
        raise SystemExit("There is no model yet: run `inloop train`.")
    configure()
    light.install(ROOT / "config.yml")
    wrong = False
    with _answers() as out, open(0, encoding="utf-8", errors="replace", closefd=False) as lines:
        for found in parsed(lines, model):
            wrong |= "error" in found
            out.write(json.dumps(found, ensure_ascii=False) + "\n")
    if wrong:
        raise SystemExit("some lines could not be read: they have an error instead of labels")


if __name__ == "__main__":
    main()
