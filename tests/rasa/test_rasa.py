"""What we rely on in Rasa 3.6: the names we put ours in the place of, and what we keep out."""

from __future__ import annotations

import sys
from pathlib import Path

import rasa.core.actions.action as rasa_action

from bot.rasa import light, remote
from tests.rasa.conftest import DESK

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_names_we_replace_exist() -> None:
    remote.install()
    original = remote.RemoteAction
    assert callable(original._validate_action_result)
    assert callable(original.action_response_format_spec)
    assert callable(original.run)
    assert rasa_action.RemoteAction is remote.LoudAction


def test_the_schema_is_compiled_once() -> None:
    assert remote._validator() is remote._validator()
    assert remote._validator().is_valid({"events": [], "responses": []})
    assert not remote._validator().is_valid({"events": [{"event": 5}], "responses": []})


def test_no_tensorflow_comes_in() -> None:
    import rasa.core.processor  # noqa: F401

    assert isinstance(sys.modules.get("tensorflow"), (light._HollowModule, type(None)))


def test_our_pipeline_needs_no_tensorflow_and_one_that_does_gets_it(tmp_path: Path) -> None:
    assert light.heavy(ROOT / "config.yml") == light.heavy(DESK / "config.yml") == []
    config = tmp_path / "config.yml"
    config.write_text("pipeline:\n- name: DIETClassifier\n")
    assert light.heavy(config) == ["DIETClassifier"]


def test_the_tests_settings_differ_from_the_projects_in_data_only() -> None:
    def without_data(path: Path) -> list[str]:
        lines = path.read_text().splitlines()
        return [line for line in lines if "data" not in line and "assistant_id" not in line and not line.startswith("#")]

    assert without_data(DESK / "config.yml") == without_data(ROOT / "config.yml")
