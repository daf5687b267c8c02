"""The curves of a model as points: few enough to draw, whatever the number of rows.

Terms:
    curve: `{"x": […], "y": […], "threshold": […]}`, see `roc` and `precision_recall`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.formulas.probabilities import confidences, equal_mass_bins
from tfx_pipeline.evaluation.intervals.blocks import make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.methods.rates import rate_ends
from tfx_pipeline.evaluation.intervals.parts import Rate
from tfx_pipeline.evaluation.scored_rows import ScoredRows

MOST_POINTS = 200
"""Of a curve."""
MOST_CLASSES = 10
"""Whose curves are drawn: those with most rows."""
_BINS = 20
"""Of histograms and of the calibration, each of which has as many rows."""


def curves(
    candidate: ScoredRows,
    others: Mapping[str, ScoredRows],
    classes: tuple[str, ...],
    resampling: Resampling,
) -> dict[str, Any]:
    """Give the points of all curves that a task has; of other models, those that compare.

    Returns:
        Binary: `roc` and `precision_recall` by model, `calibration` by model, `answers`.
        Multi-class: `roc` and `precision_recall` by class, each against the others; `calibration`
        of the likeliest class; `answers` by whether it was right. Regression: `residuals`.
    """
    models = {"candidate": candidate, **others}
    if not len(candidate.labels):
        return {}
    if candidate.task == "regression":
        return {"residuals": residuals(candidate)}
    if candidate.task == "binary":
        lines = {
            name: (rows.labels == 1, rows.answers.astype(np.float64))
            for name, rows in models.items()
        }
        groups = {name: candidate.labels == place for place, name in enumerate(classes)}
        scores = candidate.answers.astype(np.float64)
    else:
        lines = _of_classes(candidate, classes)
        scores, right = confidences(candidate)
        groups = {"right": right, "wrong": ~right}
    return {
        "roc": _drawn(roc, lines),
        "precision_recall": _drawn(precision_recall, lines),
        "calibration": {name: calibration(rows, resampling) for name, rows in models.items()},
        "answers": histogram(scores, groups),
    }


def _drawn(curve: Any, lines: Mapping[str, tuple[NDArray[Any], NDArray[Any]]]) -> dict[str, Any]:
    made = {name: curve(positive, scores) for name, (positive, scores) in lines.items()}
    return {name: points for name, points in made.items() if points}


def _of_classes(
    rows: ScoredRows, classes: tuple[str, ...]
) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
    counts = np.bincount(rows.labels.astype(int), minlength=rows.classes)
    largest = sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())
    return {
        classes[place]: (rows.labels == place, rows.answers[:, place].astype(np.float64))
        for place in largest
    }


def roc(positive: NDArray[Any], scores: NDArray[Any]) -> dict[str, list[float]]:
    """Give the share of positive rows above a threshold (y) over that of negative ones (x)."""
    hits, answered, thresholds = _above(positive, scores)
    positives, negatives = int(positive.sum()), int((~positive).sum())
    if not positives or not negatives:
        return {}
    x = np.concatenate([[0.0], (answered - hits) / negatives])
    y = np.concatenate([[0.0], hits / positives])
    return _points(x, y, np.concatenate([thresholds[:1], thresholds]))


def precision_recall(positive: NDArray[Any], scores: NDArray[Any]) -> dict[str, list[float]]:
    """Give the share of positives among the rows above a threshold (y) over their recall (x)."""
    hits, answered, thresholds = _above(positive, scores)
    if not (positives := int(positive.sum())):
        return {}
    return _points(hits / positives, hits / answered, thresholds)


def _above(
    positive: NDArray[Any], scores: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Count positive rows and rows from each score on, downwards; and give these scores."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1)
    return np.cumsum(positive[order])[last], last + 1, ordered[last]


def _points(x: NDArray[Any], y: NDArray[Any], thresholds: NDArray[Any]) -> dict[str, list[float]]:
    """Keep the points that stand at equal steps along the curve, and both ends."""
    if len(x) > MOST_POINTS:
        way = np.cumsum(np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0])))
        wanted = np.linspace(0, way[-1], MOST_POINTS - 1)
        kept = np.unique(np.append(np.searchsorted(way, wanted), len(x) - 1).clip(0, len(x) - 1))
        x, y, thresholds = x[kept], y[kept], thresholds[kept]
    return {"x": _listed(x), "y": _listed(y), "threshold": _listed(thresholds)}


def calibration(rows: ScoredRows, resampling: Resampling) -> list[dict[str, float]]:
    """Compare probabilities with what happened, in bins of equally many rows.

    Binary: the probability of the second class with the share of its rows; multi-class: that of
    the likeliest class with the share of rows that are of it. Equal probabilities share a bin.

    Returns:
        By bin, upwards: `answer` (mean), `share` with `low` and `high` (Wilson), `rows`.
    """
    scores, hit = confidences(rows)
    bins = equal_mass_bins(scores, _BINS)
    counts = np.bincount(bins)
    sums, blocks = np.bincount(bins, scores), make_blocks(len(hit), resampling)
    points = []
    for place in np.flatnonzero(counts):
        count, inside = int(counts[place]), bins == place
        share = rate_ends(Rate(hit & inside, inside), blocks, resampling.confidence)
        answer, ends = float(sums[place] / count), {"low": share.low, "high": share.high}
        points.append({"answer": answer, "share": share.value, **ends, "rows": count})
    return points


def histogram(scores: NDArray[Any], groups: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    """Count rows by probability and group, in bins of equal width from 0 to 1."""
    edges = np.linspace(0, 1, _BINS + 1)
    counts = {
        name: np.histogram(scores[member].clip(0, 1), edges)[0].tolist()
        for name, member in groups.items()
    }
    return {"edges": edges.tolist(), "counts": counts}


def residuals(rows: ScoredRows) -> dict[str, Any]:
    """Describe the errors, answer less label.

    Returns:
        `edges` and `counts` of their histogram, whose outer bins take what lies beyond the 0.5 %
        and 99.5 % quantiles; `by_answer`: in bins of equally many rows by answer, `answer` and
        `label` (means), and the quantiles `low` (10 %), `middle` and `high` (90 %) of the errors.
    """
    answers = rows.answers.astype(np.float64)
    errors = answers - rows.labels
    low, high = _quantiles(errors, 0.005, 0.995)
    edges = np.linspace(low, high, 2 * _BINS + 1) if high > low else np.array([low, low + 1.0])
    counts = np.histogram(errors.clip(edges[0], edges[-1]), edges)[0]
    bins = equal_mass_bins(answers, _BINS)
    by_answer = []
    for place in np.unique(bins):
        member = bins == place
        quantiles = _quantiles(errors[member], 0.1, 0.5, 0.9)
        by_answer.append(
            {
                "answer": float(answers[member].mean()),
                "label": float(rows.labels[member].mean()),
                **dict(zip(("low", "middle", "high"), quantiles, strict=True)),
                "rows": int(member.sum()),
            }
        )
    return {"edges": _listed(edges), "counts": counts.tolist(), "by_answer": by_answer}


def _quantiles(values: NDArray[Any], *shares: float) -> list[float]:
    return [float(np.quantile(values, share)) for share in shares]


def _listed(values: NDArray[Any]) -> list[float]:
    """Give numbers with six digits, which no drawing tells from more."""
    return [float(f"{value:.6g}") for value in values.tolist()]
