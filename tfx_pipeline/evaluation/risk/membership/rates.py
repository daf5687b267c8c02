"""How many members an attacker finds who accuses next to no stranger.

An attacker's area under the ROC curve is the wrong figure: who names three people for sure does
harm, and has an area of 0.5. Source: N. Carlini et al., S&P 2022, sections III and IV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.of_rates import clopper_pearson

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """Members found, at a rate of strangers accused.

    Attributes:
        accused: the rate of strangers that was allowed: 0.01 or 0.001.
        value: share of the members that are found.
        low: lower end of its interval.
        high: upper end.
        members: that the score is known of.
        strangers: likewise.
    """

    accused: float
    value: float
    low: float
    high: float
    members: int
    strangers: int


def found_rate(scores: Floats, members: int, accused: float, confidence: float) -> Rate | None:
    """Find members by the threshold that accuses at most that share of the strangers.

    Equal scores are on one side: a threshold between them does not exist.

    Args:
        scores: `[rows]`: of the members, which are first, and the strangers; NaN: not known.
        members: how many of the rows are members.
        accused: see `Rate`.
        confidence: of the exact interval by Clopper and Pearson of the members found.

    Returns:
        None: fewer strangers than one accusation needs.
    """
    inside, outside = (part[~np.isnan(part)] for part in (scores[:members], scores[members:]))
    allowed = int(np.floor(accused * len(outside) + 1e-9))
    if not allowed or not len(inside):
        return None
    threshold = np.sort(outside)[::-1][allowed]
    hits = int((inside > threshold).sum())
    ends = clopper_pearson(hits, len(inside), confidence)
    return Rate(accused, hits / len(inside), *ends, len(inside), len(outside))
