"""Comparing a configuration with the columns of its table and with itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.checks import check_config
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError

COLUMNS = ("fare", "tips", "miles", "area", "company")
VALID = """\
name: trips
data: {path: data}
label: {column: tips, task: binary, rule: tips > 0.2 * fare}
features:
  fare: {kind: numeric}
  company: {kind: categorical}
lookups:
  area_fare: {key: area, value: fare}
evaluation:
  metrics: [auc, log_loss]
"""


def problems_of(folder: Path, old: str, new: str) -> list[str]:
    assert old in VALID
    file = folder / "trips.yaml"
    file.write_text(VALID.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check_config(load_config(file), COLUMNS)
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_check_config_of_a_fitting_table_raises_nothing(tmp_path: Path) -> None:
    file = tmp_path / "trips.yaml"
    file.write_text(VALID, encoding="utf-8")
    check_config(load_config(file), COLUMNS)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "fare: {kind: numeric}",
            "fare: {kind: numeric, parse: $5.00}",
            "trips.yaml:3: `label.rule` computes with `fare`, which is text (features.fare.parse)\n"
            "    next     compute with a column of numbers; only features are parsed",
        ),
        (
            "  company: {",
            "  compny: {",
            "trips.yaml:6: `compny` is not a column of the table\n"
            "    allowed  fare, tips, miles, area, company\n"
            "    next     did you mean `company`?",
        ),
        (
            "  company: {kind: categorical}",
            "  tips: {kind: numeric}",
            "trips.yaml:6: `tips` is the",
        ),
        (
            "tips > 0.2 * fare}",
            "tips > 0.2 * fare, weight: mile}",
            "trips.yaml:3: `mile` is not a column of the table\n"
            "    allowed  fare, tips, miles, area, company\n"
            "    next     did you mean `miles`?",
        ),
        (
            "tips > 0.2 * fare}",
            "tips > 0.2 * fare, weight: company}",
            "trips.yaml:3: `company` is the weight of the rows and also a feature",
        ),
        (
            "tips > 0.2 * fare}",
            "tips > 0.2 * fare, weight: area}",
            "trips.yaml:3: `area` is the weight of the rows and also the key of a lookup",
        ),
        (
            "tips > 0.2 * fare}",
            "tips > 0.2 * fare, weight: tips}",
            "trips.yaml:3: `tips` is the label and also its weight",
        ),
        (
            "tips > 0.2 * fare}",
            "tips > 0.2 * fare, weight: balanced}",
            "trips.yaml:3: balanced weights move the probabilities away",
        ),
        ("tips > 0.2 * fare", "tips > 0.2 * fair", "trips.yaml:3: `fair` in `label.rule`"),
        ("tips > 0.2 * fare", "miles > 2", "does not use the label's column `tips`"),
        ("tips > 0.2 * fare", "tips / fare", "trips.yaml:3: `label.rule` gives a number"),
        ("tips > 0.2 * fare", "__import__(1)", "trips.yaml:3: `label.rule` cannot be read"),
        ("{key: area,", "{key: aera,", "trips.yaml:8: `aera` is not a column"),
        ("{key: area,", "{key: tips,", "`area_fare` is looked up by the label's column `tips`"),
        ("area_fare:", "fare:", "trips.yaml:8: `fare` is both a feature and a lookup"),
        ("[auc, log_loss]", "[auc, mse]", "metric `mse` does not fit the task binary"),
        (
            "  metrics: [auc, log_loss]",
            "  metrics: [auc]\n  thresholds: {log_loss: {max: 1}}",
            "trips.yaml:11: a threshold on `log_loss`, which is not computed",
        ),
        (
            "  metrics: [auc, log_loss]",
            "  slices: [[area], [compani]]",
            "trips.yaml:10: `compani` is not a column",
        ),
        (
            "  metrics: [auc, log_loss]",
            "  metrics: [auc]\nrisk: {fairness: {columns: compani}}",
            "trips.yaml:11: `compani` is not a column",
        ),
        ("{path: data}", "{path: data, schema_file: no.pbtxt}", "no such schema file"),
        (
            "{path: data}",
            "{path: data, split: {by: time, columns: tips}}",
            "trips.yaml:2: `tips` is the label and also divides the splits",
        ),
    ],
)
def test_check_config_with_a_contradiction_points_at_it(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    (problem,) = problems_of(tmp_path, old, new)
    assert expected in problem


def test_check_config_with_several_contradictions_reports_all(tmp_path: Path) -> None:
    found = problems_of(
        tmp_path, "company: {kind: categorical}", "a: {kind: text}\n  b: {kind: text}"
    )
    assert [x.split("`")[1] for x in found] == ["a", "b"]


def test_check_config_with_a_hook_looks_for_its_function(tmp_path: Path) -> None:
    hooks = "name: trips\nhooks: {run_fn: my.training.run_fn}"
    (problem,) = problems_of(tmp_path, "name: trips", hooks)
    assert "`hooks.run_fn`: no module `my.training`" in problem
    (tmp_path / "my").mkdir()
    (tmp_path / "my/training.py").write_text("def run_fun(fn_args): ...\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path, "name: trips", hooks)
    assert "`training.py` defines no function `run_fn`" in problem
    assert "did you mean `run_fun`?" in problem
    (tmp_path / "my/training.py").write_text("def run_fn(:\n", encoding="utf-8")
    (problem,) = problems_of(tmp_path, "name: trips", hooks)
    assert "my/training.py:1: not valid Python" in problem


def test_check_config_with_a_search_and_ones_own_run_fn_says_that_they_exclude_each_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.py").write_text("def run_fn(fn_args): ...\n", encoding="utf-8")
    both = "name: trips\nhooks: {run_fn: mine.run_fn}\nmodel: {budget: 10m}"
    (problem,) = problems_of(tmp_path, "name: trips", both)
    assert "`model.budget` is for the families of models here" in problem
    assert "received 10m" in problem


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("binary", "trips.yaml:10: tensorflow_model_server is not on the PATH"),
        ("docker", "trips.yaml:10: docker is not on the PATH"),
        ("kubernetes", "trips.yaml:10: TFX's InfraValidator starts pods only from within"),
    ],
)
def test_check_config_of_a_server_that_cannot_be_started_names_the_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, expected: str
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (problem,) = problems_of(
        tmp_path,
        "evaluation:\n",
        f"push:\n  infra_check: {{server: {server}}}\nevaluation:\n",
    )
    assert problem.startswith(expected)
    assert f"received {server}" in problem
