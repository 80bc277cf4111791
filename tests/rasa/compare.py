"""Our classifier beside others, on the same messages: `python -m tests.rasa.compare` (about ten minutes).

Intents (share right) and signals (micro-F1) on data/heldout/*/test.yml; without tuning, so that all start alike. `--left-out`: each
language read by a model that never saw it. `--spacy`, `--diet`: spaCy's categorizer and Rasa's own, on Dutch alone (they are slow).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from sklearn.linear_model import SGDClassifier
from spacy.training import Example as SpacyExample

from bot.rasa.concepts import Lexicon
from bot.rasa.examples import Example, heldout, training
from bot.rasa.features import GROUPS, Features, Parts
from bot.rasa.linear import Linear
from bot.rasa.signals import HOW, Signals, f1, labels_of, wanted

DATA = Path(__file__).resolve().parents[2] / "data"
Heads = Callable[[Any, Any, list[str]], Linear]


class Board:
    """Training and test messages taken apart once; models are tried on chosen groups of features."""

    def __init__(self) -> None:
        self.train, self.test = training(DATA), heldout(DATA, "test")
        self.features = Features(Lexicon.read(DATA / "concepts"))
        self.parts = {"train": self._apart(self.train), "test": self._apart(self.test)}

    def _apart(self, examples: Sequence[Example]) -> list[Parts]:
        return [self.features.parts(one.text, one.language) for one in examples]

    def figures(self, groups: Sequence[str], train: Any, test: Any, heads: Heads | None = None) -> tuple[float, float, float]:
        """(intents right, signals F1, seconds) of a model on some groups of features and some of the messages (index arrays)."""
        began = time.monotonic()
        seen, asked = (self._only(groups, "train", train), self._only(groups, "test", test))
        features = Features(self.features.lexicon).fit(seen)
        rows, questions = features.rows(seen), features.rows(asked)
        of, to = [self.train[place] for place in train], [self.test[place] for place in test]
        names, labels = sorted({one.intent for one in of}), labels_of(of)
        intents = (heads or _svm)(rows, np.array([[one.intent == name for name in names] for one in of]), names)
        right = np.array(names)[intents.scores(questions).argmax(axis=1)] == np.array([one.intent for one in to])
        signals = Signals(Linear.train(rows, wanted(of, labels), labels, **HOW), np.float32(-0.25))
        return right.mean(), f1(signals.said.scores(questions) > -0.25, wanted(to, labels)), time.monotonic() - began

    def _only(self, groups: Sequence[str], part: str, places: Any) -> list[Parts]:
        found = []
        for place in places:
            one = object.__new__(Parts)
            one.__dict__.update(self.parts[part][place].__dict__)
            one.groups = {group: one.groups[group] if group in groups else [] for group in GROUPS}
            found.append(one)
        return found

    def places(self, part: str, language: str | None = None, other: bool = False) -> Any:
        """Which messages are of a language, or of any other."""
        examples = self.train if part == "train" else self.test
        return np.array([place for place, one in enumerate(examples) if language is None or (one.language == language) != other])


def _svm(rows: Any, targets: Any, names: list[str]) -> Linear:
    return Linear.train(rows, targets, names, strictness=0.5)


def _logistic(rows: Any, targets: Any, names: list[str]) -> Linear:
    machine = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=20, random_state=0, n_jobs=-1)
    machine.fit(rows, np.array(names)[targets.argmax(axis=1)])
    return Linear(list(machine.classes_), machine.coef_.T, machine.intercept_)


ALL, LETTERS, CONCEPTS = GROUPS, ("letters", "words"), ("concepts",)


def together(board: Board) -> Iterator[tuple[str, float, float, float]]:
    """One model for all languages, on different features and with another head; then a model a language."""
    train, test = board.places("train"), board.places("test")
    for name, groups, heads in (
        ("letters and words, linear SVM", LETTERS, None),
        ("concepts alone, linear SVM", CONCEPTS, None),
        ("letters, words and concepts, logistic regression", ALL, _logistic),
        ("letters, words and concepts, linear SVM (ours)", ALL, None),
    ):
        yield name, *board.figures(groups, train, test, heads)
    each = [board.figures(ALL, board.places("train", code), board.places("test", code)) for code in CODES]
    yield "the same, a model a language", *_mean(each)


CODES = ("ar", "en", "fa", "fr", "nl", "pl", "so", "ti", "tr", "uk")


def left_out(board: Board) -> Iterator[tuple[str, float, float, float]]:
    """A language read by a model of the nine others: four languages, a third of the messages."""
    for name, groups in (("letters and words", LETTERS), ("concepts alone", CONCEPTS), ("all", ALL)):
        tries = [(board.places("train", code, other=True)[::3], board.places("test", code)) for code in ("ar", "nl", "so", "tr")]
        yield f"language left out: {name}", *_mean([board.figures(groups, *places) for places in tries])


def _mean(found: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """The means over languages of both figures, and the seconds together."""
    intents, signals, seconds = np.array(found).T
    return float(intents.mean()), float(signals.mean()), float(seconds.sum())


def of_spacy(board: Board, epochs: int = 8) -> Iterator[tuple[str, float, float, float]]:
    """spaCy's TextCatBOW on Dutch."""
    began, nlp = time.monotonic(), spacy.blank("nl")
    train, test = ([one for one in of if one.language == "nl"] for of in (board.train, board.test))
    names = sorted({one.intent for one in train})
    nlp.add_pipe(
        "textcat",
        config={"model": {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "ngram_size": 2, "no_output_layer": False}},
    )
    rows = [SpacyExample.from_dict(nlp.make_doc(one.text), {"cats": {name: name == one.intent for name in names}}) for one in train]
    nlp.initialize(lambda: rows)
    for _ in range(epochs):
        random.Random(0).shuffle(rows)
        for start in range(0, len(rows), 64):
            nlp.update(rows[start : start + 64])
    right = [max(cats, key=cats.get) == one.intent for one in test for cats in [nlp(one.text).cats]]
    yield "Dutch: spaCy TextCatBOW", float(np.mean(right)), float("nan"), time.monotonic() - began


