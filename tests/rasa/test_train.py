"""Training: skipped when nothing changed, done when anything did."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.rasa.train import digest, is_current


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in {"config.yml": "a", "domain.yml": "b", "data/nlu/nl/talk.yml": "c", "data/concepts/nl.yml": "d"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "inloop.tar.gz").write_text("model")
    (tmp_path / "inloop.json").write_text(json.dumps({"digest": digest(tmp_path)}))
    return tmp_path


def test_a_model_is_current_while_nothing_changed(project: Path) -> None:
    assert is_current(project / "inloop.tar.gz", project)


CHANGED = ["config.yml", "data/nlu/nl/talk.yml", "data/nlu/fr/talk.yml", "data/signals/nl.yml", "data/concepts/nl.yml"]


@pytest.mark.parametrize("changed", CHANGED)
def test_any_change_of_data_or_settings_makes_it_stale(project: Path, changed: str) -> None:
    path = project / changed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("new")
    assert not is_current(project / "inloop.tar.gz", project)


def test_without_a_model_or_its_stamp_there_is_nothing_current(project: Path) -> None:
    (project / "inloop.json").unlink()
    assert not is_current(project / "inloop.tar.gz", project)
