"""`tfx-pipeline tuned`: what a search left, and how it is written into the configuration."""

from __future__ import annotations

import json
from pathlib import Path

from tests.commands.conftest import CommandLine, ServedProject
from tests.commands.test_runs import add_run
from tfx_pipeline.config.loader import load_config

DEFAULT = {"trial_id": "0", "score": 0.5, "family": "wide_deep as configured"}
BETTER = {
    "trial_id": "1",
    "score": 0.25,
    "family": "wide_deep",
    "wide_deep/dropout": 0.123456,
    "wide_deep/optimizer.learning_rate": 0.005,
}


def add_search(project: ServedProject, *trials: dict[str, object]) -> None:
    """Leave a run with a search, and its results."""
    folder = project.folder / "results"
    folder.mkdir()
    (folder / "tuner_results.json").write_text(json.dumps(trials), encoding="utf-8")
    add_run(project, "one", 1e9, artifacts={"Tuner.tuner_results": str(folder)})
    add_run(project, "two", 2e9)


def test_tuned_shows_what_the_last_search_found(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_search(project, DEFAULT, BETTER)
    status, out, _ = tfx_pipeline("tuned")
    assert status == 0
    assert out.splitlines() == [
        "taxi: found by run one",
        "  wide_deep: 2 trials, held-out loss 0.25 (0.5 as configured)",
        "      model.optimizer.learning_rate: 0.005",
        "      model.dropout: 0.1235",
    ]
    assert json.loads(tfx_pipeline("tuned", "--json")[1])["setting"]["dropout"] == 0.1235


def test_tuned_write_puts_it_into_the_configuration(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_search(project, DEFAULT, BETTER)
    file = Path(project.config.removeprefix("--config="))
    before = file.read_text(encoding="utf-8")
    status, out, _ = tfx_pipeline("tuned", "--write")
    assert (status, out.splitlines()[-1]) == (0, f"written into {file}")
    model = load_config(file).config.model
    assert (model.dropout, model.optimizer.learning_rate) == (0.1235, 0.005)
    added = set(file.read_text(encoding="utf-8").splitlines()) - set(before.splitlines())
    assert added == {
        "  dropout: 0.1235",
        "  optimizer: {name: adam, learning_rate: 0.005}",
    }


def test_tuned_write_of_nothing_better_changes_nothing(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_search(project, DEFAULT)
    file = Path(project.config.removeprefix("--config="))
    before = file.read_bytes()
    assert "nothing was better" in tfx_pipeline("tuned", "--write")[1]
    assert file.read_bytes() == before


def test_tuned_without_a_search_says_how_to_begin_one(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    status, _, errors = tfx_pipeline("tuned")
    assert status == 2
    assert "model.budget=10m" in errors
