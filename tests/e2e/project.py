"""A small project on real rows, as a user has one, in a folder of its own."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.forked import forked
from tfx_pipeline.pipeline.step_order import RESOLVERS

REPOSITORY = Path(__file__).resolve().parents[2]

ROWS = 2000
"""Of the run that the tests share."""

FEATURES = """\
from tfx_pipeline.modules import preprocessing


def preprocessing_fn(inputs, custom_config):
    return preprocessing.preprocessing_fn(inputs, custom_config)
"""

# Enough for a good model on few rows; thresholds as shipped would ask for more data.
SMALLER = (
    "--set=evaluation.thresholds.auc={min: 0.6, max_loss_against_baseline: 0.3}",
    "--set=evaluation.thresholds.log_loss={max: 1.0}",
    "--set=model.epochs=3",
    "--set=risk.membership=off",  # which train models: they have tests of their own
    "--set=risk.extraction=off",
)

NO_RISK = "--set=risk.enabled=false"
"""For what does not depend on the risk step, a fifth of a short run."""


def run_python(
    words: Sequence[str], folder: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run Python with these words in a folder, and check its exit status."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == status, (words, done.stdout, done.stderr)
    return done


def run_forked(
    words: Sequence[str], folder: Path, status: int = 0
) -> subprocess.CompletedProcess[str]:
    """Do the same in a process that has everything imported, half of what a short run does."""
    done = forked().run(["python", *words], cwd=folder, env=os.environ, timeout_s=900)
    assert done.status == status, (words, done.out, done.err)
    return subprocess.CompletedProcess(words, done.status, done.out, done.err)


class Project:
    """The shipped taxi configuration on the first rows of the shipped table."""

    def __init__(self, folder: Path, rows: int, *words: str) -> None:
        """Lay it in a folder; `words` are options of every run."""
        self.folder = folder
        self.words = words
        shutil.copytree(REPOSITORY / "configs", folder / "configs")
        shutil.copytree(REPOSITORY / "schema", folder / "schema")
        (folder / "data/taxi").mkdir(parents=True)
        with (REPOSITORY / "data/taxi/data.csv").open(encoding="utf-8") as table:
            lines = [next(table) for _ in range(rows + 1)]
        self.table.write_text("".join(lines), encoding="utf-8")
        self.features.write_text(FEATURES, encoding="utf-8")

    @property
    def table(self) -> Path:
        """The input table."""
        return self.folder / "data/taxi/data.csv"

    @property
    def features(self) -> Path:
        """The user's module."""
        return self.folder / "my_features.py"

    @property
    def log(self) -> str:
        """Text of the newest run's log."""
        return (self.latest_run / "run.log").read_text(encoding="utf-8", errors="replace")

    @property
    def latest_run(self) -> Path:
        """Folder of the newest run."""
        return max((self.folder / "tfx_pipeline_output/taxi/runs").iterdir())

    @property
    def versions(self) -> list[Path]:
        """Folders of everything under the served model, complete versions or not."""
        return sorted((self.folder / "serving_model/taxi").glob("*"))

    def command(self, *arguments: str) -> list[str]:
        """Give the words that run the pipeline."""
        return [
            sys.executable,
            str(REPOSITORY / "run_local.py"),
            "--config=configs/taxi.yaml",
            "--set=hooks.preprocessing_fn=my_features.preprocessing_fn",
            *SMALLER,
            *self.words,
            *arguments,
        ]

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run the pipeline to its end, check its exit status, and give its output."""
        done = run_forked(self.command(*arguments)[1:], self.folder, status)
        return done.stdout + done.stderr

    def run_anew(self) -> str:
        """Run it in a process that begins as a user's does, importing what it needs."""
        done = run_python(self.command()[1:], self.folder)
        return done.stdout + done.stderr

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the pipeline in the background, its output in a pipe."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            # A shell lets what it starts in the background ignore Ctrl-C, and all that it starts.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def summary(self) -> dict[str, Any]:
        """Read the newest run's summary."""
        text = (self.latest_run / "summary.json").read_text(encoding="utf-8")
        values: dict[str, Any] = json.loads(text)
        return values

    def states(self) -> dict[str, str]:
        """Give the state of each step in the newest run."""
        return {step["id"]: step["state"] for step in self.summary()["steps"]}

    def ran(self) -> list[str]:
        """List the steps of the newest run that were not reused, but for those that always run."""
        always = (*RESOLVERS, "smoke query")
        return [x for x, state in self.states().items() if state == "ran" and x not in always]

    def edit_rows(self, column: str, values: list[str]) -> None:
        """Overwrite a column in the first rows of the table."""
        with self.table.open(encoding="utf-8", newline="") as source:
            rows = list(csv.reader(source))
        position = rows[0].index(column)
        for row, value in zip(rows[1:], values):  # noqa: B905 - only the first rows
            row[position] = value
        with self.table.open("w", encoding="utf-8", newline="") as target:
            csv.writer(target, lineterminator="\n").writerows(rows)
