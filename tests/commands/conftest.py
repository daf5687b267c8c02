"""A project whose model has versions, and the command line in it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_pipeline.cli import main
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows

SILENT = "--url=http://127.0.0.1:9"  # nobody listens there
CommandLine = Callable[..., tuple[int, str, str]]


class ServedProject:
    """The shipped taxi configuration, and a folder of versions."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self.folder = folder
        shutil.copytree(repository / "configs", folder / "configs")
        self.base = folder / "serving_model" / "taxi"

    @property
    def version_label_file(self) -> Path:
        return self.folder / "serving_model/taxi.config"

    @property
    def config(self) -> str:
        return f"--config={self.folder}/configs/taxi.yaml"

    def add_version(self, version: int, model: Path | None = None) -> Path:
        """Add a version: a copy of a model, or a file that only looks like one."""
        folder = self.base / str(version)
        if model is not None:
            shutil.copytree(model, folder)
        else:
            folder.mkdir(parents=True)
            (folder / "saved_model.pb").touch()
        row = {"x": 1.0, "company": "Chicago's"}
        write_smoke_rows(folder, SmokeRows([row], [{"y": 2.5}]))
        return folder

    def add_run(self, run_id: str, version: int, **metrics: float) -> None:
        """Leave the summary that a run which pushed a version leaves."""
        folder = self.folder / "tfx_pipeline_output/taxi/runs" / run_id
        folder.mkdir(parents=True)
        model = str(self.base / str(version))
        summary = {"run_id": run_id, "status": "pushed", "model": model, "metrics": metrics}
        (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, repository: Path) -> ServedProject:
    return ServedProject(tmp_path, repository)


@pytest.fixture
def tfx_pipeline(project: ServedProject, capfd: pytest.CaptureFixture[str]) -> CommandLine:
    """Run a subcommand for the project; give its exit status, output and errors."""

    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        of = 1 if command == "data" else 0  # it has commands of its own
        status = main([command, *arguments[:of], project.config, *arguments[of:]])
        sys.stdout.flush()
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    return run
