"""The labels of the field, as fixed in data/taxonomy.yml (standard library and PyYAML only)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TAXONOMY = Path(__file__).resolve().parent.parent / "data" / "taxonomy.yml"

# Two urgent signals at once: the one that can kill first (conversation.md, rule 1).
URGENT_ORDER = (
    "medical", "self_harm", "child_danger", "sexual_violence", "violence",
    "threat_to_others", "exploitation", "no_food", "homeless", "deportation",
)  # fmt: skip
# After these nothing of ours starts again until a human sets a safe time (conversation.md, rule 1).
QUIET_AFTER = frozenset({"violence", "sexual_violence", "exploitation", "child_danger"})


@cache
def taxonomy() -> dict[str, Any]:
    """The whole taxonomy as read from its file."""
    loaded: dict[str, Any] = yaml.safe_load(TAXONOMY.read_text(encoding="utf-8"))
    return loaded


@cache
def languages() -> tuple[str, ...]:
    """Codes of our languages, in the taxonomy's order."""
    return tuple(taxonomy()["languages"])


@cache
def labels_of(kind: str) -> frozenset[str]:
    """All ids of a kind: intent, driver, barrier, strength, about, urgent."""
    found = taxonomy()
    if kind == "barrier":
        return frozenset(label for group in found["barriers"].values() for label in group)
    plural = {"intent": "intents", "driver": "drivers", "strength": "strengths"}.get(kind, kind)
    return frozenset(found[plural])


def goals() -> tuple[str, ...]:
    """Intents that name what a person wants."""
    return tuple(intent for intent in taxonomy()["intents"] if intent.startswith("goal_"))


def is_sensitive(label: str) -> bool:
    """AVG art. 9 and 10 and the like: kept only after an explicit yes."""
    return label in taxonomy()["sensitive"]


def may_read_back(label: str) -> bool:
    """Whether a label may be said back to the person."""
    return label not in taxonomy()["never_read_back"]
