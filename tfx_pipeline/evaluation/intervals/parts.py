"""What a metric may be made of, row by row: which says how its interval is made.

Terms:
    rate: hits among rows, both marked row by row.
    mean: of one number a row.
    sums: any smooth function of sums, see `of_sums`.
    macro: the mean over classes of a rate of each.
    quantile: of one number a row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.of_sums import PLAIN, Scale, Sums


@dataclass(frozen=True)
class Rate:
    """Hits among rows.

    Attributes:
        hits: `[rows] bool`.
        among: `[rows] bool`: the rows that count; each hit does.
        figure: the metric as a growing function of the rate; None: it is the rate.
    """

    hits: NDArray[np.bool_]
    among: NDArray[np.bool_]
    figure: Callable[[Any], Any] | None = None

    def of(self, rate: Any) -> Any:
        """Give the metric at a rate."""
        return rate if self.figure is None else self.figure(rate)

    def sums(self) -> Sums:
        """Give it as a function of two sums."""
        return Sums(
            lambda blocks: blocks.sums(self.hits, self.among),
            lambda sums: self.of(sums[..., 0] / sums[..., 1]),
            2,
        )


@dataclass(frozen=True)
class Labels:
    """What a row's number is if its label is one or the other.

    Attributes:
        positive: `[rows] bool`: the labels.
        chances: `[rows] float64`: that a row is positive, as the model says.
        if_positive: `[rows] float64`: the number if it is.
        if_negative: if it is not.
    """

    positive: NDArray[np.bool_]
    chances: NDArray[np.float64]
    if_positive: NDArray[np.float64]
    if_negative: NDArray[np.float64]


@dataclass(frozen=True)
class Mean:
    """The mean of one number a row, or a function of it.

    Attributes:
        values: `[rows] float64`.
        figure: the metric as a function of the mean.
        scale: see `of_sums.Scale`.
        by_label: what the numbers depend on, of a binary task.
        span: by how much numbers can differ; infinite: nobody knows.
    """

    values: NDArray[np.float64]
    figure: Callable[[NDArray[Any]], NDArray[Any]] | None = None
    scale: Scale = PLAIN
    by_label: Labels | None = None
    span: float = math.inf

    def less(self, other: Mean) -> Mean:
        """Give the mean of the differences, row by row."""
        labels = None
        if self.by_label is not None and other.by_label is not None:
            mine, others = self.by_label, other.by_label
            labels = Labels(
                mine.positive,
                (mine.chances + others.chances) / 2,
                mine.if_positive - others.if_positive,
                mine.if_negative - others.if_negative,
            )
        span = self.span + other.span
        return Mean(self.values - other.values, by_label=labels, span=span)

    def sums(self) -> Sums:
        """Give it as a function of sums: of rows, and of what lies above the mean."""
        middle, figure = self.values.mean(), self.figure

        def of(totals: NDArray[Any]) -> NDArray[Any]:
            mean = middle + totals[..., 1] / totals[..., 0]
            return mean if figure is None else figure(mean)

        above = self.values - middle
        return Sums(lambda blocks: blocks.sums(np.ones(len(above)), above), of, 2, self.scale)


@dataclass(frozen=True)
class Macro:
    """The mean over classes of a rate of each: right among others.

    Attributes:
        counts: gives by block and class how many are right, answered, and there:
            `[blocks, 3, classes] float64`.
        among: how many the others are, of the three.
        figure: as in `Rate`, of each class.
        by_rows: whether classes count by the rows they have, else equally.
    """

    counts: Callable[[Blocks], NDArray[np.float64]]
    among: Callable[[Any, Any, Any], Any]
    figure: Callable[[Any], Any] | None = None
    by_rows: bool = False

    def of(self, rate: Any) -> Any:
        """Give the metric of classes at their rates."""
        return rate if self.figure is None else self.figure(rate)


@dataclass(frozen=True)
class Quantile:
    """A quantile of one number a row.

    Attributes:
        values: `[rows] float64`.
        share: of the rows that do not exceed it; interpolated as numpy does.
    """

    values: NDArray[np.float64]
    share: float


Part = Rate | Mean | Sums | Macro | Quantile


def sums_of(part: Rate | Mean | Sums) -> Sums:
    """Give what a metric is made of as a function of sums."""
    return part if isinstance(part, Sums) else part.sums()
