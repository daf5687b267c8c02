"""Compare runs of one pipeline by what they left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.evaluation.kept_rows import KEPT_ROWS_FILE, KeptRows
from tfx_pipeline.report.comparison.changes import change_of
from tfx_pipeline.report.comparison.compared import (
    ComparedRun,
    Comparison,
    Differing,
    RunChange,
)
from tfx_pipeline.report.comparison.rows import JudgedRows
from tfx_pipeline.report.facts.changes import changes_between
from tfx_pipeline.report.facts.lineage import places_of
from tfx_pipeline.report.facts.reading import read_facts
from tfx_pipeline.report.facts.run_facts import Changes, Difference, RunFacts
from tfx_pipeline.report.making import summary_of_run

FEWEST, MOST = 2, 20
"""Runs that can be compared at once."""


def compare_runs(config: PipelineConfig, run_ids: Sequence[str]) -> Comparison:
    """Compare runs; all others with the first.

    Raises:
        ConfigError: too few, too many, or the same run twice; or one that is not there.
    """
    _check(run_ids)
    summaries = [summary_of_run(config, run_id) for run_id in run_ids]
    facts = [read_facts(config, summary) for summary in summaries]
    differences = [changes_between(summaries[0], each) for each in summaries[1:]]
    judged = [_judged_rows(*each) for each in zip(facts, summaries, strict=True)]
    return Comparison(
        pipeline=config.name,
        runs=tuple(map(_run, facts)),
        changes=tuple(
            _change(run_id, judged[0], each)
            for run_id, each in zip(run_ids[1:], judged[1:], strict=True)
        ),
        notes=tuple(
            f"{run_id}: {each.note.replace('that run', 'a run')}"
            for run_id, each in zip(run_ids[1:], differences, strict=True)
            if each.note
        ),
        **{part: tuple(_differing(part, differences)) for part in _PARTS},
    )


_PARTS = ("config", "data", "code", "libraries")


def _check(run_ids: Sequence[str]) -> None:
    problems = []
    if not FEWEST <= len(run_ids) <= MOST:
        allowed, step = f"{FEWEST} to {MOST} runs", "tfx-pipeline runs lists them"
        problems.append(Problem("so many runs cannot be compared", "RUN", str(len(run_ids)),
                                allowed, step))  # fmt: skip
    for twice in dict.fromkeys(x for x in run_ids if run_ids.count(x) > 1):
        problems.append(Problem("a run is named twice", "RUN", twice))
    if problems:
        raise ConfigError(problems, "there is nothing to compare")


def _run(facts: RunFacts) -> ComparedRun:
    run, evaluation = facts.run, facts.evaluation
    metrics = evaluation.metrics if evaluation else {}
    return ComparedRun(
        run.run_id, run.began, run.status, run.version, facts.decision.sentence, metrics
    )


def _judged_rows(facts: RunFacts, summary: Mapping[str, Any]) -> JudgedRows | str:
    """Read what a run kept of its evaluation; a text: why that cannot be."""
    folder = places_of(summary).get("Evaluator.evaluation")
    if folder is None:
        return "it has no evaluation"
    if facts.evaluation is None:
        return f"its evaluation in {folder} is not there any more, or of an older release"
    try:
        return JudgedRows(facts.evaluation, KeptRows.read(Path(folder)))
    except (OSError, ValueError):
        return f"{KEPT_ROWS_FILE} in {folder} is not there any more, or is damaged"


def _change(run_id: str, first: JudgedRows | str, other: JudgedRows | str) -> RunChange:
    if isinstance(first, str):
        return RunChange(run_id, note=f"not compared by rows: of the first run, {first}")
    if isinstance(other, str):
        return RunChange(run_id, note=f"not compared by rows: {other}")
    return change_of(run_id, first, other)


def _differing(part: str, differences: Sequence[Changes]) -> list[Differing]:
    """Put the differences of each run from the first beside each other, by name."""
    found: list[Mapping[str, Difference]] = [
        {each.name: each for each in getattr(changes, part)} for changes in differences
    ]
    names = dict.fromkeys(name for each in found for name in each)
    rows = []
    for name in names:
        before = next(each[name].before for each in found if name in each)
        after = [each[name].after if name in each else before for each in found]
        rows.append(Differing(name, (before, *after)))
    return rows
