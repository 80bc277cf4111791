"""Training data for Rasa: examples of data/nlu and rows of data/signals, each with its language and labels as metadata."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa.examples import KINDS, Example, training

ROOT = Path(__file__).resolve().parent.parent.parent


class Row(Message):
    """A training message that Rasa need not copy or fingerprint over and over (half of the time a training took): nothing changes it."""

    def __deepcopy__(self, memo: Any) -> Row:
        return self

    def fingerprint(self) -> str:
        """What tells it from others (Rasa wants a hexadecimal number)."""
        return hashlib.md5(f"{self.data[METADATA]['language']} {self.data[TEXT]}".encode()).hexdigest()


def _message(one: Example) -> Row:
    labels: dict[str, Any] = {kind: list(getattr(one, kind)) for kind in KINDS if getattr(one, kind)}
    if one.urgent:
        labels |= {"urgent": one.urgent, "urgent_strength": one.urgent_strength}
    return Row({TEXT: one.text, INTENT: one.intent, METADATA: {"language": one.language, "labels": labels}})


class LabelledImporter(RasaFileImporter):
    """Rules and domain as Rasa reads them; messages as our files hold them (`data` in config.yml)."""

    def __init__(
        self, config_file: str | None = None, domain_path: str | None = None, training_data_paths: Any = None, data: str = "data"
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._data = ROOT / data

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Every language's messages; a new language is a folder and a file more."""
        return TrainingData([_message(one) for one in training(self._data)])
