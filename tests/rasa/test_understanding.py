"""The parts of understanding, each by what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.rasa.concepts import Lexicon, consonants
from bot.rasa.evaluate import MARKS, Read, f1, report, scores, write
from bot.rasa.examples import Example, languages, training
from bot.rasa.language import Languages
from bot.rasa.reading import Reading
from bot.rasa.text import normal, tokens
from tests.rasa.conftest import DESK

ROOT = Path(__file__).resolve().parent.parent.parent
CONCEPTS = ROOT / "data" / "concepts"


@pytest.mark.parametrize(
    ("written", "same"),
    [("HEEEELP", "heelp"), ("financiën", "financien"), ("٣ أيام", "3 ايام"), ("مُدَرِّسَة", "مدرسه"),
     ("۲", "2"), ("it’s", "it's"), ("عـــمل", "عمل"),
     ("İş", "is"), ("0612345678", "00000"), ("https://x.nl/abc", "www"), ("\u2060/stop", "/stop"), ("  a \n b ", "a b")],
)  # fmt: skip
def test_one_spelling_for_what_phones_type_in_many(written: str, same: str) -> None:
    assert normal(written) == same


def test_words_keep_the_digits_arabic_writes_as_letters() -> None:
    assert tokens("bdi eshte8el 3endi, ok 😂!") == ["bdi", "eshte8el", "3endi", "ok", "😂"]


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.read(CONCEPTS)


@pytest.mark.parametrize(
    ("text", "language", "concept"),
    [
        ("hij slaat mij", "nl", "HIT"),
        ("he beats me", "en", "HIT"),
        ("جوزي ضربني", "ar", "HIT"),
        ("ik weet het echt niet", "nl", "DONT_KNOW"),
        ("والأولاد", "ar", "CHILD"),
        ("bdi moot", "ar", "DIE_SELF"),
        ("letter from the gemeente", "en", "AGENCY"),
        ("ما بعرفش", "ar", "NOT"),
    ],
)
def test_a_concept_is_found_in_every_language(lexicon: Lexicon, text: str, language: str, concept: str) -> None:
    assert concept in {name for name, _, _ in lexicon.find(tokens(text), language)}


@pytest.mark.parametrize(
    ("text", "language", "concept"), [("die man daar", "nl", "DEAD"), ("ik ben bang", "en", "SICK"), ("slapen", "nl", "HIT")]
)
def test_a_short_word_is_not_borrowed_from_the_next_language(lexicon: Lexicon, text: str, language: str, concept: str) -> None:
    assert concept not in {name for name, _, _ in lexicon.find(tokens(text), language)}


def test_arabic_sounds_the_same_in_both_scripts() -> None:
    assert consonants("شغل") == consonants("sho8l") == consonants("choghl")


def test_every_lexicon_names_the_concepts_of_the_dutch_one() -> None:
    dutch = set(yaml.safe_load((CONCEPTS / "nl.yml").read_text(encoding="utf-8")))
    for path in CONCEPTS.glob("??.yml"):
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert set(found) <= dutch, path.name
        assert all(isinstance(name, str) and stems for name, stems in found.items()), path.name


def test_the_rules_of_danger_speak_of_concepts_that_exist(lexicon: Lexicon) -> None:
    rules = yaml.safe_load((CONCEPTS / "urgent.yml").read_text(encoding="utf-8"))
    named = {*rules["calm"], *(concept for patterns in rules["rules"].values() for pattern in patterns for concept in pattern)}
    assert named <= set(lexicon.names)


@pytest.fixture(scope="module")
def finder() -> Languages:
    found = training(DESK / "data")
    return Languages.train([one.text for one in found], [one.language for one in found])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ik zoek werk in de buurt", "nl"), ("I am looking for a job", "en"), ("أبحث عن عمل", "ar"),
        ("من دنبال کار می‌گردم چون پول ندارم", "fa"),
        ("шукаю роботу і допомогу", "uk"), ("я ищу работу, объясните", "ru"), ("ስራ እደሊ ኣለኹ", "ti"), ("ሥራ እፈልጋለሁ", "am"),
        ("busco trabajo cerca de aquí", "es"),
        ("iş arıyorum ama çocuğum var", "tr"), ("szukam pracy w Holandii", "pl"), ("waxaan raadinayaa shaqo", "so"),
        ("je cherche du travail ici", "fr"),
        ("ma 3andi shoghl w bedi sa3dni b7al hadshi", "ar"), ("मुझे काम चाहिए", "hi"), ("123", None), ("", None), ("👍", None),
    ],
)  # fmt: skip
def test_languages_are_told_apart(finder: Languages, text: str, language: str | None) -> None:
    assert finder.find(text)[0] == language


def reading(intent: str = "greet", confidence: float = 0.9, second: float = 0.05, **more: Any) -> Reading:
    return Reading(intent, confidence, [{"intent": intent, "confidence": confidence}, {"intent": "stop", "confidence": second}], **more)


@pytest.mark.parametrize(
    ("found", "road"),
    [
        (reading(), "greet"),
        (reading(urgent="medical", urgent_strength="maybe"), "urgent"),
        (reading(confidence=0.1, urgent="medical", urgent_strength="sure"), "urgent"),
        (reading(confidence=0.1), "unclear"),
        (reading(confidence=0.1, barriers=["childcare"]), "tell_situation"),
        (reading(confidence=0.4, second=0.39), "unsure_between"),
        (reading(confidence=0.4, second=0.1), "greet"),
        (Reading(), "unclear"),
    ],
)
def test_which_road_a_reading_takes(found: Reading, road: str) -> None:
    assert found.road() == road


def test_a_new_language_is_a_folder_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "nlu" / "xx").mkdir(parents=True)
    (tmp_path / "signals").mkdir()
    (tmp_path / "nlu" / "xx" / "talk.yml").write_text("nlu:\n- intent: goal_help_child\n  examples: |\n    - bala bala\n", encoding="utf-8")
    (tmp_path / "signals" / "xx.yml").write_text("- {text: 'kom', intent: tell_situation, barriers: [money]}\n", encoding="utf-8")
    assert languages(tmp_path) == ("xx",)
    assert {(one.text, one.language, one.signals) for one in training(tmp_path)} == {
        ("bala bala", "xx", frozenset({"family"})),
        ("kom", "xx", frozenset({"money"})),
    }


def read(true: Example, **found: Any) -> Read:
    return Read(true, Reading("greet", 0.9, [{"intent": "greet", "confidence": 0.9}], **found))


def test_figures_are_counted_as_they_are_named() -> None:
    found = [
        read(Example("a", "nl", "greet", barriers=("money", "debts")), barriers=["money", "shame"]),
        read(Example("b", "nl", "stop", urgent="medical", urgent_strength="sure"), urgent="medical", urgent_strength="maybe"),
        read(Example("c", "en", "greet")),
    ]
    assert scores(found) == (1, 2, 2)
    assert f1(scores(found)) == "0.500"
    table = report(found)
    assert "| nl | 2 | 0.500 |" in table
    assert "| medical | 1 | 1.000 | 0.000 | 1.000 |" in table


def test_figures_go_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n", encoding="utf-8")
    write("new", page)
    assert page.read_text(encoding="utf-8") == f"before\n{MARKS[0]}\n\nnew\n\n{MARKS[1]}\nafter\n"
