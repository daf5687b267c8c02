"""Subjects of the risk checks whose model is a formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Domain, Sample, Subject

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}


def formula_subject(
    columns: Mapping[str, NDArray[Any]],
    predict: Callable[[Mapping[str, NDArray[Any]]], NDArray[Any]],
    labels: NDArray[Any],
    task: str = "binary",
    **more: Any,
) -> Subject:
    """The same rows are train and eval; all columns are features."""
    sample = Sample(dict(columns), labels.astype(float), len(labels))
    domains = {name: _domain(column) for name, column in columns.items()}
    return Subject(
        task,
        CLASSES[task],
        0.5,
        tuple(columns),
        domains,
        sample,
        predict(columns),
        sample,
        predict,
        **more,
    )


def _domain(column: NDArray[Any]) -> Domain:
    if column.dtype == object:
        return Domain("text", values=tuple(sorted({x for x in column if x})))
    known = column[np.isfinite(column)]
    return Domain("number", bool((known % 1 == 0).all()), float(known.min()), float(known.max()))


def logistic(scores: NDArray[Any]) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-scores))).astype(np.float32)
