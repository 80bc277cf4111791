"""A native speaker's table and back, and a language more: what a translator meets."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot import languages, review
from bot.cli_texts import status_of
from bot.gate import Language, findings, lists, read
from bot.labels import taxonomy
from bot.replies import SECTIONS, SOURCE, available, texts
from bot.settings import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The texts and the smaller data files of this project, to be changed."""
    for name in review.FILES:
        shutil.copytree(ROOT / "bot" / name, tmp_path / "bot" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("data/taxonomy.yml", "data/concepts/nl.yml", "data/nlu/nl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    return tmp_path


def corrected(root: Path, language: str, better: dict[str, str], by: str | None = None) -> int:
    """Export, fill in `better` as a spreadsheet would save it, and import."""
    path = root / "table.csv"
    found = review.rows(root / "bot", language)
    review.write_table([replace(row, better=better.get(row.key, "")) for row in found], path)
    return review.take(root / "bot", language, review.read_table(path), by)


def test_what_nobody_corrects_stays_as_it_is(root: Path) -> None:
    before = {name: (root / "bot" / name / "ar.yml").read_text() for name in review.FILES}
    assert corrected(root, "ar", {}) == 0
    assert {name: (root / "bot" / name / "ar.yml").read_text() for name in review.FILES} == before


def test_corrections_come_back_where_they_belong(root: Path) -> None:
    better = {
        "replies.replies.heard.text": "Thank you for this.",
        "replies.choices.goal_find_work.label": "Get work",
        "replies.choices.goal_find_work.words": "work | job | some work",
        "replies.words.yes": "yes | yep",
        "replies.words.numbers.1": "two | second",
        "phrases.phrases.hello.text": "Hi, I am {name}. I am a human.",
        "public.privacy.parts.0.title": "Who reads it?",
    }
    assert corrected(root, "en", better) == len(better)
    found = yaml.load((root / "bot/replies/en.yml").read_text(), yaml.BaseLoader)
    assert found["replies"]["heard"]["text"] == "Thank you for this."
    assert found["choices"]["goal_find_work"] | {"source": ""} == {"label": "Get work", "words": ["work", "job", "some work"], "source": ""}
    assert (found["words"]["yes"], found["words"]["numbers"][1]) == (["yes", "yep"], ["two", "second"])
    assert found["replies"]["heard"]["source"] == texts("en")["replies"]["heard"]["source"]
    assert (root / "bot/replies/en.yml").read_text().count("#") == (ROOT / "bot/replies/en.yml").read_text().count("#")
    assert yaml.safe_load((root / "bot/public/en.yml").read_text())["privacy"]["parts"][0]["title"] == "Who reads it?"


def test_who_read_it_all_is_named(root: Path) -> None:
    corrected(root, "en", {}, by="Ada")
    head = yaml.safe_load((root / "bot/replies/en.yml").read_text())
    assert (head["status"], head["reviewed"]["by"]) == ("reviewed", "Ada")


@pytest.mark.parametrize(
    ("better", "by", "said"),
    [
        ({"replies.replies.ask_why.text": "Why do you want this?"}, None, "replies.ask_why: placeholders: {goal}"),
        ({"replies.choices.skip.label": "I would rather not say"}, "Ada", "choices.skip: label too long for a button"),
        ({"replies.replies.heard.text": "A good course."}, "Ada", "replies.heard: keeps people away: course"),
    ],
)
def test_one_wrong_text_changes_nothing(root: Path, better: dict[str, str], by: str | None, said: str) -> None:
    before = (root / "bot/replies/en.yml").read_text()
    with pytest.raises(review.Wrong, match=said.replace("{", r"\{")):
        corrected(root, "en", {"replies.replies.heard.text": "Thank you for this.", **better}, by)
    assert (root / "bot/replies/en.yml").read_text() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"key;better\nreplies.replies.nothing.text;x\n", "no such text: replies.replies.nothing.text"),
        (b"a;b\n1;2\n", "no columns named key and better"),
        (b"", "no columns named key and better"),
        ("key;better\nreplies.name;é\n".encode("latin-1"), "not UTF-8"),
    ],
)
def test_a_table_that_is_none_says_what_to_mend(root: Path, content: bytes, said: str) -> None:
    path = root / "table.csv"
    path.write_bytes(content)
    with pytest.raises(review.Wrong, match=said):
        review.take(root / "bot", "en", review.read_table(path))


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_any_spreadsheet_will_do(root: Path, separator: str) -> None:
    path = root / "table.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([["key", "better"], ["replies.replies.heard.text", "Thank you, I see."]])
    assert review.take(root / "bot", "en", review.read_table(path)) == 1


def test_an_eleventh_language_is_data_and_the_gate_says_what_is_missing(root: Path) -> None:
    made = languages.add(root, "xx", "Xish", "xo")
    assert {path.relative_to(root).as_posix() for path in made} >= {
        "bot/replies/xx.yml", "bot/phrases/xx.yml", "bot/public/xx.yml", "data/nlu/xx/goals.yml",
        "data/signals/xx.yml", "data/concepts/xx.yml", "data/plain/xx.yml", "data/heldout/xx/test.yml",
    }  # fmt: skip
    assert yaml.safe_load((root / "data/taxonomy.yml").read_text())["languages"] == {**taxonomy()["languages"], "xx": "Xish"}
    begun = yaml.safe_load((root / "bot/replies/xx.yml").read_text())
    missing = {one.key for one in findings(Language("xx", begun, lists("xx")))}
    assert missing >= {f"{section}.{name}" for section in SECTIONS for name in texts(SOURCE)[section]}
    with pytest.raises(ValueError, match="begun already"):
        languages.add(root, "xx", "Xish")
    with pytest.raises(ValueError, match="two letters"):
        languages.add(root, "xxx", "Xish")


def test_an_eleventh_language_is_whole_once_its_table_came_back(root: Path) -> None:
    languages.add(root, "xx", "Xish", "xo")
    table = {row.key: row.dutch for row in review.rows(root / "bot", "xx") if row.dutch}
    corrected(root, "xx", table)
    filled = yaml.load((root / "bot/replies/xx.yml").read_text(), yaml.BaseLoader)
    assert not [str(one) for one in findings(Language("xx", filled, lists("xx"), read(SOURCE).menus))]


def test_a_language_that_is_begun_is_offered_to_nobody(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    from bot import replies

    languages.add(root, "xx", "Xish")
    monkeypatch.setattr(replies, "FOLDER", root / "bot/replies")
    assert "xx" not in replies.available.__wrapped__()


def test_the_readme_says_how_far_each_language_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code in available():
        assert f"({code}) | {status_of(texts(code))} |" in readme, code
