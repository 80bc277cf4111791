"""Marks entries of a translation with the Dutch entry they were made from: `python -m tests.talk.sources LANG [NAME …]`.

Without names only entries that carry no mark yet; name those that were translated anew.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from bot.replies import FOLDER, SECTIONS, SOURCE, _Loader, fingerprint, texts

_ENTRY = re.compile(r'^  ("?)([a-z0-9_]+)\1: (.+)$')


def _line(name: str, entry: dict[str, Any]) -> str:
    """An entry on one line, strings quoted as JSON does."""
    parts = ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in entry.items())
    shown = f'"{name}"' if name in ("yes", "no") else name
    return f"  {shown}: {{{parts}}}"


def mark(language: str, names: set[str]) -> None:
    """Write the marks into a language's file; comments and order stay."""
    path: Path = FOLDER / f"{language}.yml"
    section, out = "", []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            section = line.split(":")[0]
        found = _ENTRY.match(line)
        if section not in SECTIONS or not found:
            out.append(line)
            continue
        name, value = found[2], yaml.load(found[3], Loader=_Loader)
        entry = value if isinstance(value, dict) else {"text": value}
        if "source" not in entry or name in names:
            entry["source"] = fingerprint(texts(SOURCE)[section][name])
        out.append(_line(name, entry))
    path.write_text("\n".join(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    mark(sys.argv[1], set(sys.argv[2:]))
