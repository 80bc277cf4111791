"""A language's texts as a table a native speaker corrects in a spreadsheet, and the corrections brought back.

One row a text: `key`, `dutch`, `now`, `better`; only `better` is read back. Words that mean the same stand with a bar between them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString as Quoted

from bot.clock import now
from bot.gate import Finding, Language, findings, lists, placeholders, read
from bot.replies import SECTIONS, SOURCE, fingerprint

COLUMNS = ("key", "dutch", "now", "better")
BAR = " | "
REPLIES, PHRASES, PUBLIC = "replies", "phrases", "public"
FILES = (REPLIES, PHRASES, PUBLIC)
HEAD = {"language", "form", "status", "reviewed", "source"}


class Wrong(ValueError):
    """A table that cannot be taken; its text says what to mend."""


@dataclass(frozen=True)
class Row:
    """One text: where it stands (file.path), the Dutch, what it is now and what would be better."""

    key: str
    dutch: str
    now: str
    better: str = ""


def _yaml() -> YAML:
    found = YAML()
    found.width, found.preserve_quotes = 10_000, True
    found.indent(mapping=2, sequence=4, offset=2)
    return found


def load(root: Path, name: str, language: str) -> CommentedMap:
    """A language's file (replies, phrases or public) under bot/, comments and order kept; an empty one when there is none."""
    path = root / name / f"{language}.yml"
    return (_yaml().load(path.read_text(encoding="utf-8")) if path.exists() else None) or CommentedMap()


def _save(root: Path, name: str, language: str, found: CommentedMap) -> None:
    out = io.StringIO()
    _yaml().dump(found, out)
    (root / name / f"{language}.yml").write_text(out.getvalue(), encoding="utf-8")


