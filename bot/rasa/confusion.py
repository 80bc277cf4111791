"""A picture of what each intent is taken for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure


def confusion(pairs: Sequence[tuple[str, str]], path: Path) -> None:
    """Draw (true, found) intents as a square: each row the shares of one true intent; the diagonal is right."""
    names = sorted({name for pair in pairs for name in pair})
    counts = np.zeros((len(names), len(names)))
    for true, found in pairs:
        counts[names.index(true), names.index(found)] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(12, 12), layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("understood as")
    axes.set_ylabel("is")
    for row, column in zip(*np.nonzero(shares >= 0.05), strict=True):
        share = shares[row, column]
        axes.text(column, row, f"{share:.0%}"[:-1], ha="center", va="center", fontsize=7, color="white" if share > 0.5 else "black")
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=90)
