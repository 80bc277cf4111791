"""`inloop parse`: JSON lines in, JSON lines out (contract.md), by the model that is served."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

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


def parsed(lines: Iterable[str], model: Path) -> Iterator[dict[str, Any]]:
    """The labels of each line's text, in order; a language given with a text is kept."""
    turns = _turns(model)
    for line in lines:
        if not line.strip():
            continue
        asked = json.loads(line)
        found = asyncio.run(turns.read(asked["text"], asked.get("language"))).labels()
        yield {**{key: found.get(key) for key in KEYS}, "text": asked["text"], "language": asked.get("language") or found["language"]}


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
    with _answers() as out:
        for found in parsed(sys.stdin, model):
            out.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
