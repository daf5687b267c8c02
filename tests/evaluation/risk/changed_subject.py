"""A subject with columns of all types, whose model is a formula; and what can be put in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Domain, Predict, Sample, Subject

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
Columns = Mapping[str, NDArray[Any]]


def score(columns: Columns) -> NDArray[np.float64]:
    """Give the logit; what is missing counts as the mean, an unseen text as nothing."""
    total = 1.5 * np.nan_to_num(columns["size"]) + 0.3 * (
        np.nan_to_num(columns["age"], nan=40) - 40
    )
    total += 0.8 * np.log(np.maximum(np.nan_to_num(columns["miles"], nan=3.0), 0.1))
    return total + np.select([columns["pay"] == "cash", columns["pay"] == "card"], [-1.5, 1.0], 0.0)


def answers_of(task: str) -> Predict:
    """Give the formula of a task."""

    def answers(columns: Columns) -> NDArray[np.float32]:
        logits = score(columns)
        if task == "regression":
            return (20 + 5 * logits).astype(np.float32)
        if task == "binary":
            return (1 / (1 + np.exp(-np.clip(logits, -60, 60)))).astype(np.float32)
        raised = np.exp(np.stack([0 * logits, np.clip(logits, -60, 60), np.sin(logits)], axis=1))
        return (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)

    return answers


def draw(rows: int, dice: np.random.Generator) -> dict[str, NDArray[Any]]:
    """Draw columns: `size` and `miles` with missing cells, whole `age`, `pay`, and codes."""
    size = dice.normal(size=rows)
    size[dice.random(rows) < 0.05] = np.nan
    return {
        "size": size,
        "age": dice.integers(20, 61, rows).astype(float),
        "miles": dice.lognormal(1, 0.8, rows),
        "pay": dice.choice(np.array(["cash", "card", "app", "gift"], object), rows,
                           p=[0.4, 0.4, 0.15, 0.05]),
        "zone": dice.integers(1, 8, rows).astype(float),
    }  # fmt: skip


def changed_subject(
    task: str = "binary",
    seed: int = 0,
    rows: int = 800,
    model: Callable[[Predict], Predict] | None = None,
) -> Subject:
    """Give rows of two splits, labels drawn by the formula; `model` makes another model of it."""
    dice = np.random.default_rng(seed)
    train, asked = draw(rows, dice), draw(rows, dice)
    answers = answers_of(task)
    predict = model(answers) if model else answers
    domains = {name: domain_of(name, column) for name, column in train.items()}
    return Subject(
        task,
        CLASSES[task],
        0.5,
        tuple(train),
        domains,
        Sample(asked, _labels(task, answers(asked), dice), rows),
        predict(asked),
        Sample(train, _labels(task, answers(train), dice), rows),
        predict,
        seed=seed,
    )


def domain_of(name: str, column: NDArray[Any]) -> Domain:
    if column.dtype == object:
        values, counts = np.unique(column[column != ""].astype(str), return_counts=True)
        ordered = tuple(values[np.argsort(-counts)].tolist())
        return Domain("text", values=ordered, feature_kind="categorical")
    known = column[np.isfinite(column)]
    kind = "categorical" if name == "zone" else "numeric"
    whole = bool((known == np.floor(known)).all())
    return Domain("number", whole, float(known.min()), float(known.max()), feature_kind=kind)


def _labels(task: str, answers: NDArray[Any], dice: np.random.Generator) -> NDArray[np.float64]:
    if task == "regression":
        return answers + 3 * dice.normal(size=len(answers))
    if task == "binary":
        return (dice.random(len(answers)) < answers).astype(float)
    return (dice.random((len(answers), 1)) > np.cumsum(answers, axis=1)).sum(axis=1).clip(
        0, 2
    ) * 1.0


def with_column(
    subject: Subject, name: str, train: NDArray[Any], asked: NDArray[Any], domain: Domain
) -> Subject:
    """Add a feature that the model does not read."""
    return replace(
        subject,
        features=(*subject.features, name),
        domains={**subject.domains, name: domain},
        train=replace(subject.train, columns={**subject.train.columns, name: train}),
        eval=replace(subject.eval, columns={**subject.eval.columns, name: asked}),
    )
