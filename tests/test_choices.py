"""A choice is understood as tap, number in any script, label, cut label, answer word, several at once."""

from __future__ import annotations

import pytest

from bot.choices import as_lines, cut, resolve
from bot.messages import Choice

CHOICES = (
    Choice("goal_find_work", "Werk vinden", ("werk", "baan", "job")),
    Choice("goal_help_child", "Mijn kind helpen met alles", ("kind", "kinderen")),
    Choice("goal_income", "Rust over geld", ("geld",)),
)
NUMBERS = [["een", "één", "eerste"], ["twee", "tweede"], ["drie"]]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2", ["goal_help_child"]),
        ("2.", ["goal_help_child"]),
        (" 2) ", ["goal_help_child"]),
        ("٢", ["goal_help_child"]),
        ("۲", ["goal_help_child"]),
        ("twee", ["goal_help_child"]),
        ("Twee!", ["goal_help_child"]),
        ("één", ["goal_find_work"]),
        ("Mijn kind helpen met alles", ["goal_help_child"]),
        ("mijn kind helpen m…", ["goal_help_child"]),
        ("Mijn kind helpen me", ["goal_help_child"]),
        ("WERK", ["goal_find_work"]),
        ("goal_income", ["goal_income"]),
        ("1 en 3", ["goal_find_work", "goal_income"]),
        ("1, 3", ["goal_find_work", "goal_income"]),
        ("1 3", ["goal_find_work", "goal_income"]),
        ("werk en geld", ["goal_find_work", "goal_income"]),
        ("٣ و ١", ["goal_income", "goal_find_work"]),
        ("4", []),
        ("0", []),
        ("13", []),
        ("ik zoek werk maar ik heb geen oppas", []),
        ("geld en angst", []),
        ("", []),
        ("🙂", []),
    ],
)
def test_what_is_said_is_what_is_meant(said: str, meant: list[str]) -> None:
    assert resolve(said, CHOICES, NUMBERS, ("en", "و"), several=True) == meant


def test_one_question_takes_one_answer() -> None:
    assert resolve("1 en 3", CHOICES, NUMBERS, ("en",)) == []


def test_labels_longer_than_a_button_are_cut_as_the_carrier_cuts() -> None:
    assert cut("Mijn kind helpen met alles") == "Mijn kind helpen me…"
    assert len(cut("Mijn kind helpen met alles")) == 20
    assert cut("Werk") == "Werk"


def test_lines_are_numbered_in_the_order_offered() -> None:
    assert as_lines(CHOICES).splitlines()[2] == "3. Rust over geld"
