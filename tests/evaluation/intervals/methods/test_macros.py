"""Averaged rates of classes: of many rows as the delta method has it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.evaluation.test_metrics import random_multiclass
from tfx_pipeline.evaluation.intervals.blocks import make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.methods.macros import macro_ends
from tfx_pipeline.evaluation.intervals.metric_parts import part_of
from tfx_pipeline.evaluation.intervals.parts import Macro
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import chosen_classes

_NAMES = ("precision", "recall", "f1", "weighted_precision", "weighted_f1")


@pytest.mark.parametrize("name", _NAMES)
def test_macro_ends_of_many_rows_are_those_of_resamples(name: str) -> None:
    rows = random_multiclass(0, 1000)
    part = part_of(name, rows)
    assert isinstance(part, Macro)
    ends, influence = macro_ends(part, make_blocks(1000, Resampling()), 1.96)
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(400):
        places = random.integers(0, 1000, 1000)
        again = type(rows)("multiclass", 4, rows.labels[places], rows.answers[places])
        drawn.append(compute(name, again))  # type: ignore[arg-type]
    assert (ends.high - ends.low) / 2 / 1.96 == pytest.approx(np.std(drawn), rel=0.12)
    assert np.sqrt(np.square(influence).sum()) == pytest.approx(np.std(drawn), rel=0.12)


def test_macro_ends_of_recall_add_the_variances_of_the_classes() -> None:
    rows = random_multiclass(1, 5000)
    part = part_of("recall", rows)
    assert isinstance(part, Macro)
    ends, _ = macro_ends(part, make_blocks(5000, Resampling()), 1.96)
    right, variance = chosen_classes(rows) == rows.labels, 0.0
    for place in range(4):
        of_class = right[rows.labels == place]
        variance += of_class.var() / len(of_class) / 16
    assert ends.high - ends.low == pytest.approx(2 * 1.96 * variance**0.5, rel=0.02)