def _leaves(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of every text in a file; a list of words is one text."""
    if isinstance(found, dict):
        for name, value in found.items():
            if path or name not in HEAD:
                yield from _leaves(value, f"{path}.{name}".lstrip(".")) if name != "source" else ()
    elif isinstance(found, list) and all(isinstance(one, (str, int)) for one in found):
        yield path, BAR.join(map(str, found))
    elif isinstance(found, list):
        for index, value in enumerate(found):
            yield from _leaves(value, f"{path}.{index}")
    elif found is not None:
        yield path, str(found)


def rows(root: Path, language: str) -> list[Row]:
    """Every text of a language beside its Dutch; those it lacks have an empty `now`."""
    out = []
    for name in FILES:
        ours, theirs = load(root, name, SOURCE), dict(_leaves(load(root, name, language)))
        extra = [key for key in theirs if key.endswith((".words", ".sms"))]
        dutch = dict(_leaves(ours))
        for key in dict.fromkeys((*dutch, *extra)):
            out.append(Row(f"{name}.{_entry(ours, key)}", dutch.get(key, ""), theirs.get(_entry(ours, key), "")))
    return out


def _entry(dutch: CommentedMap, key: str) -> str:
    """Where a Dutch text stands in a translation: labels are plain texts in Dutch and entries elsewhere."""
    section, _, name = key.partition(".")
    return f"{key}.text" if section == "labels" and isinstance(dutch.get(section, {}).get(name), str) else key


def write_table(found: Iterable[Row], path: Path) -> None:
    """Write the table: UTF-8 with a mark and semicolons, as spreadsheets in Europe open it."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(COLUMNS)
        out.writerows((row.key, row.dutch, row.now, row.better) for row in found)


def read_table(path: Path) -> list[Row]:
    """The rows of a table, whatever a spreadsheet made its separator. Raises Wrong."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong(f"{path.name} is not UTF-8: save it as “CSV UTF-8”") from None
    first = text.partition("\n")[0]
    separator = next((one for one in ";,\t" if one in first), ";")
    found = list(csv.DictReader(io.StringIO(text), delimiter=separator))
    if not found or not {"key", "better"} <= set(found[0]):
        raise Wrong(f"{path.name} has no columns named key and better")
    return [Row(row["key"] or "", row.get("dutch") or "", row.get("now") or "", (row["better"] or "").strip()) for row in found]


def take(root: Path, language: str, found: list[Row], by: str | None = None) -> int:
    """Bring corrections back; gives how many. Nothing is written when one is wrong. by: who read it all, then it is reviewed."""
    files = {name: load(root, name, language) for name in FILES}
    known = {row.key for row in rows(root, language)}
    better = [row for row in found if row.better and row.better != row.now]
    if unknown := [row.key for row in better if row.key not in known]:
        raise Wrong(f"no such text: {', '.join(unknown[:5])}")
    for row in better:
        name, _, path = row.key.partition(".")
        _put(files[name], path.split("."), row.better)
    if by:
        files[REPLIES]["status"] = "reviewed"
        files[REPLIES]["reviewed"] = {"by": by, "on": f"{now():%Y-%m-%d}"}
    for name in (REPLIES, PHRASES):
        mark(files[name], load(root, name, SOURCE))
    if wrong := _wrong(files[REPLIES], language, whole=by is not None):
        raise Wrong("\n".join(map(str, wrong)))
    for name, file in files.items():
        _save(root, name, language, file)
    return len(better)


def _put(file: CommentedMap, path: list[str], text: str) -> None:
    """Set one text; entries on the way are made."""
    at: Any = file
    for place, part in enumerate(path[:-1]):
        at = _child(at, part, path[place + 1].isdigit())
    many = path[-1] == "words" or path[0] == "words"
    value: Any = Quoted(text)
    if many:
        value = CommentedSeq(Quoted(one.strip()) for one in text.split("|") if one.strip())
        value.fa.set_flow_style()
    if isinstance(at, list):
        at[int(path[-1]) :] = [value, *at[int(path[-1]) + 1 :]]
    else:
        at[path[-1]] = value
        if path[0] in (*SECTIONS, PHRASES):
            at.fa.set_flow_style()


def _child(at: Any, part: str, is_list: bool) -> Any:
    """What stands at one step of a path, made when it is not there."""
    held = (at[int(part)] if len(at) > int(part) else None) if isinstance(at, list) else at.get(part)
    if held is None:
        held = CommentedSeq() if is_list else CommentedMap()
        if isinstance(at, list):
            at.append(held)
        else:
            at[part] = held
    return held


def mark(file: CommentedMap, dutch: CommentedMap, names: Iterable[str] = ()) -> None:
    """Mark entries with the Dutch they were made from: those without a mark, and those named (translated anew)."""
    named = set(names)
    for section in (*SECTIONS, PHRASES):
        for name, entry in (file.get(section) or {}).items():
            if isinstance(entry, dict) and name in dutch.get(section, {}) and (name in named or "source" not in entry):
                entry["source"] = Quoted(fingerprint(_plain(dutch[section][name])))


def mark_files(root: Path, language: str, names: Iterable[str] = ()) -> int:
    """Mark the files of a language; gives how many marks changed."""
    changed = 0
    for name in (REPLIES, PHRASES):
        file = load(root, name, language)
        before = _plain(file)
        mark(file, load(root, name, SOURCE), names)
        changed += sum(before[part][one] != entry for part in (*SECTIONS, PHRASES) for one, entry in _plain(file.get(part) or {}).items())
        _save(root, name, language, file)
    return changed


def _plain(found: Any) -> Any:
    """As the standard library has it: fingerprints are of that."""
    if isinstance(found, dict):
        return {str(name): _plain(value) for name, value in found.items()}
    return [_plain(one) for one in found] if isinstance(found, list) else str(found) if isinstance(found, str) else found


def _wrong(file: CommentedMap, language: str, *, whole: bool) -> list[Finding]:
    """What the gate says of a file that is about to be written; of one still being filled only broken placeholders stop it."""
    held = _plain(file)
    if whole:
        return findings(Language(language, held, lists(language), read(SOURCE).menus))
    entries = {"replies": held.get("replies") or {}, "choices": {}, "labels": {}}
    return [Finding(f"{language}.yml", key, "placeholders", word) for key, word in placeholders(Language(language, entries, {}))]
