"""What a binary model's answers come to by the probability above which the second class is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tfx_pipeline.evaluation.intervals.blocks import Blocks, make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.methods.rates import rate_ends
from tfx_pipeline.evaluation.intervals.parts import Rate
from tfx_pipeline.evaluation.scored_rows import ScoredRows, is_answered_positive


def at_thresholds(
    rows: ScoredRows, thresholds: Sequence[float], resampling: Resampling
) -> tuple[dict[str, float | None], ...]:
    """Count the rows by label and answer at the model's own threshold and at each of these.

    Returns:
        By threshold, upwards: `threshold`, the counts `true_positive`, `false_positive`,
        `false_negative`, `true_negative`, and the rates `precision`, `recall`, `specificity`,
        `accuracy`, each with `_low` and `_high` (Wilson), and `f1`; None where it does not exist.
    """
    wanted = sorted({rows.threshold, *thresholds})
    blocks, confidence = make_blocks(len(rows.labels), resampling), resampling.confidence
    return tuple(_figures(replace(rows, threshold=each), blocks, confidence) for each in wanted)


def _figures(rows: ScoredRows, blocks: Blocks, confidence: float) -> dict[str, float | None]:
    there, said = rows.labels == 1, is_answered_positive(rows)
    right, wrong = int((there & said).sum()), int((~there & said).sum())
    missed, rest = int((there & ~said).sum()), int((~there & ~said).sum())
    every = np.ones(len(there), bool)
    figures: dict[str, float | None] = {
        "threshold": rows.threshold,
        "true_positive": right,
        "false_positive": wrong,
        "false_negative": missed,
        "true_negative": rest,
    }
    for name, hits, of in (
        ("precision", there & said, said),
        ("recall", there & said, there),
        ("specificity", ~there & ~said, ~there),
        ("accuracy", there == said, every),
    ):
        figures |= named_rate(name, Rate(hits, of), blocks, confidence)
    some = 2 * right + wrong + missed
    return figures | {"f1": 2 * right / some if some else None}


def named_rate(name: str, rate: Rate, blocks: Blocks, confidence: float) -> dict[str, float | None]:
    """Give a rate with `_low` and `_high`, Wilson's interval; None: of no row."""
    values: tuple[float | None, ...] = (None, None, None)
    if rate.among.any():
        ends = rate_ends(rate, blocks, confidence)
        values = (ends.value, ends.low, ends.high)
    return dict(zip((name, f"{name}_low", f"{name}_high"), values, strict=True))
