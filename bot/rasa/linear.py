"""Linear models, one against the rest, with weights small enough to keep ten languages in memory."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.svm import LinearSVC


class Linear:
    """A score per label: above zero is more yes than no. Weights: columns × labels, half precision."""

    def __init__(self, labels: list[str], weights: Any, bias: Any) -> None:
        self.labels, self.weights, self.bias = labels, weights, bias

    @classmethod
    def train(cls, rows: Any, wanted: Any, labels: list[str], strictness: float = 0.5, balance: float = 1.0) -> Linear:
        """One support vector machine per label; `wanted`: messages × labels, bool; `balance` weighs a yes against a no."""
        weights = np.zeros((rows.shape[1], len(labels)), np.float16)
        bias = np.full(len(labels), -1.0, np.float32)

        def fit(index: int) -> None:
            machine = LinearSVC(C=strictness, class_weight={True: balance, False: 1.0}, tol=0.01, random_state=0)
            machine.fit(rows, wanted[:, index])
            weights[:, index], bias[index] = machine.coef_[0], machine.intercept_[0]

        known = [index for index in range(len(labels)) if wanted[:, index].any() and not wanted[:, index].all()]
        with ThreadPoolExecutor(os.cpu_count()) as together:  # liblinear works outside Python's lock
            list(together.map(fit, known))
        return cls(labels, weights, bias)

    def scores(self, rows: Any) -> Any:
        """Messages × labels. A single message touches only its own columns."""
        if rows.shape[0] == 1:
            return rows.data[None, :] @ self.weights[rows.indices].astype(np.float32) + self.bias
        return np.asarray(rows @ self.weights.astype(np.float32)) + self.bias

    def of(self, label: str, columns: Any) -> Any:
        """A label's weights at some columns."""
        return self.weights[columns, self.labels.index(label)].astype(np.float32)

    def save(self, folder: Path, name: str) -> None:
        """Write `name`.npz and `name`.json into a model."""
        np.savez_compressed(folder / f"{name}.npz", weights=self.weights, bias=self.bias)
        (folder / f"{name}.json").write_text(json.dumps(self.labels))

    @classmethod
    def load(cls, folder: Path, name: str) -> Linear:
        """Read what `save` wrote."""
        with np.load(folder / f"{name}.npz") as found:
            return cls(json.loads((folder / f"{name}.json").read_text()), found["weights"], found["bias"])
