"""The eval split as models answered it: what all figures are computed from.

Terms:
    slice column: a column whose values divide the rows; several can be crossed. A row without a
        value is in no slice, one with several values is in the slice of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer


@dataclass(frozen=True)
class SliceColumn:
    """A slice column.

    Attributes:
        codes: `[rows] int32`: places in `values`, of the first value; -1: the row has none.
        values: its different values as texts, as TFMA shows them.
        further: `[…, 2] int64`: rows and places in `values` of the values after the first.
        kind: of the values: `text`, `whole` numbers, or any `number` (float32).
    """

    codes: NDArray[Any]
    values: tuple[str, ...]
    further: NDArray[Any] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    kind: Literal["text", "whole", "number"] = "text"


@dataclass(frozen=True)
class ScoredSplit:
    """Rows whose label is known, and what models answered to them; each row counts once.

    Attributes:
        candidate: labels and its answers.
        trivial: the best constant answer, of the training split.
        eval_rows: digest of the split.
        baseline: of the last blessed model, on the same rows; None: there is none.
        linear: of a linear model that was fitted to the training split; None: there is none.
        slices: by column.
        clusters: `[rows] int64`, see `intervals.interval.Resampling`; None: each row is its own.
        ids: `[rows] uint64`: hash of the serialized example.
        notes: what a reader must know: which of the above is not there, and why.
    """

    candidate: ScoredRows
    trivial: TrivialAnswer
    eval_rows: str
    baseline: ScoredRows | None = None
    linear: ScoredRows | None = None
    slices: Mapping[str, SliceColumn] = field(default_factory=dict)
    clusters: NDArray[Any] | None = None
    ids: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()

    def with_costs(self, costs: Sequence[Sequence[float]]) -> ScoredSplit:
        """Let the rows of all models know what answers cost; of none, they know nothing."""
        if not len(costs):
            return self
        matrix = np.array(costs, np.float64)
        given = {name: getattr(self, name) for name in ("candidate", "baseline", "linear")}
        return replace(
            self, **{name: replace(rows, costs=matrix) for name, rows in given.items() if rows}
        )
