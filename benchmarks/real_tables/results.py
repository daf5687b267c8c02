"""Results on disk: a line of JSON a fit, and its predictions beside, so that a run can go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Fit:
    """One way, on one split of one table.

    Attributes:
        split: digest of the rows of `eval`; ways are compared on the same one only.
        rows: that were trained on.
        fit_s: wall seconds of the fit, and `cpu_s` of all its threads.
        metrics: over the rows of `eval`.
        notes: what else was measured, by name.
    """

    table: str
    seed: int
    way: str
    split: str
    rows: int
    fit_s: float
    cpu_s: float
    metrics: dict[str, float]
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Predictions:
    """What a fit says of the rows of `eval`.

    Attributes:
        places: of the rows in the table, ascending.
        label: class ids, or numbers.
        values: `[rows, classes]` probabilities, or `[rows]` numbers.
    """

    places: NDArray[np.int64]
    label: NDArray[Any]
    values: NDArray[Any]


class Results:
    """The results in a folder; of two lines for the same fit, the later one counts."""

    def __init__(self, folder: Path) -> None:
        """Read what is there."""
        self._folder = folder
        self._file = folder / "results.jsonl"
        self._fits: dict[tuple[str, int, str], Fit] = {}
        if self._file.exists():
            for line in self._file.read_text().splitlines():
                fit = Fit(**json.loads(line))
                self._fits[fit.table, fit.seed, fit.way] = fit

    def __iter__(self) -> Iterator[Fit]:
        return iter(self._fits.values())

    def has(self, table: str, seed: int, way: str, split: str) -> bool:
        """Tell whether this was measured on this very split."""
        fit = self._fits.get((table, seed, way))
        return fit is not None and fit.split == split

    def add(self, fit: Fit, predictions: Predictions) -> None:
        """Keep a fit, its predictions first."""
        file = self._predictions_file(fit)
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez_compressed(part, **asdict(predictions))
        part.replace(file)
        with self._file.open("a") as stream:
            stream.write(json.dumps(asdict(fit)) + "\n")
        self._fits[fit.table, fit.seed, fit.way] = fit

    def predictions(self, fit: Fit) -> Predictions:
        """Read what a fit said."""
        with np.load(self._predictions_file(fit)) as arrays:
            return Predictions(**arrays)

    def pairs(self, table: str, way: str, other: str) -> list[tuple[Fit, Fit]]:
        """Find the fits of two ways on the same splits of a table, in the order of the seeds."""
        found = []
        for fit in sorted(self, key=lambda fit: fit.seed):
            theirs = self._fits.get((table, fit.seed, other))
            if (fit.table, fit.way) == (table, way) and theirs and theirs.split == fit.split:
                found.append((fit, theirs))
        return found

    def _predictions_file(self, fit: Fit) -> Path:
        return self._folder / "predictions" / f"{fit.table}-{fit.seed}-{fit.way}.npz"
