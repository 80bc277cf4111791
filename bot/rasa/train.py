"""Train the model that is served: `python -m bot.rasa.train`. Does nothing when data and settings are as they were."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections import Counter
from pathlib import Path

from bot.rasa import light
from bot.rasa.logs import configure

ROOT = Path(__file__).resolve().parent.parent.parent
MODEL = ROOT / "var" / "models" / "inloop.tar.gz"
# What the model is made of; a change in any of it makes a new one.
_SOURCES = (
    "config.yml", "domain.yml", "data/rules.yml", "data/taxonomy.yml", "data/nlu/*/*.yml", "data/signals/*.yml", "data/heldout/*/dev.yml",
    "data/concepts/*.yml", "bot/rasa/*.py",
)  # fmt: skip


def digest(root: Path = ROOT) -> str:
    """A fingerprint of everything a model is made of."""
    found = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(root.glob(pattern)):
            found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def _stamp(model: Path) -> Path:
    return model.with_suffix("").with_suffix(".json")


def is_current(model: Path, root: Path = ROOT) -> bool:
    """Whether the model was made of what lies there now."""
    stamp = _stamp(model)
    return model.exists() and stamp.exists() and json.loads(stamp.read_text())["digest"] == digest(root)


DOMAIN, RULES, CONFIG = ROOT / "domain.yml", ROOT / "data" / "rules.yml", ROOT / "config.yml"


def train(model: Path = MODEL, domain: Path = DOMAIN, rules: Path = RULES, config: Path = CONFIG) -> None:
    """Train with Rasa and put the model in its place in one move, so that a server never loads half of one."""
    # Rasa would keep every training message in a cache of its own.
    os.environ["RASA_MAX_CACHE_SIZE"] = "0"
    light.install(config)
    from rasa.model_training import train as rasa_train

    model.parent.mkdir(parents=True, exist_ok=True)
    made = digest()
    where = {"output": str(model.parent), "fixed_model_name": f"new-{model.name}"}
    result = rasa_train(str(domain), str(config), [str(rules)], force_training=True, **where)
    if result.code or not result.model:
        raise SystemExit("The model could not be trained: see the lines above.")
    os.replace(result.model, model)
    _stamp(model).write_text(json.dumps({"digest": made}))


def _announce() -> None:
    from bot.rasa.examples import training

    counted = Counter(one.language for one in training(ROOT / "data"))
    messages = ", ".join(f"{language} {count}" for language, count in counted.items())
    print(f"Training on messages: {messages}. This takes a few minutes.", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Train if need be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--force", action="store_true", help="train even when nothing changed")
    options = parser.parse_args(arguments)
    configure()
    if not options.force and is_current(MODEL):
        print("The model is as new as its data; nothing to train.")
        return
    begun = time.monotonic()
    _announce()
    train()
    print(f"Trained in {time.monotonic() - begun:.0f} s: {MODEL.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
