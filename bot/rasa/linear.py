"""Linear models, one against the rest, with weights small enough to keep ten languages in memory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC


class Linear:
    """A score per label: above zero is more yes than no. Weights: labels × columns, float32."""

    def __init__(self, labels: list[str], weights: Any, bias: Any) -> None:
        self.labels, self.weights, self.bias = labels, weights, bias

    @classmethod
    def train(cls, rows: Any, wanted: Any, labels: list[str], strictness: float = 0.5, balance: float = 1.0) -> Linear:
        """One support vector machine per label; `wanted`: messages × labels, bool; `balance` weighs a yes against a no."""
        weights = np.zeros((len(labels), rows.shape[1]), np.float32)
        bias = np.full(len(labels), -1.0, np.float32)
        for index in range(len(labels)):
            if wanted[:, index].any() and not wanted[:, index].all():
                machine = LinearSVC(C=strictness, class_weight={True: balance, False: 1.0}, random_state=0)
                machine.fit(rows, wanted[:, index])
                weights[index], bias[index] = machine.coef_[0], machine.intercept_[0]
        return cls(labels, weights, bias)

    def scores(self, rows: Any) -> Any:
        """Messages × labels."""
        return np.asarray(rows @ self.weights.T) + self.bias

    def save(self, folder: Path, name: str) -> None:
        """Write `name`.npz and `name`.json into a model."""
        np.savez(folder / f"{name}.npz", weights=self.weights.astype(np.float16), bias=self.bias)
        (folder / f"{name}.json").write_text(json.dumps(self.labels))

    @classmethod
    def load(cls, folder: Path, name: str) -> Linear:
        """Read what `save` wrote."""
        with np.load(folder / f"{name}.npz") as found:
            return cls(json.loads((folder / f"{name}.json").read_text()), found["weights"].astype(np.float32), found["bias"])
