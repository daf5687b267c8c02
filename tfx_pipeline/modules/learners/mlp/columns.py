"""What the network must know of its columns beforehand, found in the training rows.

Terms:
    seen id: one that a training row has. An id that none has, as that of unknown categories
        usually is, stands for nothing: zeros.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.model.model_inputs import ModelInputs

MOST_ONE_HOT = 9
_LOOKED_AT = 50_000
_READ_AT_ONCE = 65_536


@dataclass(frozen=True)
class NumberColumns:
    """The numbers that vary.

    Attributes:
        places: of them in `numbers`, `[columns] int32`.
        medians: `[columns] float32`.
        factors: what they are multiplied by, see `robust_factors`.
        many: which of them have more than two values, `[columns] bool`.
    """

    places: NDArray[np.int32]
    medians: NDArray[np.float32]
    factors: NDArray[np.float32]
    many: NDArray[np.bool_]


@dataclass(frozen=True)
class IdColumns:
    """The columns of ids of which more than one is seen.

    Attributes:
        one_hot: of the columns of at most `MOST_ONE_HOT` seen ids, each of these as a column
            and an id: `[ids, 2] int32`.
        embedded: the other columns, `[columns] int32`.
        rows: of each id, which row of the table of embeddings is its own, `[all ids] int32`; 0
            is for ids that are not seen.
    """

    one_hot: NDArray[np.int32]
    embedded: NDArray[np.int32]
    rows: NDArray[np.int32]


def find_numbers(learning: LearningRows) -> NumberColumns | None:
    """Look at the rows that are fitted to, at most 50,000; None without numbers that vary."""
    numbers = learning.rows.inputs.get("numbers")
    if numbers is None:
        return None
    fitted = learning.fitted
    some = learning.random.choice(fitted, min(len(fitted), _LOOKED_AT), replace=False)
    seen = np.asarray(numbers[np.sort(some)], np.float64)
    places = np.flatnonzero(seen.min(axis=0) != seen.max(axis=0))
    if not len(places):
        return None
    seen = seen[:, places]
    low, high = seen.min(axis=0), seen.max(axis=0)
    return NumberColumns(
        places.astype(np.int32),
        np.median(seen, axis=0).astype(np.float32),
        robust_factors(seen).astype(np.float32),
        ~((seen == low) | (seen == high)).all(axis=0),
    )


def robust_factors(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give 1 / (q75 - q25) of each column, or 2 / (max - min) where these quartiles are equal.

    `numbers` are `[rows, columns]`, none of which is constant. Source: the paper, section 3.
    """
    low, high = np.quantile(numbers, [0.25, 0.75], axis=0)
    half = 0.5 * (numbers.max(axis=0) - numbers.min(axis=0))
    return 1 / np.where(high > low, high - low, half)


def find_ids(learning: LearningRows, inputs: ModelInputs) -> IdColumns | None:
    """Look at all rows that are fitted to; None without ids that differ.

    The buckets of a number that is there by itself as well say nothing new: they are left out.
    """
    ids = learning.rows.inputs.get("ids")
    if ids is None:
        return None
    counts = np.zeros(inputs.size, np.int64)
    fitted = np.sort(learning.fitted)
    for places in np.split(fitted, range(_READ_AT_ONCE, len(fitted), _READ_AT_ONCE)):
        counts += np.bincount(ids[places].ravel(), minlength=inputs.size)
    one_hot, embedded = [], []
    rows = np.zeros(inputs.size, np.int32)
    row = itertools.count(1)
    start = 0
    for place, (name, size) in enumerate(inputs.sizes.items()):
        seen = start + np.flatnonzero(counts[start : start + size])
        start += size
        if len(seen) < 2 or f"{name.removesuffix('_bucket')}_scaled" in inputs.widths:
            continue
        if len(seen) <= MOST_ONE_HOT:
            one_hot += [(place, each) for each in seen]
            continue
        embedded.append(place)
        rows[seen] = [next(row) for _ in seen]
    if not one_hot and not embedded:
        return None
    pairs = np.array(one_hot, np.int32).reshape(-1, 2)
    return IdColumns(pairs, np.array(embedded, np.int32), rows)
