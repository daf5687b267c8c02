"""Put together what is known of a run: its summary, its artifacts, the runs before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.report.facts.artifact_files import ArtifactFiles
from tfx_pipeline.report.facts.changes import changes_between, last_blessed
from tfx_pipeline.report.facts.data_reading import data_facts
from tfx_pipeline.report.facts.decision import decide
from tfx_pipeline.report.facts.lineage import artifact_facts, places_of
from tfx_pipeline.report.facts.model_facts import ServingFacts
from tfx_pipeline.report.facts.model_reading import (
    evaluation_facts,
    export_verdict,
    gate_facts,
    risk_verdict,
    serving_facts,
    sizes_below,
    training_facts,
    verdict_values,
)
from tfx_pipeline.report.facts.rare_values import (
    unexpected_hidden,
    without_rare_classes,
    without_rare_figures,
    without_rare_slices,
    without_values,
)
from tfx_pipeline.report.facts.run_facts import (
    Changes,
    EnvironmentFacts,
    RunAccount,
    RunFacts,
    StepFacts,
)
from tfx_pipeline.report.facts.summaries import earlier_summaries
from tfx_pipeline.storage import fileio
from tfx_pipeline.wording import shortened

_MOST_PROBLEMS, _MOST_TEXT = 20, 1000
"""A problem may quote a cell of megabytes."""


def read_facts(config: PipelineConfig, summary: Mapping[str, Any]) -> RunFacts:
    """Read all that is known of the run that left this summary."""
    min_rows = config.report.min_rows
    files = ArtifactFiles(places_of(summary))
    run = _account(config, summary)
    verdict, risk = verdict_values(files), risk_verdict(files)
    export = export_verdict(files)
    risk = risk and without_rare_figures(risk, min_rows)
    gate = gate_facts(verdict, summary)
    evaluation = _without_rare(evaluation_facts(files), config, min_rows)
    steps = tuple(_steps(summary))
    states = {step.id: step.state for step in steps}
    infra = summary.get("infra_check") or {}
    return RunFacts(
        run=run,
        decision=decide(run, states, gate, evaluation, risk, infra, export),
        changes=_changes(config, summary),
        gate=gate,
        evaluation=evaluation,
        risk=risk,
        export=export,
        metrics=dict(summary.get("metrics") or verdict.get("metrics") or {}),
        baseline_metrics=dict(summary.get("baseline_metrics") or verdict.get("baseline") or {}),
        data=data_facts(summary, files, min_rows),
        training=training_facts(files),
        serving=serving_facts(summary, files)
        if "Trainer" in states or summary.get("model")
        else ServingFacts(),
        steps=steps,
        artifacts=tuple(artifact_facts(summary, _bytes_of, _shown_by(config))),
        environment=_environment(summary),
        config=dict(summary.get("config") or {}),
        missing=tuple(replace(x, place=_shown_by(config)(x.place)) for x in files.missing),
        min_rows=min_rows,
    )


def _account(config: PipelineConfig, summary: Mapping[str, Any]) -> RunAccount:
    of_data = bool(summary.get("title")) and summary.get("status") == "refused"
    told = summary.get("problems") or summary.get("refusals") or ()
    problems = [_short(Problem(**each)) for each in told[:_MOST_PROBLEMS]]
    model = summary.get("model")
    return RunAccount(
        pipeline=str(summary.get("pipeline", config.name)),
        run_id=str(summary["run_id"]),
        status=summary["status"],
        began=str(summary.get("began", "")),
        seconds=float(summary.get("seconds") or 0.0),
        command=tuple(summary.get("command") or ()),
        title=str(summary.get("title") or ""),
        problems=tuple(map(without_values, problems) if of_data else problems),
        notes=tuple(unexpected_hidden(note) for note in summary.get("notes") or ()),
        version=str(model).rstrip("/").rpartition("/")[2] if model else "",
        model_name=config.model_name,
    )


def _short(problem: Problem) -> Problem:
    texts = (problem.what, problem.place, problem.received, problem.allowed, problem.next_step)
    what, *others = (text and shortened(text, _MOST_TEXT) for text in texts)
    return Problem(what or "", *others)


def _without_rare(
    facts: EvaluationFacts | None, config: PipelineConfig, min_rows: int
) -> EvaluationFacts | None:
    if facts is None:
        return None
    known = without_rare_classes(facts, config.label.classes, min_rows)
    return replace(known, slices=tuple(without_rare_slices(facts.slices, min_rows)))


def _steps(summary: Mapping[str, Any]) -> list[StepFacts]:
    known = StepFacts.__dataclass_fields__
    return [
        StepFacts(**{name: value for name, value in step.items() if name in known})
        for step in summary.get("steps") or ()
    ]


def _changes(config: PipelineConfig, summary: Mapping[str, Any]) -> Changes:
    before = last_blessed(summary, earlier_summaries(config, str(summary["run_id"])))
    if before is None:
        return Changes(note="no other run of this pipeline has pushed a model before")
    return changes_between(before, summary)


def _environment(summary: Mapping[str, Any]) -> EnvironmentFacts:
    found = summary.get("surroundings") or {}
    known = EnvironmentFacts.__dataclass_fields__
    return EnvironmentFacts(**{name: value for name, value in found.items() if name in known})


def _bytes_of(place: str) -> int | None:
    sizes = sizes_below(place)
    return sum(sizes.values()) if sizes or fileio.exists(place) else None


def _shown_by(config: PipelineConfig) -> Any:
    def shown(place: str) -> str:
        return place if fileio.is_uri(place) else config.shown(Path(place))

    return shown
