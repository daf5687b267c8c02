"""Refusing, before anything runs, what is meant for another machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.targets.this_machine import check_runs_here


def problems_of(folder: Path, overlay: str) -> list[str]:
    file = folder / "overlay.yaml"
    file.write_text(overlay, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check_runs_here(load_config("configs/penguins.yaml", str(file)))
    return [str(problem).replace(f"{folder}/", "") for problem in caught.value.problems]


def test_check_runs_here_of_the_shipped_environment_raises_nothing() -> None:
    check_runs_here(load_config("configs/penguins.yaml", "local"))


def test_check_runs_here_for_another_runner_names_the_command(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "environment:\n  runner: kfp\n")
    assert problem == (
        "overlay.yaml:2: `environment.runner`: this command runs a pipeline on this machine\n"
        "    received kfp\n"
        "    allowed  local\n"
        "    next     use --env local, or tfx-pipeline submit"
    )


def test_check_runs_here_with_places_elsewhere_reports_all(tmp_path: Path) -> None:
    overlay = (
        "environment:\n"
        "  pipeline_root: gs://bucket/root\n"
        "  metadata: {kind: grpc, host: mlmd}\n"
        "push: {base_directory: 's3://models'}\n"
    )
    found = [problem.splitlines()[0] for problem in problems_of(tmp_path, overlay)]
    assert [each.partition(": ")[0] for each in found] == [
        "overlay.yaml:2",
        "overlay.yaml:4",
        "overlay.yaml:3",
    ]
