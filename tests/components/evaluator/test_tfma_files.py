"""What the Evaluator writes is what TFMA would have written, and what its readers take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from tests.components.evaluator.evaluating import Evaluated, Evaluation
from tfx_pipeline.evaluation.verdict import Bounds

pytestmark = pytest.mark.slow

ROWS = 500
CITIES = ["Zürich", 'quo"te', "new\nline", "🐧", "<script>"]
NATIVE = {
    "BinaryAccuracy": "accuracy",
    "BinaryCrossentropy": "log_loss",
    "MeanLabel": "mean_label",
    "MeanPrediction": "mean_prediction",
    "Calibration": "calibration",
}


def rows(count: int) -> list[dict[str, Any]]:
    """Rows with a column of several values, one of missing ones, and ones of each type."""
    random = np.random.default_rng(3)
    made = []
    for number in range(count):
        label = float(random.random() < 0.3)
        made.append(
            {
                "answer": [float(np.float32(np.clip(0.3 * label + random.random() / 2, 0, 1)))],
                "kind": [b"x", b"y", b"x"][: 1 + number % 3],
                "label": [label],
                "city": [CITIES[number % 5].encode()] if number % 7 else [],
                "hour": [number % 4],
                "rate": [0.1 * (number % 3)],
                "known": [0.0 if number == 11 else 1.0],
            }
        )
    return made


@pytest.fixture(scope="module")
def both(saved_models: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Evaluated]:
    """Evaluate by our executor and by TFX's, which computes metrics of its own as well."""
    evaluation = Evaluation(tmp_path_factory.mktemp("both"), saved_models)
    ours = evaluation.run(
        "binary",
        rows(ROWS),
        {"accuracy": Bounds(max_loss_against_baseline=0.2), "auc": Bounds(min=0.5)},
        ["auc", "pr_auc", "log_loss", "accuracy", "calibration", "mean_label", "mean_prediction"],
        slices=[["kind"], ["city"], ["rate"], ["hour", "kind"]],
        baseline=0.05,
        decided={"model": 0.4},
    )
    native = [{"class_name": name} for name in NATIVE]
    curves = [
        {"class_name": "AUC", "config": json.dumps({"name": f"auc_{n}", "num_thresholds": n})}
        for n in (1000, 10_000)
    ]
    return [ours, evaluation.run_stock(ours, *native, *curves)]


def metrics_of(evaluated: Evaluated) -> dict[bytes, dict[bytes, Any]]:
    """Read all metrics, by serialized slice and key."""
    import tensorflow_model_analysis as tfma

    return {
        record.slice_key.SerializeToString(): {
            each.key.SerializeToString(): each for each in record.metric_keys_and_values
        }
        for record in tfma.load_metrics(str(evaluated.evaluation))
    }


def test_metrics_of_every_slice_equal_those_of_stock_tfma(both: list[Evaluated]) -> None:
    ours, stock = map(metrics_of, both)
    assert ours.keys() == stock.keys()
    assert len(ours) == 1 + 2 + 5 + 3 + 4 * 2
    compared = 0
    for key, metrics in ours.items():
        for name, each in metrics.items():
            expected = stock[key][name].value.double_value.value
            assert each.value.double_value.value == pytest.approx(expected, abs=1e-6, nan_ok=True)
            compared += 1
    assert compared > 700


def test_metrics_equal_those_that_tfma_itself_has(both: list[Evaluated]) -> None:
    ours, stock = map(metrics_of, both)
    for key, metrics in ours.items():
        names = {(x.key.name, x.key.model_name, x.key.is_diff): x for x in metrics.values()}
        native = {(x.key.name, x.key.model_name, x.key.is_diff): x for x in stock[key].values()}
        for name, same in NATIVE.items():
            if same == "accuracy":
                continue  # TFMA's answers from 0.5 on, whatever the model decides by
            theirs = native["".join(f"_{c.lower()}" if c.isupper() else c for c in name)[1:],
                            "baseline", False]  # fmt: skip
            value = names[same, "baseline", False].value.double_value.value
            assert value == pytest.approx(theirs.value.double_value.value, abs=1e-6)


@pytest.mark.parametrize("thresholds", [1000, 10_000])
def test_auc_is_off_tfmas_own_by_no_more_than_the_pairs_that_its_thresholds_do_not_tell_apart(
    both: list[Evaluated], thresholds: int
) -> None:
    used = [row for row in rows(ROWS) if row["known"] == [1.0]]
    labels = np.array([row["label"][0] for row in used])
    answers = np.array([row["answer"][0] for row in used], np.float32) + np.float32(0.05)
    bins = np.ceil(answers.astype(float) * (thresholds - 1)).astype(int)
    positive, negative = (np.bincount(bins[labels == x], minlength=thresholds) for x in (1, 0))
    within = (positive * negative).sum() / (positive.sum() * negative.sum())
    found = {
        each.key.name: each.value.double_value.value
        for evaluated in both
        for each in metrics_of(evaluated)[b""].values()
        if each.key.model_name == "baseline"
    }
    assert found["auc"] == pytest.approx(sk.roc_auc_score(labels, answers), abs=1e-12)
    assert 0 < within < 2 / thresholds
    assert abs(found["auc"] - found[f"auc_{thresholds}"]) <= within + 1e-6


def test_files_are_those_that_readers_of_tfma_take(both: list[Evaluated]) -> None:
    import tensorflow_model_analysis as tfma

    ours, stock = (str(each.evaluation) for each in both)
    names = {file.name for file in Path(stock).iterdir()}
    assert {file.name for file in Path(ours).iterdir()} - names == {
        "evaluation.json",
        "kept_rows.npz",
    }
    assert names <= {file.name for file in Path(ours).iterdir()}
    assert tfma.load_validation_result(ours) == tfma.load_validation_result(stock)
    results = [tfma.load_eval_result(x, model_name="candidate") for x in (ours, stock)]
    slices = [{str(key) for key, _ in result.slicing_metrics} for result in results]
    assert slices[0] == slices[1]
    assert "(('rate', 0.10000000149011612),)" in slices[0]
    for load in (tfma.load_plots, tfma.load_attributions):
        keys = [sorted(x.slice_key.SerializeToString() for x in load(at)) for at in (ours, stock)]
        assert keys[0] == keys[1]


def test_eval_config_lets_stock_tfma_compute_the_same(
    both: list[Evaluated],
) -> None:
    written = json.loads((both[0].evaluation / "eval_config.json").read_text())
    configs = [json.loads((x.evaluation / "eval_config.json").read_text()) for x in both]
    specs = written["evalConfig"]["metricsSpecs"][0]["metrics"]
    metrics = {spec["config"] for spec in specs if "config" in spec}
    assert any('"trivial_loss"' in each for each in metrics)
    assert any('"thresholds": {"candidate": 0.4' in each for each in metrics)
    assert written["modelLocations"] == configs[1]["modelLocations"]
    assert configs[0]["evalConfig"]["modelSpecs"] == configs[1]["evalConfig"]["modelSpecs"]
    assert configs[0]["evalConfig"]["slicingSpecs"] == configs[1]["evalConfig"]["slicingSpecs"]
