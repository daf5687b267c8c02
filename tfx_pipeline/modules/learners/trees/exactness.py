"""Compares the graph with the library, on real rows and on rows that are made to hurt.

Made rows have numbers at, just below and just above thresholds, missing numbers, and every id,
also those that no training row has. A graph that is wrong for some is not exported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.learner import Scorer
from tfx_pipeline.modules.learners.trees.columns import TreeColumns
from tfx_pipeline.modules.learners.trees.ensemble import Ensemble
from tfx_pipeline.modules.model.model_inputs import ModelInputs

TOLERANCE = 1e-6
"""Allowed difference of logits, of those above 1 in relation to them."""
_MOST_ROWS = 4096
_LARGEST = float(np.finfo(np.float32).max)


def check_exactness(
    scorer: Scorer,
    booster: Any,
    rounds: int,
    columns: TreeColumns,
    rows: Mapping[str, NDArray[Any]],
) -> float:
    """Compare the logits of these rows.

    Returns:
        The largest difference.

    Raises:
        ArithmeticError: it is too large.
    """
    matrix = columns.matrix(rows)
    expected = booster.predict(matrix, num_iteration=rounds, raw_score=True)
    expected = expected.reshape(len(matrix), -1)
    logits = scorer.logits_of(rows).astype(np.float64)
    difference = np.abs(logits - expected) / np.maximum(1.0, np.abs(expected))
    if not (difference <= TOLERANCE).all():
        worst = int(np.argmax(np.nan_to_num(difference, nan=np.inf).max(axis=1)))
        raise ArithmeticError(
            f"the graph of the trees differs from LightGBM on {(~(difference <= TOLERANCE)).sum()}"
            f" of {len(matrix)} rows, at most by {difference[worst].max():.3g}: logits"
            f" {logits[worst].tolist()} instead of {expected[worst].tolist()} of the columns"
            f" {matrix[worst].tolist()}; allowed: {TOLERANCE:g}. This is a bug of the pipeline, or"
            " of a version of LightGBM that it does not know: use another model.family, and report"
        )
    return float(difference.max(initial=0.0))


def hurting_rows(
    rows: Mapping[str, NDArray[Any]],
    inputs: ModelInputs,
    columns: TreeColumns,
    ensemble: Ensemble,
    random: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    """Make rows of these, of which there is at least one: at most 4,096."""
    thresholds: dict[int, list[float]] = {}
    for condition in ensemble.numbers:
        if condition.column < len(columns.places):
            place = columns.places[condition.column]
            thresholds.setdefault(place, []).append(condition.threshold)
    most = max((3 * len(x) for x in thresholds.values()), default=0)
    count = min(_MOST_ROWS, max(most, *inputs.sizes.values(), 256))
    total = len(next(iter(rows.values())))
    base = np.resize(random.permutation(total), count)
    made = {name: np.array(x[base]) for name, x in rows.items()}
    for place, values in thresholds.items():
        at = np.array(values, np.float32)
        beside = [np.nextafter(at, np.float32(side * _LARGEST)) for side in (-1, 1)]
        made["numbers"][:, place] = _spread([at, *beside], count, random)
    for place in set(columns.missing):
        made["numbers"][:, place] = random.random(count) < 0.2
    start = 0
    for column, size in enumerate(inputs.sizes.values()):
        made["ids"][:, column] = _spread([np.arange(start, start + size)], count, random)
        start += size
    return made


def _spread(values: list[NDArray[Any]], count: int, random: np.random.Generator) -> NDArray[Any]:
    """Take each value about equally often, in random order."""
    return random.permutation(np.resize(random.permutation(np.concatenate(values)), count))