def of_diet(board: Board, epochs: int = 30) -> Iterator[tuple[str, float, float, float]]:
    """Rasa's stock pipeline (DIET on words and letters) on Dutch."""
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    began = time.monotonic()
    pipeline = "".join(f"- name: {name}\n" for name in ("WhitespaceTokenizer", "CountVectorsFeaturizer"))
    pipeline += "- name: CountVectorsFeaturizer\n  analyzer: char_wb\n  min_ngram: 1\n  max_ngram: 4\n"
    with tempfile.TemporaryDirectory() as folder:
        config, data = Path(folder) / "config.yml", Path(folder) / "nlu.yml"
        config.write_text(f"recipe: default.v1\nlanguage: nl\npipeline:\n{pipeline}- name: DIETClassifier\n  epochs: {epochs}\n")
        of: dict[str, list[str]] = {}
        for one in board.train:
            if one.language == "nl":
                of.setdefault(one.intent, []).append(" ".join(one.text.split()))
        entries = (f"- intent: {name}\n  examples: |\n" + "".join(f"    - {text}\n" for text in said) for name, said in of.items())
        data.write_text('version: "3.1"\nnlu:\n' + "".join(entries), encoding="utf-8")
        agent = Agent.load(train_nlu(str(config), str(data), folder))
        right = []
        for one in board.test:
            if one.language == "nl":
                right.append(asyncio.run(agent.parse_message(one.text))["intent"]["name"] == one.intent)
    yield "Dutch: Rasa's DIET", float(np.mean(right)), float("nan"), time.monotonic() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("left-out", "spacy", "diet"):
        parser.add_argument(f"--{name}", action="store_true")
    options = parser.parse_args()
    board = Board()
    print("| tried | intents | signals F1 | seconds |\n| --- | --- | --- | --- |", flush=True)
    others = [work for name, work in (("left_out", left_out), ("spacy", of_spacy), ("diet", of_diet)) if getattr(options, name)]
    for work in others or [together]:
        for name, intents, signals, seconds in work(board):
            print(f"| {name} | {intents:.3f} | {signals:.3f} | {seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
