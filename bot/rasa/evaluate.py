"""How well messages are understood that nobody tuned on: `python -m bot.rasa.evaluate`.

Reads the model that is served and data/heldout/<language>/test.yml (or the files given); prints a summary and, with --write, puts the
tables between the marks of docs/understanding.md.
"""

from __future__ import annotations

import argparse
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.rasa.confusion import confusion
from bot.rasa.examples import KINDS, Example, heldout, rows
from bot.rasa.model import Model
from bot.rasa.reading import Reading

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "var" / "models" / "inloop.tar.gz"
DOCS = ROOT / "docs" / "understanding.md"
ERRORS = ROOT / "docs" / "errors.md"
WORST = """# What is understood wrongly

The twenty worst errors per language, of the development messages (those the figures are measured on are looked at by nobody).
Written by `python -m bot.rasa.evaluate --write`. Dangers that went unnoticed come first, then the surest wrong intents."""
MARKS = ("<!-- figures: written by `python -m bot.rasa.evaluate --write` -->", "<!-- end of figures -->")


@dataclass(frozen=True)
class Read:
    """A labelled message and what was read in it."""

    true: Example
    found: Reading

    def right(self, among: int = 1) -> bool:
        """Whether the intent is among the first ones."""
        return self.true.intent in [one["intent"] for one in self.found.ranking[:among]]


