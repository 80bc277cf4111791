"""`inloop parse`: the contract's keys, in order, whatever is written."""

from __future__ import annotations

import json
from pathlib import Path

from bot.rasa.parse import parsed

KEYS = [
    "text", "language", "intent", "confidence", "ranking", "drivers", "barriers", "strengths", "about",
    "urgent", "urgent_strength", "evidence",
]  # fmt: skip
TEXTS = ["ik zoek werk", "/restart", "", "😂", "hij slaat mij", "ik schaam me dat ik niet kan lezen", "1", "x" * 5000, "ሰላም", "a\u0000b"]


def test_every_line_is_answered_in_order_with_exactly_the_contracts_keys(model_file: Path) -> None:
    lines = [json.dumps({"text": text}) for text in TEXTS]
    found = list(parsed([*lines, "\n"], model_file))
    assert [one["text"] for one in found] == TEXTS
    for one in found:
        assert list(one) == KEYS
        assert [set(rival) for rival in one["ranking"]] == [{"intent", "confidence"}] * 3
        assert one["ranking"][0] == {"intent": one["intent"], "confidence": one["confidence"]}
        assert (one["urgent"] is None) == (one["urgent_strength"] is None)


def test_evidence_is_the_persons_own_words(model_file: Path) -> None:
    texts = ["Ik SCHAAM me, dat ik niet kan lezen!", "hallo, geen oppas voor mijn  dochter", "help, mijn man slaat mij"]
    for one in parsed([json.dumps({"text": text}) for text in texts], model_file):
        assert one["evidence"], one["text"]
        labels = {*one["drivers"], *one["barriers"], *one["strengths"], *one["about"], *([one["urgent"]] if one["urgent"] else [])}
        assert {spoken["label"] for spoken in one["evidence"]} == labels
        assert all(spoken["text"] and spoken["text"] in one["text"] for spoken in one["evidence"])


def test_a_language_that_is_told_is_kept(model_file: Path) -> None:
    found = parsed([json.dumps({"text": "ok", "language": "tr"}), json.dumps({"text": "ik zoek werk"})], model_file)
    assert [one["language"] for one in found] == ["tr", "nl"]


def test_a_line_that_cannot_be_read_says_so_and_the_next_is_answered(model_file: Path) -> None:
    lines = [
        "not json",
        "[1]",
        '{"txt": "x"}',
        '{"text": 5}',
        '{"text": "ok", "language": "zz"}',
        '{"text": "\\ud800"}',
        '{"text": "hallo"}',
    ]
    found = list(parsed(lines, model_file))
    assert ["error" in one for one in found] == [True] * 5 + [False] * 2
    assert found[2]["error"].startswith("line 3: ")
    assert found[-1]["text"] == "hallo"


def test_evidence_is_more_than_one_word_where_the_clause_has_more(model_file: Path) -> None:
    found = next(parsed([json.dumps({"text": "hallo, geen oppas voor mijn dochter"})], model_file))
    assert all(spoken["text"] == "geen oppas voor mijn dochter" for spoken in found["evidence"])
