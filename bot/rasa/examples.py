"""Labelled messages as files hold them: data/nlu, data/signals, and the sets kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KINDS = {"drivers": "driver", "barriers": "barrier", "strengths": "strength", "about": "about"}
# goal_help_child always carries family (taxonomy.yml, labelling); the files of intents leave it out.
ALWAYS: dict[str, dict[str, tuple[str, ...]]] = {"goal_help_child": {"drivers": ("family",)}}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Example:
    """One message with what it means; ids are the taxonomy's."""

    text: str
    language: str
    intent: str
    drivers: tuple[str, ...] = ()
    barriers: tuple[str, ...] = ()
    strengths: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    urgent: str | None = None
    urgent_strength: str | None = None

    @property
    def signals(self) -> frozenset[str]:
        """Drivers, barriers, strengths and who writes, together (their ids do not overlap)."""
        return frozenset((*self.drivers, *self.barriers, *self.strengths, *self.about))


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)
    except yaml.YAMLError as wrong:
        raise SystemExit(f"{path.parent.name}/{path.name} is not YAML: {wrong}") from None


def from_row(row: dict[str, Any], language: str) -> Example:
    """An example from a row of a signals file; missing keys mean none."""
    always = ALWAYS.get(row["intent"], {})
    lists = {kind: tuple(row.get(kind) or always.get(kind, ())) for kind in KINDS}
    return Example(str(row["text"]), language, row["intent"], **lists, urgent=row.get("urgent"), urgent_strength=row.get("urgent_strength"))


def rows(path: Path, language: str) -> Iterator[Example]:
    """Examples of a file of rows (signals, held-out sets)."""
    for row in _yaml(path) or []:
        yield from_row(row, language)


def _intents(path: Path, language: str) -> Iterator[Example]:
    """Examples of a Rasa NLU file: an intent with a list of lines."""
    for entry in (_yaml(path) or {}).get("nlu") or []:
        for line in (entry.get("examples") or "").splitlines():
            if text := line.strip().removeprefix("-").strip():
                yield from_row({"text": text, "intent": entry["intent"]}, language)


def languages(data: Path) -> tuple[str, ...]:
    """Languages with examples, by their folder's name."""
    return tuple(sorted(folder.name for folder in (data / "nlu").iterdir() if folder.is_dir()))


def training(data: Path) -> list[Example]:
    """Every training example of every language, in a fixed order; a repeated message counts once."""
    found: dict[tuple[str, str], Example] = {}
    for language in languages(data):
        signals = data / "signals" / f"{language}.yml"
        for example in rows(signals, language) if signals.exists() else ():
            found.setdefault((language, example.text), example)
        for path in sorted((data / "nlu" / language).glob("*.yml")):
            for example in _intents(path, language):
                found.setdefault((language, example.text), example)
    return list(found.values())


def heldout(data: Path, part: str) -> list[Example]:
    """Examples kept apart from training: part is dev or test."""
    return [one for path in sorted((data / "heldout").glob(f"*/{part}.yml")) for one in rows(path, path.parent.name)]
