"""One running Inloop for all journeys, its model trained once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from bot.begin import RASA
from bot.settings import ROOT
from tests.stack import Stack


@pytest.fixture(scope="session")
def model() -> None:
    """The trained model; made when missing or stale."""
    subprocess.run([str(RASA), "-m", "bot.rasa.train"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def stack(model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture(scope="module")
def fresh(model: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """An Inloop of its own, for tests that kill its parts (and start them again)."""
    with Stack(tmp_path_factory.mktemp("fresh")) as running:
        yield running
