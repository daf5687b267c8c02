"""Mean losses of a small class: half of what was measured, half of what the answers predict."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tfx_pipeline.evaluation.intervals.methods.means import moderated_interval
from tfx_pipeline.evaluation.intervals.parts import Labels, Mean


def _mean(positive: int, rows: int = 100, loss: float = 3.0) -> tuple[Mean, Labels]:
    """Give rows whose loss is `loss` if positive and 0 if not, each as likely as they are many."""
    labels = np.arange(rows) < positive
    chances = np.full(rows, positive / rows)
    by_label = Labels(labels, chances, np.full(rows, loss), np.zeros(rows))
    return Mean(np.where(labels, loss, 0.0), by_label=by_label), by_label


@pytest.mark.parametrize("positive", [4, 30])
def test_moderated_interval_of_chances_that_came_true_is_students(positive: int) -> None:
    ends = moderated_interval(*_mean(positive), 0.95)
    share = positive / 100
    expected, measured = 9 * share * (1 - share), 9 * share * (1 - share) * 100 / 99
    variance = (4 * expected + positive * measured) / (4 + positive)
    half = stats.t.ppf(0.975, 4 + positive) * (variance / 100) ** 0.5
    assert (ends.low, ends.high) == pytest.approx((3 * share - half, 3 * share + half), rel=1e-9)


def test_moderated_interval_of_losses_that_did_not_come_yet_expects_them() -> None:
    mean, labels = _mean(0)
    surprised = Labels(labels.positive, np.full(100, 0.02), labels.if_positive, labels.if_negative)
    ends = moderated_interval(Mean(mean.values, by_label=surprised), surprised, 0.95)
    assert ends.value == 0
    assert 0.06 < ends.high < 0.2  # 2 rows of loss 3 in 100 are expected


def test_moderated_interval_believes_rows_more_than_chances_the_more_there_are() -> None:
    lengths = []
    for positive in (2, 40):
        mean, labels = _mean(positive)
        wrong = Labels(labels.positive, labels.chances, 10 * labels.if_positive, labels.if_negative)
        right = moderated_interval(mean, labels, 0.95)
        misled = moderated_interval(mean, wrong, 0.95)
        lengths.append((misled.high - misled.low) / (right.high - right.low))
    assert lengths[0] > 2 * lengths[1] > 2
