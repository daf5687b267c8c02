"""One run of TFX's taxi template, or of ours, in a fresh process: what it took and what it gave."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from measured_process import Measured, run_measured
from taxi_quality import Metrics, evaluator_metrics
from template_copy import EVALUATION, PIPELINE, copy_template

REST = "  imports and the rest, s"

_REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = _REPOSITORY / "data/taxi/data.csv"
_EVENT = re.compile(r"Component (\S+) is (running|finished)\.")
# The template's configuration looks for Google credentials; without this it may wait for a network.
_ENVIRONMENT = {"NO_GCE_CHECK": "true"}


class RunFailedError(Exception):
    """A benchmarked command failed; its output is in the file that the message names."""


@dataclass(frozen=True)
class Run:
    """What one run took and gave.

    Attributes:
        steps: wall seconds of each component, in order.
        metrics: of the model, over its own eval split.
        examples: folder of ExampleGen's artifact.
    """

    measured: Measured
    steps: dict[str, float]
    metrics: Metrics
    examples: str = ""

    @property
    def figures(self) -> dict[str, float]:
        """All that is compared, by the name of its line."""
        measured = self.measured
        return {
            "wall, s": measured.wall_s,
            "CPU, s": measured.cpu_s,
            "peak memory, MB": measured.peak_mb,
            **{f"  {name}, s": seconds for name, seconds in self.steps.items()},
            REST: measured.wall_s - sum(self.steps.values()),
        }


def run_template(folder: Path, table: Path = TABLE, *, is_evaluated: bool = True) -> Run:
    """Run the enabled copy of the template; everything goes under `folder`.

    Unless the model `is_evaluated`, the run ends with Trainer.
    """
    script = copy_template(folder / "template", table, () if is_evaluated else EVALUATION)
    began: dict[str, float] = {}
    steps: dict[str, float] = {}

    def note(seconds: float, line: str) -> None:
        if event := _EVENT.search(line):
            name, state = event.groups()
            if state == "running":
                began[name] = seconds
            else:
                steps[name] = seconds - began[name]

    measured = _run([sys.executable, str(script)], script.parent, folder, note)
    root = script.parent / "tfx_pipeline_output" / PIPELINE
    if not is_evaluated:
        return Run(measured, steps, {})
    evaluation = next((root / "Evaluator/evaluation").iterdir())
    return Run(measured, steps, evaluator_metrics(evaluation))


def run_ours(folder: Path, *settings: str, table: Path = TABLE, is_evaluated: bool = True) -> Run:
    """Run the shipped taxi configuration with further `--set` values; all goes under `folder`.

    Unless the model `is_evaluated`, the run ends with Trainer.
    """
    places = (
        f"environment.pipeline_root={folder}/output",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving_model",
        f"data.path={table}",
    )
    command = [sys.executable, "run_local.py", "--config=configs/taxi.yaml", "--no-cache"]
    command += ["--run-id=benchmark", *(f"--set={value}" for value in (*places, *settings))]
    command += [] if is_evaluated else ["--to=Trainer"]
    measured = _run(command, _REPOSITORY, folder)
    summary = json.loads((folder / "output/runs/benchmark/summary.json").read_text())
    steps = {step["id"]: step["seconds"] for step in summary["steps"]}
    return Run(measured, steps, summary["metrics"], summary["artifacts"]["CsvExampleGen.examples"])


def _run(
    command: Sequence[str],
    working: Path,
    folder: Path,
    on_line: Callable[[float, str], None] = lambda seconds, line: None,
) -> Measured:
    log = folder / "benchmark.log"
    measured = run_measured(command, working, log, _ENVIRONMENT, on_line)
    if measured.status:
        kept = Path(tempfile.mkdtemp(prefix="benchmark-failed-")) / log.name
        kept.write_bytes(log.read_bytes())
        raise RunFailedError(f"status {measured.status} of {' '.join(command)}\n  see {kept}")
    return measured
