"""From logits to answers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Answers
from tfx_pipeline.modules.description.model_description import Answer


def answers_of(answer: Answer, logits: NDArray[np.float32]) -> Answers:
    """Make answers of logits `[rows, outputs]`, see `Answer`."""
    if answer.task == "regression":
        deviation, mean = np.float32(answer.deviation), np.float32(answer.mean)
        return {"value": logits[:, 0] * deviation + mean}
    if answer.task == "multiclass":
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        return {"probabilities": probabilities, "class": _named(answer, logits.argmax(axis=1))}
    probability = _sigmoid(logits[:, 0])
    answers: dict[str, NDArray[Any]] = {"probability": probability}
    if answer.threshold is not None:
        is_second = probability > np.float32(answer.threshold)
        answers["class"] = _named(answer, is_second.astype(np.int64))
    return answers


def _sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    power = np.exp(-np.abs(logits))
    return np.where(logits < 0, power, np.float32(1)) / (1 + power)


def _named(answer: Answer, places: NDArray[np.int64]) -> NDArray[Any]:
    return np.array(answer.classes, object)[places]
