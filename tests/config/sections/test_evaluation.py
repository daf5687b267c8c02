"""The evaluation section: names of metrics, bounds that say something, and finite numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from tfx_pipeline.config.checks import check_config
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.evaluation import EvaluationConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.evaluation.metric_names import ALL_METRICS, METRICS_OF_TASK

CONFIG = """\
name: trips
data: {path: data}
label: {column: tips, task: TASK, classes: CLASSES}
features:
  fare: {kind: numeric}
  area: {kind: bucketized, boundaries: [1, 2]}
"""
CLASSES = {"binary": "[a, b]", "multiclass": "[a, b, c]", "regression": "[]"}


def load(folder: Path, *overrides: str, task: str = "binary") -> PipelineConfig:
    file = folder / "trips.yaml"
    text = CONFIG.replace("TASK", task).replace("CLASSES", CLASSES[task])
    file.write_text(text, encoding="utf-8")
    loaded = load_config(file, overrides=overrides)
    check_config(loaded, ("tips", "fare", "area"))
    return loaded.config


def refusal(folder: Path, *overrides: str, task: str = "binary") -> str:
    with pytest.raises(ConfigError) as caught:
        load(folder, *overrides, task=task)
    return str(caught.value)


@pytest.mark.parametrize("task", METRICS_OF_TASK)
def test_load_with_every_metric_of_a_task_takes_it_and_its_threshold(
    tmp_path: Path, task: str
) -> None:
    costs = [] if task == "regression" else ["evaluation.costs={matrix: {a: {b: 2}}, other: 1}"]
    for name in METRICS_OF_TASK[task]:
        config = load(tmp_path, f"evaluation.thresholds.{name}.min=0", *costs, task=task)
        assert list(config.evaluation.thresholds) == [name]
    names = ", ".join(METRICS_OF_TASK[task])
    config = load(tmp_path, f"evaluation.metrics=[{names}]", *costs, task=task)
    assert config.evaluation.metrics == METRICS_OF_TASK[task]


@pytest.mark.parametrize("name", ALL_METRICS)
def test_load_with_a_metric_of_another_task_lists_those_that_fit(tmp_path: Path, name: str) -> None:
    for task, fitting in METRICS_OF_TASK.items():
        if name not in fitting:
            said = refusal(tmp_path, f"evaluation.metrics=[{name}]", task=task)
            assert f"metric `{name}` does not fit the task {task}" in said
            assert ", ".join(fitting) in said


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("roc_auc", "auc"),
        ("mean_squared_error", "mse"),
        ("BinaryCrossentropy", "log_loss"),
        ("F1Score", "f1"),
        ("acc", "accuracy"),
        ("root_mean_squared_error", "rmse"),
        ("neg_log_loss", "log_loss"),
        ("AUC", "auc"),
        ("R2", "r2"),
        ("average_precision", "pr_auc"),
    ],
)
def test_load_with_a_name_of_another_library_asks_for_the_nearest(
    tmp_path: Path, said: str, meant: str
) -> None:
    question = f"no metric is called '{said}': did you mean `{meant}`?"
    in_list = refusal(tmp_path, f"evaluation.metrics=[{said}]")
    assert f"`evaluation.metrics.0`: {question}" in in_list
    as_key = refusal(tmp_path, f"evaluation.thresholds={{{said}: {{min: 0.5}}}}")
    assert f"`evaluation.thresholds.{said}`: {question}" in as_key


@pytest.mark.parametrize("name", ["perplexity", "1", "''", "[auc]", "{auc: 1}", "null"])
def test_load_with_a_metric_that_is_nothing_like_one_lists_all(tmp_path: Path, name: str) -> None:
    assert "There are auc, pr_auc," in refusal(tmp_path, f"evaluation.metrics=[{name}]")


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        ("{}", "give min, max or max_loss_against_baseline"),
        ("{min: null}", "give min, max or max_loss_against_baseline"),
        ("{min: 0.9, max: 0.1}", "min must not exceed max"),
        ("{max_loss_against_baseline: -0.1}", "greater than or equal to 0"),
        ("{min: .nan}", "finite number"),
        ("{max: .inf}", "finite number"),
        ("{max: -.inf}", "finite number"),
        ("{min: 1.0e999}", "finite number"),
        ("{min: 'nan'}", "finite number"),
        ("{max_loss_against_baseline: .nan}", "finite number"),
        ("{max_loss_against_baseline: .inf}", "finite number"),
        ("{min: high}", "a number"),
    ],
)
def test_load_with_bounds_that_bound_nothing_refuses(
    tmp_path: Path, threshold: str, said: str
) -> None:
    assert said in refusal(tmp_path, f"evaluation.thresholds.auc={threshold}")


@pytest.mark.parametrize(
    "field",
    [
        "model.optimizer.learning_rate",
        "model.dropout",
        "model.l2",
        "model.early_stopping.min_delta",
        "model.early_stopping.validation_share",
        "push.infra_check.load_timeout_s",
        "push.infra_check.max_latency_ms",
        "environment.kubeflow.request_timeout_s",
        "environment.steps.Trainer.cpu",
    ],
)
@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "1.0e999", "NaN", "Infinity"])
def test_load_with_a_number_that_is_not_finite_refuses(
    tmp_path: Path, field: str, number: str
) -> None:
    assert f"`{field}`" in refusal(tmp_path, f"{field}={number}")


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("confidence=.nan", "finite number"),
        ("confidence=1", "less than or equal to 0.9999"),
        ("confidence=95", "less than or equal to 0.9999"),
        ("confidence=0.3", "greater than or equal to 0.5"),
        ("resamples=10", "greater than or equal to 200"),
        ("resamples=1000000000", "less than or equal to 100000"),
        ("min_slice_rows=1", "greater than or equal to 2"),
        ("margin=-0.1", "greater than or equal to 0"),
        ("margin=.inf", "finite number"),
        ("unsure.bounds=maybe", "'accept', 'point' or 'refuse'"),
        ("unsure={trivial: accept}", "unsure.trivial"),
        ("at_thresholds=[0.5, 1]", "less than 1"),
        ("at_thresholds=[.nan]", "finite number"),
        ("at_thresholds=[0]", "greater than 0"),
        ("costs={}", "give false_positive and false_negative, or matrix"),
        ("costs={false_positive: 1}", "give both false_positive and false_negative"),
        ("costs={false_positive: 0, false_negative: 1}", "greater than 0"),
        ("costs={false_positive: .nan, false_negative: 1}", "finite number"),
        ("costs={false_positive: 1, false_negative: 1, other: 3}", "give matrix"),
        ("costs={false_positive: 1, false_negative: 1, matrix: {a: {b: 1}}}", ", or matrix"),
        ("costs={matrix: {a: {b: .inf}, b: {a: 1}}}", "finite number"),
        ("costs={matrix: {a: {b: 1}}}", "the costs of 1 wrong answers are not named"),
        ("costs={matrix: {a: {c: 1}, b: {a: 2}}}", "`c` is not a class"),
        ("metrics=[mean_cost]", "`mean_cost` needs to know what errors cost"),
    ],
)
def test_load_of_settings_that_mean_nothing_refuses(
    tmp_path: Path, override: str, said: str
) -> None:
    assert said in refusal(tmp_path, f"evaluation.{override}")


def test_load_of_settings_of_another_task_refuses(tmp_path: Path) -> None:
    pair = "evaluation.costs={false_positive: 1, false_negative: 2}"
    assert "more" in refusal(tmp_path, pair, task="multiclass")
    assert "does not fit the task regression" in refusal(tmp_path, pair, task="regression")
    for task in ("multiclass", "regression"):
        said = refusal(tmp_path, "evaluation.at_thresholds=0.3", task=task)
        assert f"`evaluation.at_thresholds` does not fit the task {task}" in said


def test_evaluation_page_shows_a_section_that_can_be_used() -> None:
    page = Path(__file__).parents[3] / "docs/evaluation.md"
    (block,) = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    config = EvaluationConfig.model_validate(yaml.safe_load(block)["evaluation"])
    assert config.slices == (("payment_type",), ("company", "payment_type"))
    assert config.costs is not None and config.costs.unit == "EUR"


def test_load_without_settings_has_sensible_ones(tmp_path: Path) -> None:
    evaluation = load(tmp_path, "evaluation={}").evaluation
    assert (evaluation.confidence, evaluation.resamples) == (0.95, 1000)
    assert (evaluation.min_slice_rows, evaluation.margin) == (30, 0.01)
    assert (evaluation.unsure.bounds, evaluation.unsure.changes) == ("point", "accept")


def test_load_with_boundaries_that_are_not_finite_refuses(tmp_path: Path) -> None:
    for number in (".nan", ".inf", "-.inf"):
        said = refusal(tmp_path, f"features.area.boundaries=[1, {number}]")
        assert "`features.area.boundaries.1`" in said


def test_sections_take_no_number_that_is_not_finite() -> None:
    sections = {PipelineConfig, *_sections(PipelineConfig)}
    assert len(sections) > 20
    for section in sections:
        assert section.model_config.get("allow_inf_nan") is False, section
        for name, field in section.model_fields.items():
            default = field.get_default(call_default_factory=True)
            if isinstance(default, float):
                assert math.isfinite(default), f"{section.__name__}.{name}"


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    """Find all sections below a type."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _sections(field.annotation)
    for part in getattr(annotation, "__args__", ()):
        yield from _sections(part)
