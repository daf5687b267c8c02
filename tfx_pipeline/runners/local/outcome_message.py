"""The end of a run's output: what came of it, and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.launch import curl_command, docker_mount
from tfx_pipeline.deployment.pushed_formats import formats_folder
from tfx_pipeline.evaluation.gates import figure
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import ends_text
from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.evaluation.risk.findings import Acceptance, words_of
from tfx_pipeline.export.verdict import ExportedFormat
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.processes.this_process import program, words_without
from tfx_pipeline.runners.local.run_record import Outcome, RunRecord
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.storage.plain_names import own_name
from tfx_pipeline.wording import percent

_SERVER_IMAGE = "tensorflow/serving"


def show_outcome(console: RunConsole, record: RunRecord) -> None:
    """Print rows, metrics, verdict, places, and the command that queries the model."""
    config, outcome = record.config, record.outcome
    console.line()
    quarantine = config.shown(Path(outcome.quarantine)) if outcome.quarantine else ""
    console.pairs([("rows", _account_line(outcome.rows, record.table, quarantine))])
    _show_metrics(console, outcome)
    _show_formats(console, outcome)
    for note in outcome.notes:
        console.line(f"  note: {note}")
    console.pairs(
        [
            ("gate", outcome.gate),
            ("verdict", _verdict(outcome)),
            ("model", config.shown(outcome.model) if outcome.model else ""),
            ("formats", _formats_place(record)),
            ("artifacts", config.shown(config.pipeline_root)),
            ("metadata", config.shown(config.path(config.environment.metadata.path))),
            ("summary", config.shown(record.folder / "summary.json")),
            ("report", record.report),
            ("time", f"{record.seconds:.1f} s"),
        ]
    )
    for problem in (*outcome.refusals, *outcome.worst_rows):
        console.problem(problem)
    if outcome.model:
        _show_query(console, record, outcome.model)


def _account_line(rows: Mapping[str, int], table: Table, quarantine: str = "") -> str:
    """Write the rows of the table as a sum, with the first place of what was left out.

    `quarantine` is the file of the rows that were put aside.
    """
    parts = [f"{name} {rows[name]:,}" for name in rows if name in table.needs.split.weights]
    for name, words, cell in (
        ("without_label", "without a label", table.labels.first_without),
        ("dropped_by_rule", "dropped by label.rule", table.labels.first_dropped),
    ):
        if rows.get(name) and cell:
            parts.append(f"{words} {rows[name]:,} (first: {table.place(cell)})")
    if rows.get("quarantined"):
        parts.append(f"quarantined {rows['quarantined']:,} (see {quarantine})")
    return f"read {rows['read']:,} = {' + '.join(parts)}" if "read" in rows else ", ".join(parts)


def show_up_to_date(console: RunConsole, config: PipelineConfig, summary: dict[str, Any]) -> None:
    """Say that a run would change nothing, and where the model is."""
    console.line(f"{config.name}: nothing changed since run {summary['run_id']}; nothing to do")
    metrics = ", ".join(f"{name} {_cell(value)}" for name, value in summary["metrics"].items())
    console.pairs([("model", config.shown(Path(summary["model"]))), ("metrics", metrics)])
    for each in summary.get("risks_accepted", ()):
        console.line(f"  risk {words_of(Acceptance(**each))}")
    console.line("  to run all steps again: add --no-cache")


def _show_metrics(console: RunConsole, outcome: Outcome) -> None:
    names = [*outcome.metrics, *outcome.missing_metrics]
    if not names:
        return
    head: tuple[str, ...] = (
        "metric (eval)",
        "this model",
        f"{percent(outcome.confidence)} interval",
    )
    if outcome.has_baseline:
        head += ("last blessed", "worse by", "")
    rows: list[tuple[str, ...]] = []
    for name in names:
        interval, change = outcome.intervals.get(name), outcome.changes.get(name)
        row: tuple[str, ...] = (name, _cell(outcome.metrics.get(name)), _ends(interval))
        if outcome.has_baseline:
            row += (
                _cell(outcome.baseline_metrics.get(name)),
                _ends(change.loss if change else None),
                change.answer if change else "",
            )
        rows.append(row)
    console.table(head, rows)
    for reason in dict.fromkeys(outcome.missing_metrics.values()):  # said once, of all it is of
        missing = [name for name, why in outcome.missing_metrics.items() if why == reason]
        console.line(f"  {', '.join(missing)} cannot be computed: {reason}")
    if words := _others(outcome):
        console.line(f"  {words}")
    if not outcome.has_baseline:
        console.line("  no baseline: no other model was blessed before, so no change was required")


def _show_formats(console: RunConsole, outcome: Outcome) -> None:
    """Say of each other format of the model what it weighs, and how it was proven."""
    if not outcome.formats:
        return
    head = ("format", "bytes", "largest difference", "of rows", "one row (p50)")
    console.table(head, [_format_row(each) for each in outcome.formats])


def _format_row(each: ExportedFormat) -> tuple[str, ...]:
    of = f"{each.compared_rows:,}"
    if not each.file:
        return (each.name, "–", each.verdict, of, "–")
    difference, took = f"{each.largest_difference:.1e}", f"{each.p50_ms:.2f} ms"
    return (each.name, f"{each.bytes:,}", difference, of, took)


def _others(outcome: Outcome) -> str:
    """Say what a linear model and the trivial answer reach, in the metric that they differ by."""
    beside = {
        "a linear model": outcome.linear_metrics,
        "the trivial answer": outcome.trivial_metrics,
    }
    known = [name for name in outcome.metrics if name in outcome.trivial_metrics]
    if not known:
        return ""
    # The trivial answer is the best constant in these.
    name = next((name for name in known if name in MAIN_METRIC.values()), known[0])
    told = [f"{_cell(values[name])} of {who}" for who, values in beside.items() if name in values]
    return f"beside it: {name} {', '.join(told)}"


def _cell(value: float | None) -> str:
    return "–" if value is None else figure(value)


def _ends(interval: Interval | None) -> str:
    if interval is None or interval.method == "none":
        return "–"
    return ends_text(interval.low, interval.high)


def _formats_place(record: RunRecord) -> str:
    """Say where the pushed formats are."""
    model = record.outcome.model
    if model is None or not record.outcome.formats:
        return ""
    return record.config.shown(formats_folder(model.parent, int(model.name)))


def _verdict(outcome: Outcome) -> str:
    """Say what came of it: the figure that decided, and what was done, a line each."""
    short, done = {
        "pushed": ("blessed", f"pushed, and queried with {outcome.smoke_rows} eval rows"),
        "refused": ("refused", "nothing was pushed"),
        "partial": (
            "blessed",
            "nothing was pushed: the steps that push were left out, as was asked for",
        ),
    }[outcome.status]
    if outcome.decided:
        return f"{short}: {outcome.decided}\n{'':13}{done}"
    return done if outcome.status == "partial" else f"{short}: {done}"


def _show_query(console: RunConsole, record: RunRecord, model: Path) -> None:
    config, name = record.config, record.config.model_name
    of_runs = ("--accept-risk", "--reason", "--by")
    chosen = words_without(record.options.command[2:], of_runs, ("--no-cache",))
    row = _complete_row(read_smoke_rows(model).instances)
    console.line()
    console.line("serve it, and ask it:")
    console.line(f"  {shlex.join([program(), 'serve', *chosen])}")
    console.line(f"  {curl_command('localhost:8501', name, row)}")
    console.line("or, where Docker runs:")
    console.line(f"  {_docker_command(own_name(config.serving_directory), name)}")


def _complete_row(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Choose the first row without a missing value, which shows best what the model takes."""
    return next((row for row in rows if all(x == x and x != "" for x in row.values())), rows[0])


def _docker_command(folder: Path, name: str) -> str:
    """Write what serves a model by TensorFlow Serving's own image, ready for a shell."""
    words = ["docker", "run", "--rm", "-p", "8501:8501"]
    if ":" in str(folder):  # which divides the two places of -v
        words.append(docker_mount(folder, f"/models/{name}"))
    else:
        words += ["-v", f"{folder}:/models/{name}"]
    return shlex.join([*words, "-e", f"MODEL_NAME={name}", _SERVER_IMAGE])
