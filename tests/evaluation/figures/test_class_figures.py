"""Figures of classes and thresholds, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics as sk

from tfx_pipeline.evaluation.figures.at_thresholds import at_thresholds
from tfx_pipeline.evaluation.figures.class_figures import class_figures, confusion
from tfx_pipeline.evaluation.figures.curves import calibration
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


def multiclass(classes: int, size: int = 400) -> ScoredRows:
    random = np.random.default_rng(0)
    answers = random.dirichlet(np.ones(classes), size)
    labels = (answers + random.random(answers.shape) / 2).argmax(axis=1)
    return ScoredRows("multiclass", classes, labels.astype(float), answers)


def test_class_figures_are_scikit_learns() -> None:
    rows = multiclass(3)
    chosen = chosen_classes(rows)
    found = class_figures(rows, ("a", "b", "c"), Resampling())
    wanted = sk.precision_recall_fscore_support(rows.labels, chosen)
    for place, name in enumerate("abc"):
        figures = found[name]
        assert figures["auc"] == pytest.approx(
            sk.roc_auc_score(rows.labels == place, rows.answers[:, place])
        )
        for position, metric in enumerate(("precision", "recall", "f1", "rows")):
            assert figures[metric] == pytest.approx(wanted[position][place])
        assert figures["recall_low"] < figures["recall"] < figures["recall_high"]  # type: ignore[operator]
    assert np.array_equal(confusion(rows), sk.confusion_matrix(rows.labels, chosen))


def test_class_figures_of_a_class_that_is_not_there_are_none() -> None:
    answers = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    found = class_figures(
        ScoredRows("multiclass", 3, np.zeros(2), answers), ("a", "b", "c"), Resampling()
    )
    assert found["a"]["auc"] is None and found["a"]["recall"] == 0.5
    assert found["c"] == {"rows": 0, "f1": None, "auc": None} | {
        f"{name}{end}": None for name in ("precision", "recall") for end in ("", "_low", "_high")
    }


def test_confusion_of_a_hundred_classes_is_of_the_largest() -> None:
    table = confusion(multiclass(100, 5000))
    assert len(table) == 50 and all(len(row) == 50 for row in table)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_at_thresholds_counts_as_the_model_compares(dtype: type) -> None:
    labels, answers = np.array([0.0, 1, 1, 0, 1]), np.array([0.3, 0.3, 0.31, 0.7, 0.9], dtype)
    lowest, own, high = at_thresholds(
        ScoredRows("binary", 2, labels, answers), (0.3, 0.95), Resampling()
    )
    assert [each["threshold"] for each in (lowest, own, high)] == [0.3, 0.5, 0.95]
    assert (lowest["true_positive"], lowest["false_positive"]) == (2, 1)  # 0.3 is not above 0.3
    assert (own["recall"], own["specificity"]) == (pytest.approx(1 / 3), 0.5)
    assert high["precision"] is None and high["precision_low"] is None and high["f1"] == 0


def test_figures_of_rows_that_clusters_hold_together_are_less_sure() -> None:
    random = np.random.default_rng(0)
    labels, answers = random.integers(0, 2, 60).astype(float), random.random(60)
    lone = ScoredRows("binary", 2, labels, answers)
    copied = ScoredRows("binary", 2, np.repeat(labels, 9), np.repeat(answers, 9))
    clusters = Resampling(clusters=np.repeat(np.arange(60), 9))

    def widths(rows: ScoredRows, resampling: Resampling) -> list[float]:
        (own,) = at_thresholds(rows, (), resampling)
        second = class_figures(rows, ("no", "yes"), resampling)["yes"]
        bins = calibration(rows, resampling)
        pairs = [(own["recall_low"], own["recall_high"])]
        pairs += [(second["precision_low"], second["precision_high"])]
        pairs += [(each["low"], each["high"]) for each in bins[:1]]
        return [high - low for low, high in pairs]

    once, held = widths(lone, Resampling()), widths(copied, clusters)
    assert held == pytest.approx(once, rel=0.1)
    assert all(np.array(widths(copied, Resampling())) < 0.6 * np.array(once))
