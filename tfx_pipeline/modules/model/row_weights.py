"""How much each training row counts: what `label.weight` says, divided by its mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.features.label import BALANCED
from tfx_pipeline.modules.model.transformed_rows import TransformedRows


def weigh(rows: TransformedRows, label: Mapping[str, Any]) -> TransformedRows:
    """Give the rows the weights that they are trained with, whose mean is 1; or none.

    `label` is that section of the configuration. Balanced, a row has n / (k n_class), by the n rows
    there are, the k classes that have rows, and the n_class rows of its class: scikit-learn's
    `compute_class_weight`, after King and Zeng, Logistic regression in rare events data, 2001.

    Raises:
        ValueError: a weight is missing, negative or infinite, or all are 0.
    """
    wanted = label.get("weight")
    if wanted is None:
        return rows._replace(weight=None)
    if wanted == BALANCED:
        return rows._replace(weight=_balanced(rows.label))
    if rows.weight is None:
        raise ValueError(
            f"preprocessing_fn returns no `label_weight`, which label.weight {wanted!r} asks for"
        )
    return rows._replace(weight=_checked(rows.weight, wanted))


def _balanced(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    counts = np.bincount(labels)
    of_class = len(labels) / (np.count_nonzero(counts) * np.maximum(counts, 1))
    return of_class[labels].astype(np.float32)


def _checked(weights: NDArray[np.float32], column: str) -> NDArray[np.float32]:
    for is_bad, what in (
        (np.isnan(weights), "no weight: it is missing, or no finite number"),
        (np.isinf(weights), "a weight beyond float32"),
        (weights < 0, "a negative weight"),
    ):
        if count := int(is_bad.sum()):
            example = "" if np.isnan(weights[is_bad][0]) else f", {weights[is_bad][0]:g} the first"
            raise ValueError(
                f"{count:,} of {len(weights):,} training rows have {what} in column {column!r}"
                f"{example}; allowed: numbers from 0 on. Mend these rows, or weigh by another"
                " column in label.weight"
            )
    mean = weights.mean(dtype=np.float64)
    if mean == 0:
        raise ValueError(
            f"all {len(weights):,} training rows have the weight 0 in column {column!r}: there is"
            " nothing to learn. Weigh by another column in label.weight, or leave it out"
        )
    return (weights / mean).astype(np.float32)
