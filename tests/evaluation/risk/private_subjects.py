"""Small models of made rows, as the checks of privacy take them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.subject import Columns, Domain, Sample, Subject

NUMBERS = ("a", "b", "c", "d")
NAMES = (*NUMBERS, "town")
TOWNS = ("York", "Ulm", "Åbo")


def linear() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def nearest() -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(1)


def nearest_number() -> Any:
    from sklearn.neighbors import KNeighborsRegressor

    return KNeighborsRegressor(1)


def ridge() -> Any:
    from sklearn.linear_model import Ridge

    return Ridge()


def matrix(columns: Columns) -> np.ndarray:
    towns = [columns["town"] == town for town in TOWNS]
    return np.column_stack([*(columns[name] for name in NUMBERS), *towns]).astype(float)


def made(
    make: Callable[[], Any], task: str = "binary", seed: int = 0, rows: tuple[int, int] = (900, 600)
) -> Subject:
    """Draw rows and fit a model of scikit-learn; `rows`: of the training and the eval split."""
    dice = np.random.default_rng(seed)
    count = sum(rows)
    columns: dict[str, np.ndarray] = {name: dice.normal(size=count) for name in NUMBERS}
    columns["town"] = dice.choice(np.array(TOWNS, object), count)
    signal = columns["a"] + np.square(columns["b"]) + (columns["town"] == "Ulm") - 1
    noisy = signal + dice.logistic(size=count) * 0.6
    edges = {"binary": [0.0], "multiclass": [-0.5, 1.0]}
    labels = noisy if task == "regression" else np.digitize(noisy, edges[task]).astype(float)
    splits = slice(None, rows[0]), slice(rows[0], None)
    train, test = (
        Sample({name: x[part] for name, x in columns.items()}, labels[part], len(labels[part]))
        for part in splits
    )

    def fit(places: Any, seed: int) -> Callable[[Columns], np.ndarray]:
        taken = {name: x[places] for name, x in train.columns.items()}
        model = make().fit(matrix(taken), train.labels[places])
        return lambda columns: answers_of(model, task, columns)

    predict = fit(np.arange(rows[0]), 0)
    classes = {"binary": ("no", "yes"), "multiclass": ("x", "y", "z"), "regression": ()}[task]
    domains = {name: Domain("number", low=-4, high=4) for name in NUMBERS}
    domains["town"] = Domain("text", values=TOWNS)
    answers = predict(test.columns)
    return Subject(
        task, classes, 0.5, NAMES, domains, test, answers, train, predict, fit, seed=seed
    )  # fmt: skip


def answers_of(model: Any, task: str, columns: Columns) -> np.ndarray:
    if task == "regression":
        return model.predict(matrix(columns)).astype(np.float32)
    chances = model.predict_proba(matrix(columns)).astype(np.float32)
    return chances[:, 1] if task == "binary" else chances
