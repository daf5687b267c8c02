"""`tfx-pipeline compare`: what differs between runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine, ServedProject
from tests.commands.test_runs import add_run
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.kept_rows import KeptRows


def add_evaluation(folder: Path, noise: float) -> str:
    """Leave an evaluation as the Evaluator does; more noise: a worse model."""
    random = np.random.default_rng(0)
    labels = (random.random(1000) < 0.5).astype(float)
    random = np.random.default_rng([1, int(noise * 10)])
    answers = np.clip(0.25 + 0.5 * labels + random.normal(0, noise, 1000), 0.01, 0.99)
    figure = Interval(0.9, 0.88, 0.92, "delong", 1000)
    slices = (SliceFigures(("colour",), ("red",), 500),)
    metrics = {"auc": figure}
    folder.mkdir(parents=True)
    EvaluationFacts("binary", ("0", "1"), 1000, 0.5, "x", metrics=metrics, slices=slices).write(
        folder
    )
    colours = np.array(["red", "blue"] * 500, object)
    ids = np.arange(1000, dtype=np.uint64)
    KeptRows(ids, labels, {"candidate": answers}, 1000, {"colour": colours}).write(folder)
    return str(folder)


@pytest.fixture
def project_with_runs(project: ServedProject) -> ServedProject:
    root = project.folder / "tfx_pipeline_output/taxi/Evaluator/evaluation"
    for number, (run_id, noise) in enumerate({"one": 0.2, "two": 0.6, "three": 0.2}.items(), 1):
        add_run(
            project,
            run_id,
            number * 1e9,
            artifacts={"Evaluator.evaluation": add_evaluation(root / str(number), noise)},
            config={"model": {"epochs": number, "family": "linear"}},
            rows={"read": 3000},
            surroundings={
                "python": "3.10.1",
                "platform": "x",
                "libraries": {"numpy": f"1.{number}"},
            },
        )
    return project


def test_compare_shows_only_what_differs_and_the_paired_change(
    project_with_runs: ServedProject, tfx_pipeline: CommandLine
) -> None:
    status, out, _ = tfx_pipeline("compare", "one", "two", "three")
    assert status == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "taxi: 3 runs"
    assert "model.epochs 1 2 3" in lines
    assert "numpy 1.1 1.2 1.3" in lines
    assert not any("family" in line or "3000" in line for line in lines)
    assert lines.count("on the same 1,000 eval rows") == 2
    told = [line for line in lines if line.startswith("auc ") and "worse" in line]
    assert told[0].endswith(" worse")
    assert any(line.startswith("colour = red 500 auc 0.") for line in lines)


def test_compare_of_many_runs_keeps_the_names_beside_each(
    project_with_runs: ServedProject, tfx_pipeline: CommandLine
) -> None:
    """A table that is too wide lost its first column: what it is that differs."""
    for number in range(4, 12):
        long = {"epochs": number, "hidden_units": list(range(number, number + 40))}
        add_run(project_with_runs, f"run-number-{number}", number * 1e9, config={"model": long})
    runs = ["one", *(f"run-number-{number}" for number in range(4, 12))]
    status, out, _ = tfx_pipeline("compare", *runs)
    assert status == 0
    lines = out.splitlines()
    assert all(len(line.rstrip()) <= 120 for line in lines)
    for name in ("configuration", "model.epochs", "model.hidden_units"):
        assert len([line for line in lines if line.startswith(name)]) > 1, name
    shown = " ".join(line for line in lines if line.startswith("model.epochs")).split()
    assert [x for x in shown if x != "model.epochs"] == ["1", *map(str, range(4, 12))]


def test_compare_as_json_has_intervals_of_all_slices(
    project_with_runs: ServedProject, tfx_pipeline: CommandLine
) -> None:
    document = json.loads(tfx_pipeline("compare", "one", "two", "--json")[1])
    (change,) = document["changes"]
    loss = change["losses"]["auc"]
    assert 0 < loss["low"] < loss["value"] < loss["high"] < 0.5
    assert [each["values"] for each in change["slices"]] == [["blue"], ["red"]]
    assert document["config"] == [{"name": "model.epochs", "values": ["1", "2"]}]


def test_compare_of_a_run_whose_evaluation_is_gone_shows_the_rest(
    project_with_runs: ServedProject, tfx_pipeline: CommandLine
) -> None:
    folder = project_with_runs.folder / "tfx_pipeline_output/taxi/Evaluator/evaluation/2"
    (folder / "kept_rows.npz").unlink()
    status, out, _ = tfx_pipeline("compare", "one", "two")
    assert status == 0
    assert "model.epochs" in out
    assert "not compared by rows: kept_rows.npz in" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["one"], "received 1"),
        (["one", "two", "one"], "a run is named twice"),
        (["one", "tow"], "did you mean `two`?"),
        ([f"r{number}" for number in range(21)], "2 to 20 runs"),
    ],
)
def test_compare_of_wrong_runs_says_so(
    project_with_runs: ServedProject,
    tfx_pipeline: CommandLine,
    words: list[str],
    expected: str,
) -> None:
    status, out, err = tfx_pipeline("compare", *words)
    assert (status, out) == (2, "")
    assert expected in err
