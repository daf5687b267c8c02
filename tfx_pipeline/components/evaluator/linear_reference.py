"""A linear model beside the candidate: how far one gets without any other.

It is fitted to some training rows as the candidate's own transform graph gives them, by the
learner of the family `linear`, with a penalty that is not chosen: this is a reference, and must
take little time. A number acts by a piecewise linear function, an id by a weight of its own.

Features that encode the label of the training rows (`<column>_target`) are left out: what they say
of these very rows is too good, and the Trainer, which knows that, has other values in training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN, LABEL_WEIGHT
from tfx_pipeline.modules.learners.linear.losses import loss_of
from tfx_pipeline.modules.learners.linear.penalised import Problem
from tfx_pipeline.modules.learners.linear.pieces import Pieces, design
from tfx_pipeline.modules.model.tasks import Regression, learn_task

MOST_ROWS = 20_000
_MOST_CELLS = 2_000_000
_FEWEST_ROWS = 1_000
_MOST_CATEGORIES = 2_000
_L2, _STEPS, _TOLERANCE = 3.0, 60, 1e-4
_TARGET = "_target"


@dataclass(frozen=True)
class Numbers:
    """The functions of the numbers, `[width]` of them side by side.

    Attributes:
        names: of the features, in this order.
        places: of each function, which number it is of.
        knots: of each function, ascending.
        heights: of each function, its values at the knots: `[knots, outputs]`.
    """

    names: tuple[str, ...]
    places: tuple[int, ...]
    knots: tuple[NDArray[np.float64], ...]
    heights: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Ids:
    """The weights of a feature's ids.

    Attributes:
        name: of the feature.
        known: ids that are known, ascending.
        weights: `[1 + known, outputs]`: of all others, then of these.
    """

    name: str
    known: NDArray[np.int64]
    weights: NDArray[np.float64]


@dataclass(frozen=True)
class LinearReference:
    """A fitted linear model; plain arrays, so it can be sent to other processes.

    Attributes:
        task: of its answers.
        intercept: `[outputs]`.
        mean, deviation: of the labels of a regression.
    """

    task: str
    numbers: Numbers
    ids: tuple[Ids, ...]
    intercept: NDArray[np.float64]
    mean: float = 0.0
    deviation: float = 1.0

    def answers(self, features: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Answer transformed features, see `ScoredRows`: `[rows]` or `[rows, classes]`."""
        rows = len(features[LABEL])
        logits = np.tile(self.intercept, (rows, 1))
        table = self.numbers
        values = _matrix(features, table.names, rows)
        for place, knots, heights in zip(table.places, table.knots, table.heights, strict=True):
            for output, column in enumerate(heights.T):
                logits[:, output] += np.interp(values[:, place], knots, column)
        for ids in self.ids:
            logits += ids.weights[_codes(features[ids.name], ids.known)]
        if self.task == "regression":
            return (logits[:, 0] * self.deviation + self.mean).astype(np.float32)
        if self.task == "binary":
            return (1 / (1 + np.exp(-np.clip(logits[:, 0], -80, 80)))).astype(np.float32)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)


