"""`tfx-pipeline compare`: runs beside each other; what differs, and by how much."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import (
    NOTHING,
    print_beside,
    print_json,
    print_table,
    result_console,
    with_errors_shown,
)
from tfx_pipeline.wording import shortened

if TYPE_CHECKING:
    from rich.console import Console

    from tfx_pipeline.evaluation.intervals.interval import Interval
    from tfx_pipeline.report.comparison.compared import Comparison, Differing, RunChange

_EPILOG = """\
The first run is what the others are compared with, row by row on the eval rows that both kept. Only
what differs is shown. A loss is in the metric's own unit: positive, where the later run is worse.
"""
_MOST_CHARACTERS = 40  # of a configured value; --json has all of it
_PARTS = {"config": "configuration", "data": "data", "code": "code", "libraries": "libraries"}


def add_parser(commands: Commands) -> None:
    """Add `compare`."""
    help_text = "compare runs: what differs, and how much better or worse the models are"
    parser = add_command(commands, "compare", help_text, compare_command, _EPILOG)
    parser.add_argument("runs", metavar="RUN", nargs="+", help="ids of 2 to 20 runs")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def compare_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Print what differs between runs."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.report.comparison.comparing import compare_runs

    config = load_config(options.config, options.env, options.overrides).config
    comparison = compare_runs(config, options.runs)
    if options.json:
        print_json(comparison)
        return
    console = result_console()
    console.out(f"{comparison.pipeline}: {len(comparison.runs)} runs")
    _print_runs(console, comparison)
    for part, title in _PARTS.items():
        _print_differing(console, title, getattr(comparison, part), comparison)
    if not any(getattr(comparison, part) for part in _PARTS) and not comparison.notes:
        console.out("\nsame configuration, data, code and libraries")
    for change in comparison.changes:
        _print_change(console, change, comparison.runs[0].run_id)
    for note in comparison.notes:
        console.out(f"note: {note}")


def _print_runs(console: Console, comparison: Comparison) -> None:
    from tfx_pipeline.evaluation.judged import with_interval

    runs = comparison.runs
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    columns = {
        "run": [run.run_id for run in runs],
        "status": [run.status for run in runs],
        "version": [run.version or NOTHING for run in runs],
    }
    print_table(console, columns, bold=("run",))
    console.out("")
    columns = {"metric": list(names)}
    for run in runs:
        cells = [with_interval(run.metrics[x]) if x in run.metrics else NOTHING for x in names]
        columns[run.run_id] = cells
    if names:
        print_beside(console, columns, bold=("metric",))


def _print_differing(
    console: Console, title: str, differing: Sequence[Differing], comparison: Comparison
) -> None:
    if not differing:
        return
    console.out("")
    columns = {title: [each.name for each in differing]}
    for place, run in enumerate(comparison.runs):
        cells = [shortened(each.values[place], _MOST_CHARACTERS) for each in differing]
        columns[run.run_id] = cells
    print_beside(console, columns, bold=(title,))


def _print_change(console: Console, change: RunChange, first: str) -> None:
    console.out(f"\n{change.run_id} against {first}")
    if not change.losses:
        console.out(f"  {change.note or 'no metric that both have'}")
        return
    console.out(f"  on {change.note or f'the same {change.rows:,} eval rows'}")
    shown = {"metric": list(change.losses), **_losses(change.losses)}
    print_table(console, shown, bold=("metric",))
    rows = [
        (each, name)
        for each in change.slices
        for name in each.losses
        if _is_told(each.losses[name])
    ]
    if not rows:
        if change.slices:
            console.out(f"  no slice of {len(change.slices)} is better or worse for sure")
        return
    console.out("")
    losses = {str(place): each.losses[name] for place, (each, name) in enumerate(rows)}
    columns = {
        "slice": [_slice_name(each.columns, each.values) for each, _ in rows],
        "rows": [f"{each.rows:,}" for each, _ in rows],
        "metric": [name for _, name in rows],
        **_losses(losses),
    }
    print_table(console, columns, bold=("slice",))


def _losses(losses: Mapping[str, Interval]) -> dict[str, list[str]]:
    from tfx_pipeline.evaluation.judged import answer_of_change, loss_in_words

    return {
        "it is": [loss_in_words(each) for each in losses.values()],
        "so": [answer_of_change(each, None) for each in losses.values()],
    }


def _is_told(loss: Interval) -> bool:
    return loss.low > 0 or loss.high < 0


def _slice_name(columns: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in zip(columns, values, strict=True))
