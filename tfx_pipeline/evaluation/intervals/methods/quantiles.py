"""Intervals of a quantile: between the two quantiles whose shares Wilson's interval allows.

It needs no density of the values, and is exact but for the rate's own interval.

Source: R. Woodruff, Confidence intervals for medians and other position measures, J. Am. Statist.
Assoc. 47 (1952) 635-646.
"""

from __future__ import annotations

import numpy as np

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.methods.rates import rate_ends
from tfx_pipeline.evaluation.intervals.of_rates import Ends
from tfx_pipeline.evaluation.intervals.parts import Quantile, Rate


def quantile_ends(part: Quantile, blocks: Blocks, confidence: float) -> Ends:
    """Give the interval of a quantile."""
    share = rate_ends(below(part), blocks, confidence)
    shift = part.share - share.value  # of values that are equal, more lie at the quantile
    shares = (part.share, max(0.0, share.low + shift), min(1.0, share.high + shift))
    return Ends(*(float(np.quantile(part.values, each)) for each in shares))


def below(part: Quantile) -> Rate:
    """Give the rate of rows that do not exceed the quantile: its influence is the quantile's."""
    quantile = np.quantile(part.values, part.share)
    return Rate(part.values <= quantile, np.ones(len(part.values), bool))
