"""Our understanding as a component of Rasa's pipeline (`config.yml`)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.rasa.concepts import Lexicon
from bot.rasa.examples import Example, from_row, heldout
from bot.rasa.model import Model

RANKED = 5
ROOT = Path(__file__).resolve().parent.parent.parent


def _example(message: Message) -> Example:
    """A training message with the labels our importer put into its metadata."""
    metadata = message.get(METADATA)
    return from_row({**metadata["labels"], "text": message.get(TEXT), "intent": message.get(INTENT)}, metadata["language"])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class Understanding(GraphComponent):
    """Intent, signals, urgency, evidence and language of a message, in one pass over its features."""

    def __init__(self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: Model | None = None) -> None:
        self._config, self._storage, self._resource, self._model = config, storage, resource, model

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Where the concept lexicon lies, and the development messages that thresholds are set on."""
        return {"concepts": "data/concepts", "data": "data"}

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Understanding:
        """A new, untrained one."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Train on the imported messages and write the model."""
        begun = time.monotonic()
        examples = [_example(message) for message in training_data.intent_examples]
        tuning = heldout(ROOT / self._config["data"], "dev")
        self._model = Model.train(examples, Lexicon.read(ROOT / self._config["concepts"]), tuning)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        print(f"  understanding: {len(examples)} messages, {time.monotonic() - begun:.0f} s", flush=True)
        return self._resource

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **_: Any
    ) -> Understanding:
        """A trained one, from a model."""
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Model.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        """Put intents and reading into each message."""
        if self._model is None:
            raise RuntimeError("not trained")
        for message in messages:
            spoken = (message.get(METADATA) or {}).get("language")
            ranked, reading = self._model.read(message.get(TEXT) or "", spoken)
            ranking = [{"name": name, "confidence": confidence} for name, confidence in ranked[:RANKED]]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set("reading", reading, add_to_output=True)
        return messages
