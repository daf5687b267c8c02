"""The commands of the README, run as a reader would type them."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.project import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    words
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if (words := shlex.split(line, comments=True))
]


def test_readme_names_only_targets_that_make_knows() -> None:
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    named = [words[1] for words in COMMANDS if words[0] == "make"]
    assert {"run", "test"} <= set(named)
    for target in named:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


def test_readme_names_only_files_that_are_there() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (REPOSITORY / target).exists(), target
    assert {words[0] for words in COMMANDS} <= {
        "make",
        "python",
        "docker",
        "curl",
        ".venv/bin/tfx-pipeline",
    }


def test_readme_doctor_command_runs() -> None:
    ((_, *arguments),) = [words for words in COMMANDS if words[0].endswith("tfx-pipeline")]
    done = subprocess.run(
        [sys.executable, "-m", "tfx_pipeline.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tfx" in done.stdout


@pytest.mark.e2e
def test_readme_runs_work_in_their_order(tmp_path: Path) -> None:
    for folder in ("configs", "schema", "data"):
        shutil.copytree(REPOSITORY / folder, tmp_path / folder)
    runs = [words[2:] for words in COMMANDS if words[:2] == ["python", "run_local.py"]]
    assert ["--config", "configs/penguins.yaml"] in runs
    assert ["--only", "Evaluator"] in runs
    for arguments in runs:
        done = subprocess.run(
            [sys.executable, str(REPOSITORY / "run_local.py"), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stdout + done.stderr
    (taxi, *_) = sorted((tmp_path / "tfx_pipeline_output/taxi/runs").iterdir())
    metrics = json.loads((taxi / "summary.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["auc"] >= 0.94
    assert metrics["log_loss"] <= 0.23
    for model in ("taxi", "penguins", "ames"):
        assert list((tmp_path / "serving_model" / model).glob("[0-9]*/saved_model.pb"))
