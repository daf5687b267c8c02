"""The end of a run's output: what came of it, and what to do next."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.modules.smoke_rows import read_smoke_rows
from tfx_pipeline.runners.console import RunConsole
from tfx_pipeline.runners.run_record import Outcome, RunRecord
from tfx_pipeline.serving.launch import curl_command

_SERVER_IMAGE = "tensorflow/serving"


def show_closing(console: RunConsole, record: RunRecord) -> None:
    """Print rows, metrics, verdict, places, and the command that queries the model."""
    config, outcome = record.config, record.outcome
    console.line()
    rows = ", ".join(f"{split} {count:,}" for split, count in outcome.rows.items())
    console.pairs([("rows", rows)])
    _show_metrics(console, outcome)
    for note in outcome.notes:
        console.line(f"  note: {note}")
    console.pairs(
        [
            ("gate", outcome.gate),
            ("verdict", _verdict(outcome)),
            ("model", _shown(config, outcome.model)),
            ("artifacts", _shown(config, config.pipeline_root)),
            ("metadata", _shown(config, config.path(config.environment.metadata.path))),
            ("summary", _shown(config, record.folder / "summary.json")),
            ("time", f"{record.seconds:.1f} s"),
        ]
    )
    for problem in outcome.refusals:
        console.problem(problem)
    if outcome.model:
        _show_query(console, record, outcome.model)


def show_up_to_date(console: RunConsole, config: PipelineConfig, summary: dict[str, Any]) -> None:
    """Say that a run would change nothing, and where the model is."""
    console.line(f"{config.name}: nothing changed since run {summary['run_id']}; nothing to do")
    metrics = ", ".join(f"{name} {_cell(value)}" for name, value in summary["metrics"].items())
    console.pairs([("model", _shown(config, Path(summary["model"]))), ("metrics", metrics)])
    console.line("  to run all steps again: add --no-cache")


def _show_metrics(console: RunConsole, outcome: Outcome) -> None:
    names = [*outcome.metrics, *outcome.missing_metrics]
    if not names:
        return
    rows = [
        (name, _cell(outcome.metrics.get(name)), _cell(outcome.baseline_metrics.get(name)))
        for name in names
    ]
    console.table(("metric (eval)", "this model", "last blessed"), rows)
    for name, reason in outcome.missing_metrics.items():
        console.line(f"  {name} cannot be computed: {reason}")
    if not outcome.has_baseline:
        console.line("  no baseline: no model was blessed before, so no change was required")


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"


def _verdict(outcome: Outcome) -> str:
    return {
        "pushed": f"blessed, pushed, and queried with {outcome.smoke_rows} eval rows",
        "refused": "refused: nothing was pushed",
        "partial": "nothing was pushed: the steps that push were left out, as was asked for",
    }[outcome.status]


def _shown(config: PipelineConfig, path: Path | None) -> str:
    return str(path).removeprefix(f"{config.root}/") if path else ""


def _show_query(console: RunConsole, record: RunRecord, model: Path) -> None:
    config, name = record.config, record.config.model_name
    chosen = [word for word in record.options.command[2:] if word != "--no-cache"]
    row = read_smoke_rows(model).instances[0]
    console.line()
    console.line("serve it, and ask it:")
    console.line(f"  {shlex.join([_program(), 'serve', *chosen])}")
    console.line(f"  {curl_command('localhost:8501', name, row)}")
    console.line("or, where Docker runs:")
    console.line(
        f"  docker run --rm -p 8501:8501 -v {config.serving_directory}:/models/{name} "
        f"-e MODEL_NAME={name} {_SERVER_IMAGE}"
    )


def _program() -> str:
    """Give the command as it can be typed here: `make setup` puts it beside the Python it makes."""
    beside = Path(sys.executable).with_name("tfx-pipeline")
    if shutil.which(beside.name) or not beside.is_file():
        return beside.name
    return str(beside).removeprefix(f"{Path.cwd()}/")
