"""Rows that travel with a model, what it answered when it was trained, and what it answers now.

Whoever loads the model elsewhere sends the instances and compares the answers. A `run_fn` of a
user's own writes them by `write_smoke_rows`.

Terms:
    instance: raw features by name, as JSON: a number or a text; NaN and "" where missing.
    prediction: what the model answered, by name of the output; lists for vectors.
    transformed: what the network was fed, by name of the transformed feature.
    answer: what the model answers now, for one row: values by name of the output.
    difference: of numbers, relative to the prediction above 1 and absolute below; of texts, 1
        where they differ; infinite where there is nothing to compare, NaN included.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.storage import fileio

LOCATION = Path("assets.extra") / "smoke_rows.json"
"""Place of the file inside the exported model."""
TOLERANCE = 1e-5
"""Largest difference that is accepted: float32 computed in another order gives some 1e-7."""


@dataclass(frozen=True)
class SmokeRows:
    """Instances and what became of them, one a row, in the same order.

    Attributes:
        instances: what a caller sends.
        predictions: what the model answered at training time, to float32 precision.
        transformed: what the network was fed then, for the rows that were not changed; empty when
            it was not written down.
        changes: what was changed in a row of the split (see `made_rows`), "" for a row as it is;
            those come first. Empty: no row was changed.
    """

    instances: Sequence[Mapping[str, Any]]
    predictions: Sequence[Mapping[str, Any]]
    transformed: Sequence[Mapping[str, Any]] = ()
    changes: Sequence[str] = ()

    @property
    def unchanged(self) -> int:
        """Number of the rows that are as in the split."""
        return len(self.instances) - sum(map(bool, self.changes))

    def change(self, row: int) -> str:
        """Say what was changed in a row; empty for a row as it is in the split."""
        return self.changes[row] if row < len(self.changes) else ""


def write_smoke_rows(model_directory: str | os.PathLike[str], rows: SmokeRows) -> str:
    """Write the rows into a model's folder or URI, whole or not at all; return the file's place."""
    place = fileio.join(os.fspath(model_directory), LOCATION.as_posix())
    fileio.write_bytes(place, json.dumps(vars(rows), indent=1).encode())
    return place


def read_smoke_rows(model_directory: str | os.PathLike[str]) -> SmokeRows:
    """Read the rows of a model.

    Raises:
        FileNotFoundError: the model carries none.
        ValueError: the file is not what `write_smoke_rows` writes.
    """
    path = Path(model_directory) / LOCATION
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        rows = SmokeRows(**content)
    except TypeError as error:
        raise ValueError(f"{path} does not hold instances and predictions: {error}") from error
    if len(rows.instances) != len(rows.predictions):
        raise ValueError(
            f"{path}: {len(rows.instances)} instances, {len(rows.predictions)} predictions"
        )
    return rows


@dataclass(frozen=True)
class Mismatch:
    """An answer that is not the prediction.

    Attributes:
        row: number of the row, from 0.
        output: name of the output.
        received: the answer; none where the model gives no such output.
        expected: the prediction.
        difference: see the module's terms.
    """

    row: int
    output: str
    received: Any
    expected: Any
    difference: float


@dataclass(frozen=True)
class Comparison:
    """What was found: the largest difference, and the first beyond the tolerance."""

    rows: int
    largest_difference: float
    mismatch: Mismatch | None


def compare_answers(
    predictions: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Compare all outputs that the predictions name; others are not looked at.

    Raises:
        ValueError: there are more or fewer answers than predictions.
    """
    largest, first = 0.0, None
    for row, (prediction, answer) in enumerate(zip(predictions, answers, strict=True)):
        for output, expected in prediction.items():
            received = answer.get(output)
            size = difference(expected, received)
            largest = max(largest, size)
            if first is None and size > TOLERANCE:
                first = Mismatch(row, output, received, expected, size)
    return Comparison(len(predictions), largest, first)


def difference(expected: Any, received: Any) -> float:
    """Measure the largest difference between two values, or between the items of two lists."""
    import numpy as np  # not needed to read rows

    try:
        then, now = np.asarray(expected), np.asarray(received)
    except ValueError:  # lists of unequal lengths
        return math.inf
    if then.shape != now.shape or (then.dtype.kind == "U") != (now.dtype.kind == "U"):
        return math.inf
    if then.dtype.kind == "U":
        return float((then != now).any())
    try:
        sizes = np.abs(now.astype(float) - then) / np.maximum(1, np.abs(then))
    except (TypeError, ValueError):  # nothing that is a number
        return math.inf
    return float(np.where(np.isnan(sizes), math.inf, sizes).max(initial=0.0))


def shown(value: Any, width: int = 60) -> str:
    """Write a value for a message: 6 digits a number, and no more of a list than fits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        text = f"[{', '.join(shown(item) for item in value)}]"
        return text if len(text) <= width else f"{text[:width]}…"
    return repr(value)
