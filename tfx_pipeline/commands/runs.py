"""`tfx-pipeline runs`: the runs on this machine, and what came of each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.arguments import Commands, add_command, positive
from tfx_pipeline.commands.output import (
    NOTHING,
    print_json,
    print_table,
    result_console,
    with_errors_shown,
)

if TYPE_CHECKING:
    from tfx_pipeline.runners.metadata.run_summaries import RunSummary

_MOST_METRICS = 3


def add_parser(commands: Commands) -> None:
    """Add `runs`."""
    help_text = "list the runs on this machine, and what came of each"
    parser = add_command(commands, "runs", help_text, runs_command)
    parser.add_argument("--limit", type=positive, default=20, help="most runs (default: 20)")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def runs_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print the runs, newest first."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.runners.metadata.run_summaries import run_summaries

    config = load_config(options.config, options.env, options.overrides).config
    runs = run_summaries(config)
    shown = runs[: options.limit]
    if options.json:
        print_json({"pipeline": config.name, "runs": [_document(run) for run in shown]})
        return
    place = config.shown(config.pipeline_root)
    count = f"{len(runs)} run{'s' if len(runs) != 1 else ''}"
    result_console().out(f"{config.name}: {count} in {place}")
    if shown:
        _print(shown)


def _document(run: RunSummary) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "status": run.status,
        "began": run.began.isoformat(timespec="seconds"),
        "seconds": run.seconds,
        "rows": dict(run.rows),
        "metrics": dict(run.metrics),
        "version": run.version,
        "steps": [dict(step) for step in run.steps],
        "folder": str(run.folder),
    }


def _print(runs: Sequence[RunSummary]) -> None:
    from tfx_pipeline.evaluation.gates import figure

    names = list(dict.fromkeys(name for run in runs for name in run.metrics))[:_MOST_METRICS]
    columns = {
        "run": [run.run_id for run in runs],
        "began": [run.began.strftime("%Y-%m-%d %H:%M") for run in runs],
        "seconds": [f"{run.seconds:.1f}" for run in runs],
        "status": [run.status for run in runs],
        "ran": [_worked(run) for run in runs],
        "rows": [str(run.rows.get("read", NOTHING)) for run in runs],
        **{x: [figure(r.metrics[x]) if x in r.metrics else NOTHING for r in runs] for x in names},
        "version": [str(run.version or NOTHING) for run in runs],
    }
    print_table(result_console(), columns, bold=("run",))


def _worked(run: RunSummary) -> str:
    """Say how many of the steps worked, and were not taken from the cache."""
    worked = sum(step["state"] != "cached" for step in run.steps)
    return f"{worked} of {len(run.steps)} steps" if run.steps else NOTHING
