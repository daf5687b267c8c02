"""How far an export's answers are from the model's.

Terms:
    difference: of a row, `[rows] float64`: the largest one of its probabilities; or that of the
        value, relative to the model's value, or to the deviation of the training labels where that
        is more: near 0 a share of a value says nothing, and a label's unit is anybody's choice.
        Infinite where there is nothing to compare: what is NaN is equal to nothing.
    explained: a class that differs where the probabilities, each within the limit, can say why: of
        two classes, where the model's is within the limit of the threshold; of several, where the
        likeliest is at most twice the limit before the one that is answered, for the one may be
        too low by the limit and the other too high. Any other class makes a difference of 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Answers
from tfx_pipeline.modules.description.model_description import Answer

LIMIT = 1e-5
"""Of the difference: float32 reckoned in another order gives some 1e-7."""
NUMBERS = {"binary": "probability", "multiclass": "probabilities", "regression": "value"}
"""Name of the answer's numbers, by task."""
_CLASS = "class"


def differences(answer: Answer, expected: Answers, received: Answers) -> NDArray[np.float64]:
    """Compare what an export answers with what the model answers, row by row.

    Raises:
        ValueError: an answer is missing, is another one, or has another shape.
    """
    if expected.keys() != received.keys():
        raise ValueError(f"it answers {sorted(received)} and not {sorted(expected)}")
    for name, values in expected.items():
        if received[name].shape != values.shape:
            shapes = f"{list(received[name].shape)} and not {list(values.shape)}"
            raise ValueError(f"its answer `{name}` has the shape {shapes}")
    name = NUMBERS[answer.task]
    model, export = (np.asarray(x[name], np.float64) for x in (expected, received))
    with np.errstate(invalid="ignore", divide="ignore"):
        sizes = np.abs(export - model)
        if answer.task == "regression":
            scale = np.maximum(np.abs(model), answer.deviation)
            sizes = np.where(sizes == 0, 0.0, sizes / scale)
    sizes = np.where(np.isnan(sizes), np.inf, sizes)
    sizes = sizes.reshape(len(model), int(np.prod(sizes.shape[1:]))).max(axis=1, initial=0.0)
    if _CLASS in expected:
        differ = received[_CLASS] != expected[_CLASS]
        unexplained = differ & ~_is_explained(answer, model, received[_CLASS])
        sizes = np.where(unexplained, np.maximum(sizes, 1.0), sizes)
    return sizes


def _is_explained(
    answer: Answer, probabilities: NDArray[np.float64], received: NDArray[Any]
) -> NDArray[np.bool_]:
    """Say where the limit explains another class: `[rows] bool`."""
    places = {name: place for place, name in enumerate(answer.classes)}
    chosen = np.array([places.get(name, -1) for name in received.tolist()], int)
    if answer.task == "binary":
        assert answer.threshold is not None  # else no class is answered
        near = np.abs(probabilities - answer.threshold) <= LIMIT
        return near & (chosen >= 0)
    of_chosen = probabilities[np.arange(len(chosen)), chosen]
    near = probabilities.max(axis=1, initial=-np.inf) - of_chosen <= 2 * LIMIT
    return near & (chosen >= 0)
