"""A language more: the files it needs, begun; the gate then says what is missing (docs/languages.md)."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from bot.labels import taxonomy
from bot.review import PHRASES, PUBLIC, REPLIES

TOPICS = ("talk", "goals", "people", "questions", "control", "appointments", "other")


def add(root: Path, code: str, name: str, form: str = "") -> list[Path]:
    """Begin a language (ISO 639-1 code, its own name for itself); gives the files made. Raises ValueError."""
    if not re.fullmatch(r"[a-z]{2}", code):
        raise ValueError("A language is named by two letters (ISO 639-1), such as es.")
    made = {path: text for path, text in _files(root, code, name, form).items() if not path.exists()}
    if not made:
        raise ValueError(f"{code} has been begun already: inloop review export {code} gives the table to fill in.")
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    _name_it(root / "data" / "taxonomy.yml", code, name)
    return list(made)


def _files(root: Path, code: str, name: str, form: str) -> dict[Path, str]:
    """Every file a language has, with what it holds at first."""
    bot, data = root / "bot", root / "data"
    head = f"language: {code}\nname: {name}\nform: {form or 'unknown'}\nstatus: begun\n"
    concepts = yaml.safe_load((data / "concepts" / "nl.yml").read_text(encoding="utf-8"))
    files = {
        bot / REPLIES / f"{code}.yml": f"{head}words: {{}}\nchoices: {{}}\nlabels: {{}}\nreplies: {{}}\n",
        bot / PHRASES / f"{code}.yml": f"language: {code}\nform: {form or 'unknown'}\nstatus: begun\nphrases: {{}}\n",
        bot / PUBLIC / f"{code}.yml": f"name: {name}\n",
        data / "plain" / f"{code}.yml": "keeps_away: []\nother_forms: []\nuncommon: {}\n",
        data / "signals" / f"{code}.yml": "# Messages with their labels, one a line (docs/languages.md).\n",
        data / "concepts" / f"{code}.yml": "".join(f"{concept}: []\n" for concept in concepts),
    }
    files |= {data / "nlu" / code / f"{topic}.yml": _topic(data, topic) for topic in TOPICS}
    return files | {data / "heldout" / code / f"{part}.yml": "# Kept apart from training; by another author.\n" for part in ("dev", "test")}


def _topic(data: Path, topic: str) -> str:
    """A file of messages with the intents of the Dutch one, and none of its messages."""
    dutch = yaml.safe_load((data / "nlu" / "nl" / f"{topic}.yml").read_text(encoding="utf-8"))
    return 'version: "3.1"\nnlu:\n' + "".join(f"- intent: {one['intent']}\n  examples: |\n" for one in dutch["nlu"])


def _name_it(path: Path, code: str, name: str) -> None:
    """A line under `languages` of the taxonomy; its other lines stay as they are."""
    if code in taxonomy()["languages"]:
        return
    text = path.read_text(encoding="utf-8")
    head, names, rest = re.split(r"(?m)(^languages:.*\n(?:  .*\n)*)", text, maxsplit=1)
    path.write_text(f"{head}{names}  {code}: {name}\n{rest}", encoding="utf-8")
