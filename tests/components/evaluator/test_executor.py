"""The Evaluator on models that answer what a column says: TFMA's files, and the verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from tfx_pipeline.evaluation.verdict import Bounds, Verdict

pytestmark = pytest.mark.slow

CLASSES = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
WIDTHS = {"binary": 1, "multiclass": 3, "regression": 1}


@dataclass
class Evaluated:
    """What an evaluation left behind."""

    evaluation: Path
    blessing: Any

    @property
    def verdict(self) -> Verdict:
        return Verdict.read(Path(self.blessing.uri))

    @property
    def files(self) -> set[str]:
        return {file.name for file in Path(self.blessing.uri).iterdir()}


class Evaluation:
    """Runs our executor, on TFMA and Beam, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def model(self, name: str, task: str, add: float = 0.0) -> Any:
        """Save a model that answers the column `answer`, and more if so asked."""
        import tensorflow as tf
        from tfx.types import standard_artifacts

        width = WIDTHS[task]
        key = {"binary": "probability", "multiclass": "probabilities", "regression": "value"}[task]
        columns = {
            "answer": tf.io.FixedLenFeature([width], tf.float32),
            "label": tf.io.FixedLenFeature([], tf.float32 if width < 2 else tf.int64),
        }

        class Model(tf.Module):
            @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
            def answer(self, examples: Any) -> dict[str, Any]:
                answer = tf.io.parse_example(examples, columns)["answer"] + add
                return {key: answer if width > 1 else answer[:, 0]}

            @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])
            def transform(self, examples: Any) -> dict[str, Any]:
                label = tf.io.parse_example(examples, columns)["label"]
                return {"label": label[:, tf.newaxis], "label_known": tf.ones_like(examples, float)}

        model, artifact = Model(), standard_artifacts.Model()
        artifact.uri, artifact.id = str(self.folder / name), len(name)
        signatures = {"serving_examples": model.answer, "transform_features": model.transform}
        tf.saved_model.save(model, f"{artifact.uri}/Format-Serving", signatures)
        return artifact

    def examples(self, task: str, **splits: Sequence[tuple[Any, Any, str]]) -> Any:
        """Write rows of label, answer and kind."""
        import tensorflow as tf
        from tfx.types import artifact_utils, standard_artifacts

        artifact = standard_artifacts.Examples()
        artifact.uri = str(self.folder / "examples")
        artifact.split_names = artifact_utils.encode_split_names(list(splits))
        for split, rows in splits.items():
            folder = Path(artifact.uri, f"Split-{split}")
            folder.mkdir(parents=True)
            with tf.io.TFRecordWriter(f"{folder}/data.gz", "GZIP") as writer:
                for label, answer, kind in rows:
                    example = tf.train.Example()
                    features = example.features.feature
                    features["answer"].float_list.value.extend(np.ravel(answer))
                    if task == "multiclass":
                        features["label"].int64_list.value.append(label)
                    else:
                        features["label"].float_list.value.append(label)
                    features["kind"].bytes_list.value.append(kind.encode())
                    writer.write(example.SerializeToString())
        return artifact

    def run(
        self,
        task: str,
        rows: Sequence[tuple[Any, Any, str]],
        thresholds: Mapping[Any, Bounds] | None = None,
        metrics: Sequence[str] = (),
        train: Sequence[tuple[Any, Any, str]] | None = None,
        baseline: float | None = None,
        slices: str = "[]",
    ) -> Evaluated:
        from tfx.components.evaluator import executor as tfx_executor
        from tfx.proto.orchestration import pipeline_pb2  # noqa: F401 - as a step imports it
        from tfx.types import standard_artifacts
        from tfx.utils import proto_utils

        from tfx_pipeline.components.evaluator.executor import EvaluatorExecutor
        from tfx_pipeline.config.root import PipelineConfig
        from tfx_pipeline.pipeline.eval_config import make_eval_config, make_gates

        config = PipelineConfig.model_validate(
            {
                "name": "rows",
                "data": {"path": "data"},
                "label": {"column": "label", "task": task, "classes": CLASSES[task]},
                "features": {"answer": {"kind": "numeric"}},
                "evaluation": {
                    "metrics": list(metrics),
                    "slices": json.loads(slices),
                    "thresholds": {
                        name: {k: v for k, v in vars(each).items() if v is not None}
                        for name, each in (thresholds or {}).items()
                    },
                },
            }
        )
        evaluation, blessing = (
            standard_artifacts.ModelEvaluation(),
            standard_artifacts.ModelBlessing(),
        )
        evaluation.uri = str(self.folder / "evaluation")
        blessing.uri = str(self.folder / "blessing")
        inputs = {
            "examples": [self.examples(task, train=train or rows, eval=rows)],
            "model": [self.model("candidate", task)],
        }
        if baseline is not None:
            inputs["baseline_model"] = [self.model("last", task, baseline)]
        context = tfx_executor.Executor.Context(
            beam_pipeline_args=["--direct_running_mode=in_memory", "--runner=DirectRunner"],
            tmp_dir=str(self.folder / "temp"),
            unique_id="1",
        )
        EvaluatorExecutor(context).Do(
            inputs,
            {"evaluation": [evaluation], "blessing": [blessing]},
            {
                "eval_config": proto_utils.proto_to_json(make_eval_config(config)),
                "example_splits": '["eval"]',
                "gates": make_gates(config).to_json(),
                "code_fingerprint": "0",
            },
        )
        return Evaluated(Path(evaluation.uri), blessing)


@pytest.fixture
def evaluation(tmp_path: Path) -> Evaluation:
    return Evaluation(tmp_path)


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
    evaluated = evaluation.run("binary", rows, slices='[["kind"]]')
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
    assert verdict.metrics["log_loss"] == found[""]["log_loss"]
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
    rows = [BY_TASK["binary"](i) for i in range(30)]  # mean label 1/3, mean prediction 0.4167
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
    rows = [(0, np.eye(3)[0], "x")] * 4
    WIDTHS["multiclass"] = 2
    try:
        with pytest.raises(Exception, match="answers 3 a row in its signature"):
            evaluation.run("multiclass", [(0, [0.5, 0.5], "x") for _ in rows])
    finally:
        WIDTHS["multiclass"] = 3


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
