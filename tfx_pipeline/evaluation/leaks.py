"""Features that know the label: what one feature alone can tell, and ids among the features.

Terms:
    power: how well one feature alone tells the label of rows that it was not learned from. Binary:
        the area under the ROC curve. Multi-class: the share of the errors of the majority class
        that it avoids (1: none is left). Regression: R² of the label's ranks, so that a few huge
        labels do not hide the others.
    encoding: the mean label (the classes' counts) of the rows that share the feature's bin.

The encoding of a row is learned from the four other of five folds, or a name that comes once would
know its own label; copies of a row are in one fold. Source: D. Micci-Barreca, A preprocessing
scheme for high-cardinality categorical attributes, SIGKDD Explorations 3 (2001) 27-32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Categories, Column, distinct_share
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows

MAX_POWER = {"binary": 0.995, "multiclass": 0.99, "regression": 0.99}
"""By task: power from which on a feature is suspected, unless the configuration says another."""
POWER_NAMES = {
    "binary": "AUC",
    "multiclass": "share of the majority class's errors avoided",
    "regression": "R² of the label's ranks",
}
_FOLDS, _NUMBER_BINS = 5, 100
_FEWEST_ROWS, _FEWEST_OF_CLASS = 100, 10
_ID_SHARE = 0.95


def feature_powers(
    task: str, labels: NDArray[Any], columns: dict[str, Column], row_hashes: NDArray[Any]
) -> dict[str, float]:
    """Measure the power of each column alone; empty where there are too few labels to tell.

    Args:
        task: of the label.
        labels: `[rows] float64`: class ids, or numbers; NaN where unknown.
        columns: by name.
        row_hashes: `[rows]`; equal rows have equal ones.
    """
    known = np.isfinite(labels)
    if known.sum() < _FEWEST_ROWS:
        return {}
    targets = labels[known]
    if task != "regression":
        targets, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
        if len(counts) < 2 or np.sort(counts)[-2] < _FEWEST_OF_CLASS:
            return {}
    else:
        targets = _ranks(targets)
    folds = (row_hashes[known].astype(np.uint64) % np.uint64(_FOLDS)).astype(np.int64)
    return {
        name: power
        for name, column in columns.items()
        if (power := _power(task, targets, _bins(column)[known], folds)) is not None
    }


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place] / len(values)


def _bins(column: Column) -> NDArray[np.int64]:
    """Give the bin of each row: a value, or one of 100 quantiles; missing is one too."""
    if isinstance(column, Categories):
        return column.codes.astype(np.int64) + 1
    values = np.sort(column.values[column.known])
    if not len(values):
        return np.zeros(len(column.values), np.int64)
    cuts = np.unique(values[(np.arange(1, _NUMBER_BINS) * len(values)) // _NUMBER_BINS])
    places = np.searchsorted(cuts, column.values, side="right")
    return np.where(column.known, places + 1, 0)


def _power(
    task: str, targets: NDArray[Any], bins: NDArray[np.int64], folds: NDArray[np.int64]
) -> float | None:
    if task == "multiclass":
        return _errors_avoided(targets, bins, folds)
    answers = _encoded(targets.astype(np.float64), bins, folds)
    if task == "binary":
        return compute("auc", ScoredRows("binary", 2, targets, answers))
    spread = np.square(targets - targets.mean()).sum()
    return float(1 - np.square(targets - answers).sum() / spread) if spread else None


def _encoded(
    targets: NDArray[np.float64], bins: NDArray[np.int64], folds: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Give the mean target of each row's bin in the other folds, and of one average row more."""
    shape = (_FOLDS, int(bins.max()) + 1)
    places = np.ravel_multi_index((folds, bins), shape)
    size = shape[0] * shape[1]
    sums = np.bincount(places, targets, size).reshape(shape)
    counts = np.bincount(places, minlength=size).reshape(shape)
    other_sums, other_counts = sums.sum(0) - sums, counts.sum(0) - counts
    return ((other_sums + targets.mean()) / (other_counts + 1))[folds, bins]


def _errors_avoided(
    targets: NDArray[Any], bins: NDArray[np.int64], folds: NDArray[np.int64]
) -> float:
    classes = int(targets.max()) + 1
    of_class = [_encoded((targets == each).astype(np.float64), bins, folds) for each in
                range(classes)]  # fmt: skip
    right = float(np.mean(np.argmax(of_class, axis=0) == targets))
    majority = float(np.bincount(targets).max() / len(targets))
    return (right - majority) / (1 - majority)


def names_each_row(column: Column) -> bool:
    """Tell an id: an integer or a text of which almost every row has another one."""
    if not isinstance(column, Categories) and not column.is_whole:
        return False
    return int(column.known.sum()) >= _FEWEST_ROWS and distinct_share(column) >= _ID_SHARE


def rows_after(moments: NDArray[Any], label_moments: NDArray[Any]) -> tuple[int, int]:
    """Count rows whose moment is later than the label's, and rows where both are known."""
    both = np.isfinite(moments) & np.isfinite(label_moments)
    return int(np.sum(moments[both] > label_moments[both])), int(both.sum())
