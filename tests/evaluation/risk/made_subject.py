"""A model whose truth is known, and rows that its labels were drawn for; and what can be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.subject import Columns, Domain, Predict, Sample, Subject

WEIGHTS = {"a": 1.2, "b": -1.0, "c": 0.8, "d": 0.6, "e": 0.4, "f": 0.3}
COLORS = ("red", "green", "blue")


def made_subject(
    seed: int, rows: int = 3000, task: str = "binary", extra: Mapping[str, Any] | None = None
) -> Subject:
    """Draw rows of six numbers and a text; `sex` and `age` are in the table, and no features."""
    dice = np.random.default_rng(seed)
    columns: dict[str, Any] = {name: dice.normal(size=rows) for name in WEIGHTS}
    columns["color"] = np.array(COLORS, object)[dice.integers(0, 3, rows)]
    features = (*columns,)
    columns["sex"] = np.where(dice.random(rows) < 0.45, "f", "m").astype(object)
    columns["age"] = dice.uniform(18, 80, rows)
    columns |= extra or {}
    domains = {x: Domain("text" if x == "color" else "number") for x in features}
    truth = {"binary": binary, "regression": regression, "multiclass": multiclass}[task]
    answers = truth(columns)
    if task == "regression":
        labels = answers + dice.normal(size=rows)
    elif task == "binary":
        labels = (dice.random(rows) < answers).astype(float)
    else:
        labels = (dice.random(rows)[:, None] > np.cumsum(answers, axis=1)).sum(axis=1).astype(float)
    classes = {"binary": ("no", "yes"), "regression": (), "multiclass": ("x", "y", "z")}[task]
    sample = Sample(columns, labels, rows)
    return Subject(
        *(task, classes, 0.5, features, domains, sample, answers, sample, truth), seed=seed
    )


def score(columns: Columns) -> Any:
    linear = sum(weight * columns[name] for name, weight in WEIGHTS.items())
    return linear + 0.5 * (columns["color"] == "red")


def binary(columns: Columns) -> Any:
    return (1 / (1 + np.exp(1 - score(columns)))).astype(np.float32)


def regression(columns: Columns) -> Any:
    return np.asarray(score(columns), np.float64)


def multiclass(columns: Columns) -> Any:
    raised = np.exp(np.stack([0 * columns["a"], score(columns), 1.5 * columns["b"]], axis=1))
    return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)


def answered_by(subject: Subject, predict: Predict) -> Subject:
    """Put another model in its place."""
    return replace(subject, predict=predict, answers=predict(subject.feature_columns()))


def with_rows(subject: Subject, **columns: Any) -> Subject:
    """Change columns of the eval rows, `labels` too; the answers stay."""
    labels = columns.pop("labels", subject.eval.labels)
    rows = Sample({**subject.eval.columns, **columns}, labels, len(labels))
    return replace(subject, eval=rows)