def model_in(archive: Path) -> Model:
    """Our model inside the archive Rasa made (without loading Rasa)."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive) as packed:
        packed.extractall(folder)
        return Model.load(next(Path(folder).rglob("features.npz")).parent)


def read_all(model: Model, examples: Iterable[Example]) -> list[Read]:
    """Every message read as a first message would be: its language is not told."""
    found = []
    for one in examples:
        ranked, reading = model.read(one.text)
        ranking = [{"intent": name, "confidence": confidence} for name, confidence in ranked[:3]]
        found.append(Read(one, Reading(*ranked[0], ranking, **reading)))
    return found


def _share(right: int, of: int) -> str:
    return f"{right / of:.3f}" if of else "–"


def scores(found: Sequence[Read], kinds: Iterable[str] = KINDS, only: str | None = None) -> tuple[int, int, int]:
    """Labels said and true, said, and true, over messages (micro); of one label if given."""
    both = said = true = 0
    for one in found:
        for kind in kinds:
            heard, meant = set(getattr(one.found, kind)), set(getattr(one.true, kind))
            if only:
                heard, meant = heard & {only}, meant & {only}
            both, said, true = both + len(heard & meant), said + len(heard), true + len(meant)
    return both, said, true


def f1(counts: tuple[int, int, int]) -> str:
    """F1 of (both, said, true)."""
    both, said, true = counts
    return _share(2 * both, said + true)


def _line(name: str, found: Sequence[Read]) -> list[str]:
    danger = [one for one in found if one.true.urgent]
    sure = [one for one in danger if one.true.urgent_strength == "sure"]
    calm = [one for one in found if not one.true.urgent]
    both, said, true = scores(found)
    return [
        name, str(len(found)), _share(sum(one.right() for one in found), len(found)),
        _share(sum(one.right(2) for one in found), len(found)),
        _share(both, said), _share(both, true), f1((both, said, true)),
        _share(sum(bool(one.found.urgent) for one in danger), len(danger)), _share(sum(bool(one.found.urgent) for one in sure), len(sure)),
        _share(sum(one.found.urgent_strength == "sure" for one in calm), len(calm)),
        _share(sum(one.found.urgent_strength == "maybe" for one in calm), len(calm)),
        *(_share(sum(one.found.language == one.true.language for one in of), len(of)) for of in _by_length(found)),
    ]  # fmt: skip


def _by_length(found: Sequence[Read]) -> tuple[list[Read], list[Read]]:
    """Messages of three words and more, and the shorter ones."""
    long = [one for one in found if len(one.true.text.split()) > 2]
    return long, [one for one in found if len(one.true.text.split()) <= 2]


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines))


HEAD = (
    "language", "messages", "intent", "in first two", "signals precision", "recall", "F1",
    "urgent recall", "of the sure ones", "false sure", "false maybe",
    "language, 3 words and more", "1–2 words",
)  # fmt: skip


def by_language(found: Sequence[Read]) -> str:
    """The main table."""
    languages = sorted({one.true.language for one in found})
    lines = [_line(language, [one for one in found if one.true.language == language]) for language in languages]
    return _table(HEAD, [*lines, _line("all", found)])


def by_intent(found: Sequence[Read]) -> str:
    """Per intent: how often it is recognised, and what it is taken for."""
    lines = []
    for intent in sorted({one.true.intent for one in found}):
        of = [one for one in found if one.true.intent == intent]
        said = [one for one in found if one.found.intent == intent]
        taken = Counter(str(one.found.intent) for one in of if not one.right()).most_common(3)
        right = sum(one.right() for one in of)
        others = ", ".join(f"{name} {count}" for name, count in taken)
        lines.append([intent, str(len(of)), _share(right, len(of)), _share(right, len(said)), others])
    return _table(("intent", "messages", "recall", "precision", "taken for"), lines)


def by_label(found: Sequence[Read]) -> str:
    """Per signal: precision, recall, F1; per kind first."""
    lines = []
    for kind in KINDS:
        both, said, true = scores(found, [kind])
        lines.append([f"**{kind}**", str(true), _share(both, said), _share(both, true), f1((both, said, true))])
        for label in sorted({label for one in found for label in getattr(one.true, kind)}):
            both, said, true = scores(found, [kind], label)
            lines.append([label, str(true), _share(both, said), _share(both, true), f1((both, said, true))])
    return _table(("label", "messages", "precision", "recall", "F1"), lines)


def by_danger(found: Sequence[Read]) -> str:
    """Per danger: noticed at all, as sure, and under its own name."""
    lines = []
    for danger in sorted({one.true.urgent for one in found if one.true.urgent}):
        of = [one for one in found if one.true.urgent == danger]
        noticed, sure = sum(bool(one.found.urgent) for one in of), sum(one.found.urgent_strength == "sure" for one in of)
        named = sum(one.found.urgent == danger for one in of)
        lines.append([danger, str(len(of)), _share(noticed, len(of)), _share(sure, len(of)), _share(named, len(of))])
    return _table(("danger", "messages", "noticed", "as sure", "by its name"), lines)


def report(found: Sequence[Read]) -> str:
    """All tables as Markdown."""
    parts = (("By language", by_language), ("Urgent", by_danger), ("Intents", by_intent), ("Signals", by_label))
    return "\n\n".join(f"### {title}\n\n{table(found)}" for title, table in parts)


def write(text: str, docs: Path = DOCS) -> None:
    """Put the tables between the marks of the page."""
    page = docs.read_text(encoding="utf-8")
    head, tail = page.split(MARKS[0])[0], page.split(MARKS[1])[1]
    docs.write_text(f"{head}{MARKS[0]}\n\n{text}\n\n{MARKS[1]}{tail}", encoding="utf-8")


def worst(found: Sequence[Read], count: int = 20) -> str:
    """Per language the dangers that went unnoticed and the surest wrong intents, to learn from (of development messages only)."""
    parts = []
    for language in sorted({one.true.language for one in found}):
        of = [one for one in found if one.true.language == language]
        missed = [one for one in of if one.true.urgent and not one.found.urgent]
        wrong = sorted((one for one in of if not one.right() and one not in missed), key=lambda one: -one.found.confidence)
        lines = [[f"{one.true.urgent} ({one.true.urgent_strength})", "unnoticed", "", one.true.text] for one in missed]
        lines += [[one.true.intent, str(one.found.intent), f"{one.found.confidence:.2f}", one.true.text] for one in wrong]
        shown = [[*line[:3], line[3].replace("|", "/").replace("\n", " ")] for line in lines[:count]]
        parts.append(f"## {language}\n\n{_table(('is', 'taken for', 'sure', 'message'), shown)}")
    return "\n\n".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """Evaluate and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="files of rows named <language>.yml; default: the held-out test sets")
    parser.add_argument("--part", choices=("dev", "test"), default="test")
    parser.add_argument("--write", action="store_true", help="tables, picture and worst errors into docs/")
    options = parser.parse_args(arguments)
    examples = [one for path in options.files for one in rows(path, path.stem)] or heldout(ROOT / "data", options.part)
    if not MODEL.exists() or not examples:
        raise SystemExit("There is no model yet: run `inloop train`." if examples else "There are no messages to measure with.")
    model = model_in(MODEL)
    found = read_all(model, examples)
    if options.write:
        write(report(found))
        confusion([(one.true.intent, str(one.found.intent)) for one in found], DOCS.parent / "pictures" / "confusion.png")
        ERRORS.write_text(f"{WORST}\n\n{worst(read_all(model, heldout(ROOT / 'data', 'dev')))}\n", encoding="utf-8")
    print(by_language(found) + "\n\n" + by_danger(found))


if __name__ == "__main__":
    main()
