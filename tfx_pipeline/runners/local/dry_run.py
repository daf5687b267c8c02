"""What a run would do, without doing it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.staging import staged_name
from tfx_pipeline.patches.process_settings import fast_imports
from tfx_pipeline.runners.local.run_locally import examine
from tfx_pipeline.runners.local.run_record import RunOptions, input_folder
from tfx_pipeline.runners.metadata.run_summaries import run_summaries, usual_seconds
from tfx_pipeline.runners.steps.console import RunConsole


@dataclass(frozen=True)
class PlannedStep:
    """A step of a run to come.

    Attributes:
        works: it would work; else what it made before is taken.
        reason: why.
        seconds: that it usually takes when it works; none: it never did.
    """

    id: str
    works: bool
    reason: str
    seconds: float | None = None


@dataclass(frozen=True)
class RunPlan:
    """What a run would do.

    Attributes:
        rows: of the table.
        up_to_date_with: id of the run that made what is there; empty: something would work.
        steps: those that were asked for.
    """

    pipeline: str
    rows: int | None
    up_to_date_with: str
    steps: tuple[PlannedStep, ...]

    @property
    def seconds(self) -> float:
        """About how long the steps that would work take, as far as it is known."""
        return sum(step.seconds or 0 for step in self.steps if step.works)


def plan_run(loaded: LoadedConfig, options: RunOptions, console: RunConsole) -> RunPlan:
    """Check what a run checks, and foresee its steps.

    Raises:
        PipelineError: the run would not begin; see `run_locally`.
        ConfigError: the metadata is on a server, which is not copied.
    """
    config = loaded.config
    if metadata_of(config).kind != "sqlite":
        what = "a dry run works on a copy of the metadata, and these are on a server"
        problem = Problem(what, loaded.source.place(("environment", "metadata")))
        raise ConfigError([problem], "nothing can be foreseen")
    examined = examine(loaded, options, console, staging=None)
    if examined.good_run:
        return RunPlan(config.name, None, str(examined.good_run["run_id"]), ())
    assert examined.checked is not None
    table = examined.checked.table
    staged = input_folder(config) / staged_name(table)
    with (
        tempfile.TemporaryDirectory(prefix="tfx-dry-run-") as folder,
        console.others_log_to(Path(folder, "log")),
        console.working("importing TFX"),
    ):
        with fast_imports():
            from tfx_pipeline.runners.local.foresight import foresee
        foreseen = foresee(config, options, staged)
    runs = run_summaries(config)
    steps = [PlannedStep(x.id, x.works, x.reason, usual_seconds(runs, x.id)) for x in foreseen]
    return RunPlan(config.name, table.rows_read, "", tuple(steps))


def show_plan(plan: RunPlan, console: RunConsole) -> None:
    """Print the steps, and about how long they will take."""
    if plan.up_to_date_with:
        console.line(
            f"{plan.pipeline}: nothing changed since run {plan.up_to_date_with}; nothing would run"
        )
        return
    console.line(f"{plan.pipeline}: {plan.rows:,} rows; this would run:")
    for step in plan.steps:
        about = f"about {step.seconds:.1f} s" if step.seconds is not None else "no time known"
        what = f"runs    {about:<14}" if step.works else f"cached  {'':<14}"
        console.line(f"  {step.id:<30} {what}  {step.reason}")
    works = sum(step.works for step in plan.steps)
    unknown = any(step.works and step.seconds is None for step in plan.steps)
    known = f"about {plan.seconds:.0f} s" + (", and what is not known" if unknown else "")
    time = f", {known}, and some seconds to import TFX" if works else ""
    console.line(f"  {works} of {len(plan.steps)} steps would run{time}; nothing was written")
