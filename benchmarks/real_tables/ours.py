"""Runs of ours on a benchmark table, in fresh processes.

Ways:
    ours         a whole run of the configuration as it is; what the exported model says counts
    fit-FAMILY   the same rows and the same Transform, then this family alone is fitted and
                 exported, without the other steps: for comparing families
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from measured_process import run_measured
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
WHOLE_RUN = "ours"
FIT = "fit-"

_REFUSED = 3  # a gate's exit status: nothing was pushed, but there is a model
_ENVIRONMENT = {"NO_GCE_CHECK": "true"}


@dataclass(frozen=True)
class Ours:
    """What a way of ours gave.

    Attributes:
        predictions: of the rows of `eval`, in the order of the table.
        label: of these rows, texts, for a check of the order.
        classes: by id, in the order of the configuration.
    """

    predictions: NDArray[Any]
    label: NDArray[Any]
    classes: tuple[str, ...]
    fit_s: float
    cpu_s: float
    notes: dict[str, Any]


def run_ours(config: Path, ways: list[str], settings: tuple[str, ...]) -> dict[str, Ours]:
    """Run the ways on one split; `settings` as `--set` takes them.

    Raises:
        RuntimeError: a run failed; the end of its output is in the message.
    """
    families = [way.removeprefix(FIT) for way in ways if way.startswith(FIT)]
    found = {}
    with tempfile.TemporaryDirectory(prefix="table-run-") as name:
        folder = Path(name)
        if WHOLE_RUN in ways:
            summary, measured = _run(config, folder / "whole", settings)
            answers = _answers(config, settings, summary, folder, ())[WHOLE_RUN]
            found[WHOLE_RUN] = _of_run(answers, summary, measured)
        if families:
            summary, _ = _run(config, folder / "part", settings, "--to=Transform")
            answers = _answers(config, settings, summary, folder, families)
            found |= {f"{FIT}{family}": Ours(**answers[family]) for family in families}
    return found


def _run(
    config: Path, folder: Path, settings: tuple[str, ...], *options: str
) -> tuple[dict[str, Any], Any]:
    places = (
        f"environment.pipeline_root={folder}/output",
        f"environment.metadata.path={folder}/metadata.db",
        f"push.base_directory={folder}/serving_model",
    )
    command = [sys.executable, "run_local.py", f"--config={config}", "--run-id=benchmark"]
    command += [f"--env={ROOT}/configs/env/local.yaml", *options]
    command += [f"--set={value}" for value in (*places, *settings)]
    folder.mkdir(parents=True)
    log = folder / "output.log"
    measured = run_measured(command, ROOT, log, _ENVIRONMENT)
    if measured.status not in (0, _REFUSED):
        raise RuntimeError(f"status {measured.status} of {config}:\n{log.read_text()[-3000:]}")
    summary = json.loads((folder / "output/runs/benchmark/summary.json").read_text())
    return summary, measured


def _of_run(answers: dict[str, Any], summary: dict[str, Any], measured: Any) -> Ours:
    steps = {step["id"]: step["seconds"] for step in summary["steps"]}
    notes = answers["notes"] | {
        "run_s": measured.wall_s,
        "peak_mb": measured.peak_mb,
        "is_pushed": measured.status == 0,
        "refusals": summary["refusals"],
    }
    return Ours(**answers | {"fit_s": steps["Trainer"], "cpu_s": measured.cpu_s, "notes": notes})


def _answers(
    config: Path,
    settings: tuple[str, ...],
    summary: dict[str, Any],
    folder: Path,
    families: list[str] | tuple[()],
) -> dict[str, dict[str, Any]]:
    """Ask the models in a process of its own, which may load TensorFlow; fit those of families."""
    asked = folder / "asked.json"
    order = {"config": str(config), "settings": settings, "families": families}
    asked.write_text(json.dumps(order | {"artifacts": summary["artifacts"], "out": str(folder)}))
    done = subprocess.run(
        [sys.executable, "-m", "real_tables.models", str(asked)],
        cwd=ROOT / "benchmarks",
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    if done.returncode:
        raise RuntimeError(f"models of {config}:\n{done.stderr[-3000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    for name, answers in found.items():
        with np.load(folder / f"{name}.npz") as arrays:
            answers.update(predictions=arrays["predictions"], label=arrays["label"])
    return found
