"""A run in a cluster, described as a run on this machine describes itself.

Its steps left what came of them beside the artifacts, and ML Metadata knows what they read and
wrote. What cannot be read from here is said, and the rest shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tfx_pipeline.components.artifacts import PUSHED_DESTINATION
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.runners.cluster.outcome_files import OutcomeFiles
from tfx_pipeline.runners.metadata.reading import open_for_reading
from tfx_pipeline.runners.steps.step_outcome import StepOutcome

_STATES = {"done": "ran", "refused": "refused", "failed": "failed", "stopped": "failed"}


def run_from_its_traces(config: PipelineConfig, run_id: str) -> dict[str, Any] | None:
    """Give what a summary would say; None: there is no trace of such a run."""
    files = OutcomeFiles(config, config.root_uri, run_id)
    outcomes = files.read(step_order(config))
    notes = [*files.hints]
    lineage: list[dict[str, Any]] = []
    version = ""
    try:
        lineage, version = _from_metadata(config, run_id)
    except PipelineError as error:
        notes += [f"ML Metadata cannot be read: {problem.what}" for problem in error.problems]
    if not outcomes and not lineage:
        return None
    steps = [_step(each) for each in outcomes.values()]
    known = {step["id"] for step in steps}
    steps += [_step_of_metadata(each) for each in lineage if each["id"] not in known]
    told = [each for each in outcomes.values() if each.problems]
    attempts = [attempt for each in outcomes.values() for attempt in each.attempts]
    began = min((each.began for each in attempts), default=None)
    ended = max((each.ended for each in attempts if each.ended), default=None)
    return {
        "pipeline": config.name,
        "run_id": run_id,
        "status": _status(outcomes.values(), version),
        "began": began.isoformat(timespec="seconds") if began else "",
        "seconds": (ended - began).total_seconds() if began and ended else 0.0,
        "steps": steps,
        "artifacts": {
            f"{step['id']}.{name}": found[0]["uri"]
            for step in lineage
            for name, found in step["outputs"].items()
            if found
        },
        "lineage": lineage,
        "title": told[0].title if told else "",
        "problems": [asdict(problem) for each in told for problem in each.problems],
        "notes": notes,
        "model": version or None,
    }


def _step(outcome: StepOutcome) -> dict[str, Any]:
    worked = [
        (attempt.ended - attempt.began).total_seconds()
        for attempt in outcome.attempts
        if attempt.ended
    ]
    peaks = [each.peak_memory_bytes for each in outcome.attempts if each.peak_memory_bytes]
    state = "cached" if outcome.is_cached else _STATES.get(outcome.state, "failed")
    return {
        "id": outcome.node_id,
        "state": state,
        "seconds": sum(worked),
        "reason": outcome.reason,
        "facts": outcome.facts,
        "peak_memory_bytes": max(peaks, default=None),
    }


def _step_of_metadata(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": step["id"],
        "state": "ran",
        "seconds": 0.0,
        "reason": "known by ML Metadata alone",
    }


def _from_metadata(config: PipelineConfig, run_id: str) -> tuple[list[dict[str, Any]], str]:
    """Read the steps of a run, and the place of the version that it pushed."""
    with open_for_reading(config) as store:
        from tfx_pipeline.runners.metadata.step_records import StepRecords, custom_text
        from tfx_pipeline.runners.steps.step_lineage import step_lineage

        if store.get_context_by_type_and_name("pipeline_run", run_id) is None:
            return [], ""
        records = StepRecords(store, config.name, Path(config.root_uri))
        lineage, version = [], ""
        for node_id in step_order(config):
            record = records.step(node_id, run_id)
            if record is None:
                continue
            lineage.append(asdict(step_lineage(node_id, record)))
            for artifact in record.outputs.get("pushed_model", ()):
                version = custom_text(artifact, PUSHED_DESTINATION) or version
        return lineage, version


def _status(outcomes: Iterable[StepOutcome], version: str) -> str:
    states = {each.state for each in outcomes}
    if "refused" in states:
        return "refused"
    if states & {"failed", "stopped"}:
        return "failed"
    return "pushed" if version else "running"
