"""The Evaluator on models that answer what a column says: TFMA's files, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from tests.components.evaluator.evaluating import Evaluated, Evaluation
from tfx_pipeline.evaluation.verdict import Bounds

pytestmark = pytest.mark.slow


def saturated(count: int, seed: int = 0) -> list[tuple[float, float, str]]:
    """Rows of a model that is nearly always right and sure: many probabilities of exactly 1."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    logits = np.where(labels == 1, 1, -1) * random.normal(14, 9, count)
    answers = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return [(float(x), float(y), "xy"[i % 2]) for i, (x, y) in enumerate(zip(labels, answers))]  # noqa: B905


def overall_and_slices(evaluated: Evaluated) -> dict[str, dict[str, float]]:
    """Read TFMA's result as its viewers do."""
    import tensorflow_model_analysis as tfma

    result = tfma.load_eval_result(str(evaluated.evaluation))
    return {
        str(dict(key).get("kind", "")): {
            name: float(value["doubleValue"]) for name, value in values[""][""].items()
        }
        for key, values in result.slicing_metrics
    }


def test_evaluation_of_saturated_probabilities_equals_scikit_learn_in_every_slice(
    evaluation: Evaluation,
) -> None:
    rows = saturated(600)
    assert sum(answer == 1 for _, answer, _ in rows) > 100
    evaluated = evaluation.run("binary", rows, slices=[["kind"]])
    found = overall_and_slices(evaluated)
    assert set(found) == {"", "x", "y"}
    for kind, metrics in found.items():
        labels, answers = zip(*((x, y) for x, y, z in rows if kind in ("", z)), strict=True)
        answers = np.float32(answers)
        assert metrics["log_loss"] == pytest.approx(sk.log_loss(labels, answers), abs=1e-6)
        assert metrics["auc"] == pytest.approx(sk.roc_auc_score(labels, answers), abs=1e-9)
        expected = sk.average_precision_score(labels, answers)
        assert metrics["pr_auc"] == pytest.approx(expected, abs=1e-9)
        assert metrics["accuracy"] == sk.accuracy_score(labels, answers > 0.5)
        assert metrics["rows"] == metrics["example_count"] == len(labels)
        assert metrics["rows_positive"] == sum(labels)
    verdict = evaluated.verdict
    assert verdict.blessed and not verdict.has_baseline
    assert "no threshold is configured" in verdict.gate
    assert verdict.metrics["log_loss"] == pytest.approx(found[""]["log_loss"], rel=1e-12)
    assert found[""]["trivial_loss"] == pytest.approx(math.log(2), abs=0.01)
    assert evaluated.files == {"BLESSED", "verdict.json"}
    blessing = evaluated.blessing
    assert blessing.get_int_custom_property("blessed") == 1
    assert blessing.get_int_custom_property("current_model_id") == len("candidate")


BY_TASK: dict[str, Callable[[int], tuple[Any, Any, str]]] = {
    "binary": lambda i: (float(i % 3 == 0), 0.75 if i % 3 == 0 else 0.25, "x"),
    "multiclass": lambda i: (i % 3, np.eye(3)[i % 3] * 0.7 + 0.1, "x"),
    "regression": lambda i: (float(i), i + 0.5, "x"),
}


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_evaluation_without_thresholds_blesses_what_beats_the_trivial_answer(
    evaluation: Evaluation, task: str
) -> None:
    evaluated = evaluation.run(task, [BY_TASK[task](i) for i in range(30)])
    assert evaluated.verdict.blessed
    assert all(map(math.isfinite, evaluated.verdict.metrics.values()))


@pytest.mark.parametrize(
    ("task", "answer"),
    [("binary", 0.9), ("multiclass", [1 / 3] * 3)],
)
def test_evaluation_without_thresholds_refuses_what_is_no_better(
    evaluation: Evaluation, task: str, answer: Any
) -> None:
    rows = [(BY_TASK[task](i)[0], answer, "x") for i in range(30)]
    evaluated = evaluation.run(task, rows)
    (problem,) = evaluated.verdict.refusals
    assert problem.what.startswith("the model is no better than a trivial answer")
    assert evaluated.files == {"NOT_BLESSED", "verdict.json"}
    assert evaluated.blessing.get_int_custom_property("blessed") == 0


def test_evaluation_without_thresholds_takes_the_trivial_answer_of_the_training_split(
    evaluation: Evaluation,
) -> None:
    train = [(1.0, 0.5, "x")] * 9 + [(0.0, 0.5, "x")]
    evaluated = evaluation.run("binary", [BY_TASK["binary"](i) for i in range(30)], train=train)
    assert "yes 0.900, no 0.100" in evaluated.verdict.gate
    expected = -(math.log(0.9) + 2 * math.log(0.1)) / 3
    assert f"must beat {expected:.4f}" in evaluated.verdict.gate


def test_evaluation_against_a_baseline_compares_the_distance_to_the_target(
    evaluation: Evaluation,
) -> None:
    rows = [BY_TASK["binary"](i) for i in range(3000)]  # mean label 1/3, mean prediction 0.4167
    evaluated = evaluation.run(
        "binary",
        rows,
        {
            "calibration": Bounds(max_loss_against_baseline=0.05),
            "mean_prediction": Bounds(max_loss_against_baseline=0.05),
        },
        metrics=["calibration", "mean_prediction"],
        baseline=-0.08,  # nearly 1/3
    )
    verdict = evaluated.verdict
    assert verdict.has_baseline
    assert verdict.metrics["calibration"] == pytest.approx(1.25)
    assert verdict.baseline["calibration"] == pytest.approx(1.01)
    assert [problem.what for problem in verdict.refusals] == [
        "metric `calibration` is worse than the last blessed model's",
        "metric `mean_prediction` is worse than the last blessed model's",
    ]
    assert evaluated.blessing.get_int_custom_property("baseline_model_id") == len("last")