def usable_features(kinds: Mapping[str, tf.TensorSpec]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Choose the features: numbers of a fixed width, by name, and ids, one a row."""
    widths, ids = {}, []
    for name, kind in sorted(kinds.items()):
        if name in (LABEL, LABEL_KNOWN, LABEL_WEIGHT) or not kind.shape.rank:
            continue  # no feature, or one of which nobody says how many values a row has
        shape = kind.shape.as_list()[1:]
        if None in shape:
            continue
        width = int(np.prod(shape))
        if kind.dtype.is_floating:
            widths[name] = width
        elif kind.dtype.is_integer and width == 1:
            ids.append(name)
    plain = {name: width for name, width in widths.items() if not name.endswith(_TARGET)}
    return (plain if plain or ids else widths), tuple(ids)


def rows_for(widths: Mapping[str, int], ids: Sequence[str]) -> int:
    """Say how many rows it is fitted to: fewer of many columns."""
    cells = 2 * sum(widths.values()) + len(ids)
    return min(MOST_ROWS, max(_FEWEST_ROWS, _MOST_CELLS // max(1, cells)))


def fit_linear(
    task: str,
    classes: Sequence[str],
    features: Mapping[str, NDArray[Any]],
    labels: NDArray[np.float64],
    chosen: tuple[Mapping[str, int], Sequence[str]],
) -> LinearReference:
    """Fit it to transformed rows whose labels are known; `chosen`: see `usable_features`.

    Raises:
        ValueError: there is nothing to fit, and why.
    """
    widths, names = chosen
    if not widths and not names:
        raise ValueError("the model's transformed features are neither numbers nor ids")
    good = ~ScoredRows(task, len(classes), labels, np.zeros_like(labels)).label_is_bad
    if not good.any():
        raise ValueError("no training row has a label")
    features, labels = {name: x[good] for name, x in features.items()}, labels[good]
    if task != "regression":
        labels = labels.astype(np.int64)
    learned = learn_task({"task": task, "classes": classes}, labels)
    numbers = _matrix(features, widths, len(labels)).astype(np.float32)
    pieces = Pieces.of(numbers, np.random.default_rng(0))
    known = [_known(features[name]) for name in names]
    starts = np.cumsum([0, *(1 + len(x) for x in known)])
    ids = [
        _codes(features[name], x) + start
        for name, x, start in zip(names, known, starts, strict=False)
    ]
    matrix = design(
        pieces, numbers, np.stack(ids, 1).astype(np.int32) if ids else None, int(starts[-1])
    )
    problem = _problem(pieces, matrix, learned.encoded_labels(labels), loss_of(learned))
    weights = problem.fit(_L2, problem.nothing(learned.outputs), _STEPS, _TOLERANCE)
    values = problem.heights @ weights.parameters
    found = LinearReference(
        task,
        _numbers(pieces, tuple(widths), values),
        tuple(
            Ids(name, x, values[pieces.count + start : pieces.count + start + 1 + len(x)])
            for name, x, start in zip(names, known, starts, strict=False)
        ),
        weights.intercept - problem.center @ values,
    )
    if isinstance(learned, Regression):
        return replace(found, mean=learned.mean, deviation=learned.deviation)
    return found


def _problem(pieces: Pieces, matrix: Any, labels: NDArray[Any], loss: Any) -> Problem:
    from scipy import sparse

    rows, columns = matrix.shape
    others = sparse.identity(columns - pieces.count)
    return Problem(
        matrix,
        sparse.block_diag([pieces.heights(), others], "csr"),
        np.asarray(matrix.mean(axis=0)).ravel(),
        labels.astype(np.float64 if labels.dtype.kind == "f" else np.int64),
        np.ones(rows),
        loss,
    )


def _numbers(pieces: Pieces, names: tuple[str, ...], values: NDArray[np.float64]) -> Numbers:
    """Take the functions' heights; each is 0 at its first knot."""
    counts = [len(knots) - 1 for knots in pieces.knots]
    parts = np.split(values[: pieces.count], np.cumsum(counts)[:-1]) if counts else []
    heights = [np.concatenate([np.zeros((1, values.shape[1])), part]) for part in parts]
    return Numbers(names, pieces.places, pieces.knots, tuple(heights))


def _matrix(
    features: Mapping[str, NDArray[Any]], names: Sequence[str] | Mapping[str, int], rows: int
) -> NDArray[np.float64]:
    """Put numbers side by side; a user's own may be none, which stand at 0."""
    columns = [features[name].reshape(rows, -1) for name in names]
    joined = np.concatenate(columns, axis=1) if columns else np.zeros((rows, 0))
    return np.nan_to_num(joined.astype(np.float64), posinf=0.0, neginf=0.0)


def _known(ids: NDArray[Any]) -> NDArray[np.int64]:
    """List the ids, at most so many: the most frequent."""
    different, counts = np.unique(ids.reshape(-1), return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:_MOST_CATEGORIES]
    return np.sort(different[kept]).astype(np.int64)


def _codes(ids: NDArray[Any], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the places of ids among those known, from 1 on; 0: it is none of them."""
    ids = ids.reshape(-1)
    places = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    return np.where(known[places] == ids, places + 1, 0)
