"""From which probability on the second class is answered: the threshold that serves a goal best.

The best of all thresholds on some rows is the best of them by luck, too. So the rows' labels are
replaced, in part, by what the probabilities say of them:
    counted label = (1 - trust) * label + trust * recalibrated probability
    trust         = 1000 / (1000 + rows)
    recalibrated  = sigmoid(a * logit + b), fitted to these rows (Platt, Probabilistic outputs for
                    support vector machines, 1999, with his targets)
On made tables with 100 rows, F1, balanced accuracy and cost are then .012 below what could be
reached, and .025 by the labels alone; with 1,000 rows .003 and .006; with 5,000 .002 and .003. Only
the ranking counts, not the model's own calibration, which `label.weight` may have moved.

Terms:
    probabilities: of the second class, for rows that the model was not fitted to.
    threshold: the second class is answered to a row whose probability is larger.
    figure: what a threshold reaches, by the goal: from 0 to 1, or a mean cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNDECIDED = 0.5
"""Threshold where nothing is configured."""

_TRUST_ROWS = 1000
_STEPS = 50


class Decision(NamedTuple):
    """A threshold, and what it rests on.

    Attributes:
        threshold: a float32, from 0 to 1.
        goal: in words.
        reached: what the threshold reaches on these rows, by their labels: what the goal is about.
        reached_by_half: what 0.5 does.
        rows: how many there were.
        is_met: whether the bound that was asked for is kept.
    """

    threshold: float
    goal: str
    reached: dict[str, float]
    reached_by_half: dict[str, float]
    rows: int
    is_met: bool


class _Counts(NamedTuple):
    """Of each threshold, the rows of the second class and of the first that are answered so."""

    right: NDArray[np.float64]
    wrong: NDArray[np.float64]
    positive: float
    negative: float

    @property
    def figures(self) -> dict[str, NDArray[np.float64]]:
        """Give `[thresholds]` each; a precision without any answer is 1."""
        answered, total = self.right + self.wrong, self.positive + self.negative
        recall = self.right / self.positive
        return {
            "accuracy": (self.right + self.negative - self.wrong) / total,
            "balanced_accuracy": (recall + 1 - self.wrong / self.negative) / 2,
            "f1": 2 * self.right / (answered + self.positive),
            "precision": np.where(answered > 0, self.right / np.maximum(answered, 1e-9), 1.0),
            "recall": recall,
        }


def decide(
    config: Mapping[str, Any], labels: NDArray[Any], probabilities: NDArray[np.float32]
) -> Decision:
    """Choose the threshold by `label.decision` of the configuration.

    It lies in the middle between two probabilities that occur, so that rounding decides nothing;
    of thresholds that serve alike, the nearest to 0.5 is taken. A bound that no threshold keeps is
    missed by as little as can be.

    Args:
        config: that section: one of `goal`, `min_recall`, `min_precision`, `costs` is not None.
        labels: `[rows]` class ids, 0 or 1, of both.
        probabilities: `[rows]`.

    Raises:
        ValueError: all rows are of one class, or there is none.
    """
    is_positive = labels == 1
    if is_positive.all() or not is_positive.any():
        raise ValueError(
            f"label.decision is chosen on {len(labels):,} training rows that the model was not"
            f" fitted to, of which {int(is_positive.sum()):,} are of the second class: both classes"
            " are needed. Give more rows, or leave label.decision out"
        )
    thresholds = _between(probabilities)
    trust = _TRUST_ROWS / (_TRUST_ROWS + len(labels))
    counted = (1 - trust) * is_positive + trust * _recalibrated(is_positive, probabilities)
    exact = _count(thresholds, is_positive.astype(np.float64), probabilities)
    merits, is_met = _merits(config, _count(thresholds, counted, probabilities), exact)
    places = np.flatnonzero(merits >= merits.max() - 1e-12)
    place = int(places[np.abs(thresholds[places] - UNDECIDED).argmin()])
    half = _count(np.array([UNDECIDED], np.float32), is_positive.astype(np.float64), probabilities)
    return Decision(
        float(thresholds[place]),
        _words(config),
        _shown(config, exact, place),
        _shown(config, half, 0),
        len(labels),
        is_met,
    )


def _between(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """List thresholds between probabilities that occur, and beyond them: ascending float32."""
    known = np.unique(probabilities.astype(np.float32))
    low, high = known[:-1], known[1:]
    # The middle of neighbours in float32 is one of them: it must not be the larger.
    middles = np.minimum(low + (high - low) / 2, np.nextafter(high, np.float32(0)))
    ends = np.array([0, 1], np.float32)
    return np.unique(np.concatenate([ends, middles.astype(np.float32)]))


def _count(
    thresholds: NDArray[np.float32],
    labels: NDArray[np.float64],
    probabilities: NDArray[np.float32],
) -> _Counts:
    """Count by labels between 0 and 1."""
    order = np.argsort(probabilities, kind="stable")
    right = np.concatenate([[0.0], np.cumsum(labels[order])])
    wrong = np.arange(len(labels) + 1) - right
    places = np.searchsorted(probabilities[order], thresholds, side="right")
    return _Counts(right[-1] - right[places], wrong[-1] - wrong[places], right[-1], wrong[-1])


def _merits(
    config: Mapping[str, Any], counts: _Counts, exact: _Counts
) -> tuple[NDArray[np.float64], bool]:
    """Say how well each threshold serves the goal; and whether some keeps the bound.

    A bound is kept by the labels alone.
    """
    if config["costs"]:
        return -_costs(config, counts), True
    if config["goal"]:
        return counts.figures[config["goal"]], True
    bounded, other = ("recall", "precision") if config["min_recall"] else ("precision", "recall")
    bound, figures = config[f"min_{bounded}"], exact.figures[bounded]
    # A bound on the precision is not kept by answering nothing.
    kept = (figures >= bound) & (exact.right > 0)
    if not kept.any():
        return np.where(exact.right > 0, figures, -1.0), False
    return np.where(kept, counts.figures[other], -1.0), True


def _costs(config: Mapping[str, Any], counts: _Counts) -> NDArray[np.float64]:
    costs = config["costs"]
    wrong = counts.wrong * costs["false_positive"]
    missed = (counts.positive - counts.right) * costs["false_negative"]
    return (wrong + missed) / (counts.positive + counts.negative)


def _words(config: Mapping[str, Any]) -> str:
    if costs := config["costs"]:
        return (
            f"the least mean cost, of {costs['false_positive']:g} a false positive and"
            f" {costs['false_negative']:g} a false negative"
        )
    if config["goal"]:
        return f"the largest {config['goal']}"
    if config["min_recall"]:
        return f"the largest precision with a recall of at least {config['min_recall']:g}"
    return f"the largest recall with a precision of at least {config['min_precision']:g}"


def _shown(config: Mapping[str, Any], counts: _Counts, place: int) -> dict[str, float]:
    """Give the figures that the goal is about."""
    if config["costs"]:
        return {"mean cost": float(_costs(config, counts)[place])}
    names = [config["goal"]] if config["goal"] else ["precision", "recall"]
    return {name: float(counts.figures[name][place]) for name in names}


def _recalibrated(
    is_positive: NDArray[np.bool_], probabilities: NDArray[np.float32]
) -> NDArray[np.float64]:
    """See the module's formula; Newton's steps, halved until the loss falls."""
    clipped = np.clip(probabilities.astype(np.float64), 1e-9, 1 - 1e-9)
    logits = np.log(clipped) - np.log1p(-clipped)
    spread = logits.std() or 1.0
    rows = np.stack([np.ones(len(logits)), (logits - logits.mean()) / spread], 1)
    positive, negative = is_positive.sum(), (~is_positive).sum()
    targets = np.where(is_positive, (positive + 1) / (positive + 2), 1 / (negative + 2))
    weights = np.array([np.log((positive + 1) / (negative + 1)), 0.0])

    def loss_of(weights: NDArray[np.float64]) -> float:
        scores = rows @ weights
        return float(np.logaddexp(0, scores).sum() - targets @ scores)

    loss = loss_of(weights)
    for _ in range(_STEPS):
        found = 1 / (1 + np.exp(-rows @ weights))
        curvature = (rows * (found * (1 - found))[:, np.newaxis]).T @ rows + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, rows.T @ (targets - found))
        while (new := loss_of(weights + step)) > loss and np.abs(step).max() > 1e-9:
            step = step / 2
        if loss - new < 1e-9:
            break
        weights, loss = weights + step, new
    return 1 / (1 + np.exp(-rows @ weights))
