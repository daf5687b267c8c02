"""What an interval is, and how rows are drawn again for one.

Terms:
    confidence: share of the samples whose interval would hold the true value, 0.95 unless said.
    cluster: rows that are not independent, since they share a key; they are drawn together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Interval:
    """A figure with its interval, in the figure's own unit.

    Attributes:
        value: the figure itself.
        low: smallest value that the rows allow; minus infinity is never used: see `method`.
        high: largest value, likewise.
        method: how it was computed: `delong`, `wilson`, `bootstrap-t`, …; `none`: there is none
            (too few rows), and both ends are NaN.
        rows: that it was computed from.
        simultaneous: how many figures the confidence holds for at once; 1: for this one alone.
    """

    value: float
    low: float
    high: float
    method: str
    rows: int
    simultaneous: int = 1


@dataclass(frozen=True)
class Resampling:
    """How intervals are made.

    Attributes:
        confidence: see above.
        resamples: how many samples a bootstrap draws.
        seed: of these.
        clusters: `[rows] int64`: rows of one number are of one cluster; None: each row is its own.
    """

    confidence: float = 0.95
    resamples: int = 1000
    seed: int = 0
    clusters: NDArray[Any] | None = None