def test_evaluation_of_a_decided_model_answers_classes_by_its_threshold(
    evaluation: Evaluation,
) -> None:
    random = np.random.default_rng(0)
    labels = (random.random(300) < 0.2).astype(float)
    answers = np.float32(np.clip(0.3 * labels + random.uniform(0, 0.4, 300), 0, 1))
    rows = [(x, float(y), "xy"[i % 2]) for i, (x, y) in enumerate(zip(labels, answers))]  # noqa: B905
    metrics = ["accuracy", "precision", "recall", "f1", "auc"]
    threshold = float(answers[7])  # not above it, as the model compares in float32
    evaluated = evaluation.run(
        "binary", rows, {"f1": Bounds(min=0.1)}, metrics, slices=[["kind"]],
        decided={"model": threshold},
    )  # fmt: skip
    chosen = answers > np.float32(threshold)
    measures = {
        "accuracy": sk.accuracy_score,
        "precision": sk.precision_score,
        "recall": sk.recall_score,
        "f1": sk.f1_score,
    }
    found = overall_and_slices(evaluated)
    for kind, metrics_found in found.items():
        used = np.array([kind in ("", row[2]) for row in rows])
        for name, measure in measures.items():
            assert metrics_found[name] == pytest.approx(measure(labels[used], chosen[used])), kind
        assert metrics_found["rows_answered_positive"] == chosen[used].sum()
    assert found[""]["auc"] == pytest.approx(sk.roc_auc_score(labels, answers))
    assert evaluated.verdict.metrics["f1"] == pytest.approx(found[""]["f1"], rel=1e-12)


def test_evaluation_of_a_decided_model_leaves_the_baseline_its_own_threshold(
    evaluation: Evaluation,
) -> None:
    rows = [(float(i % 3 == 0), 0.4 if i % 3 == 0 else 0.25, "x") for i in range(30)]
    evaluated = evaluation.run(
        "binary",
        rows,
        {"accuracy": Bounds(max_loss_against_baseline=0.1)},
        metrics=["accuracy", "recall"],
        baseline=0.0,
        decided={"model": 0.3},
    )
    assert evaluated.verdict.metrics == {"accuracy": 1, "recall": 1} | {
        name: value
        for name, value in evaluated.verdict.metrics.items()
        if name not in ("accuracy", "recall")
    }
    assert evaluated.verdict.baseline["accuracy"] == pytest.approx(2 / 3)
    assert evaluated.verdict.baseline["recall"] == 0


def test_evaluation_of_answers_that_are_no_numbers_names_their_rows(
    evaluation: Evaluation,
) -> None:
    rows = [BY_TASK["regression"](i) for i in range(30)]
    rows[7] = (7.0, math.nan, "seventh")
    rows[11] = (11.0, math.inf, "eleventh")
    evaluated = evaluation.run("regression", rows, {"mse": Bounds(max=1.0)})
    (problem,) = evaluated.verdict.refusals
    assert problem.what == "the model's answers to 2 of 30 rows are no finite numbers"
    assert problem.place == "split eval"
    assert problem.received is not None
    assert "row 7 (answer=nan, kind='seventh', label=7) gives nan" in problem.received
    assert "row 11 (answer=inf, kind='eleventh', label=11) gives inf" in problem.received
    assert evaluated.verdict.metrics == {}
    assert evaluated.verdict.missing["mse"] == "2 of 30 answers are not finite numbers"


def test_evaluation_of_labels_outside_the_classes_refuses_and_names_their_rows(
    evaluation: Evaluation,
) -> None:
    rows = [BY_TASK["multiclass"](i) for i in range(30)]
    rows[4] = (-1, rows[4][1], "x")
    evaluated = evaluation.run("multiclass", rows, {"accuracy": Bounds(min=0.1)})
    (problem,) = evaluated.verdict.refusals
    assert problem.what == "1 of 30 rows have a label that is none of the classes"
    assert problem.allowed == "the classes a, b, c"
    assert problem.received is not None and problem.received.startswith("row 4 (")


def test_evaluation_without_a_positive_row_refuses_with_counts(evaluation: Evaluation) -> None:
    rows = [(0.0, 0.1, "x")] * 20
    train = [BY_TASK["binary"](i) for i in range(30)]
    evaluated = evaluation.run("binary", rows, {"auc": Bounds(min=0.5)}, train=train)
    assert evaluated.verdict.refusals[0].received == "0 of 20 rows are positive"
    assert math.isnan(overall_and_slices(evaluated)[""]["auc"])
    assert evaluated.verdict.metrics["log_loss"] == pytest.approx(-math.log(0.9), rel=1e-6)


def test_evaluation_of_another_number_of_answers_is_an_error_in_words(
    evaluation: Evaluation,
) -> None:
    rows = [(i % 2, [0.5, 0.5], "x") for i in range(4)]
    with pytest.raises(ValueError, match="answers 3 a row in its signature"):
        evaluation.run("multiclass", rows, width=2)


def test_row_metric_can_be_sent_to_other_processes() -> None:
    import apache_beam as beam
    import dill

    from tfx_pipeline.components.evaluator.row_metric import RowMetric

    metric = RowMetric("auc", "binary", 2)
    computations = metric.computations(model_names=[""], output_names=[""])
    combiner = computations[0].combiner
    assert isinstance(combiner, beam.CombineFn)
    for each in (combiner, computations[-1].result):
        assert dill.loads(dill.dumps(each)) is not None
        assert beam.internal.pickler.loads(beam.internal.pickler.dumps(each)) is not None
