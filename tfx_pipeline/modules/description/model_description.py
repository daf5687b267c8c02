"""The description of a fitted model: raw columns, feature operations, head, answer.

A row goes from columns by operations to numbers and ids, by the head to logits, then to answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.heads import Head
from tfx_pipeline.modules.description.operations import Operation


@dataclass(frozen=True)
class Answer:
    """What logits mean.

    binary: `probability` = sigmoid(logit) `[batch] float32`, that of the second class; and, where
    there is a `threshold`, `class` `[batch] string`: the second where the probability is above it.
    multiclass: `probabilities` = softmax(logits) `[batch, classes]`, and `class`, the likeliest,
    the first of equal ones. regression: `value` = logit * deviation + mean `[batch] float32`.

    Attributes:
        classes: empty for regression.
        threshold: a float32; None: no class is answered.
    """

    task: Literal["binary", "multiclass", "regression"]
    classes: tuple[str, ...] = ()
    threshold: float | None = None
    mean: float = 0.0
    deviation: float = 1.0


@dataclass(frozen=True)
class ModelDescription:
    """A fitted model.

    Attributes:
        columns: that a caller sends, in the order of the SavedModel's signature.
        operations: whose outputs are all of `widths` and `sizes`.
        widths: of each transformed column of numbers, in the order in which they stand in
            `numbers` of the head.
        sizes: of each transformed column of ids, likewise: how many ids it has; those of the
            next column follow in the common numbering.
    """

    columns: tuple[Column, ...]
    operations: tuple[Operation, ...]
    widths: Mapping[str, int]
    sizes: Mapping[str, int]
    head: Head
    answer: Answer
