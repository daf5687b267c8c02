"""What came of a run, read from what its steps wrote: rows, metrics, verdicts, notes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tfx_pipeline.components.artifacts import EVAL_ROWS
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.schema import schema_differences
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.pipeline.fingerprints import step_fingerprint
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.runners.local.run_record import Outcome, RunRecord
from tfx_pipeline.runners.metadata.eval_reuse import reuse_note
from tfx_pipeline.runners.metadata.step_records import StepRecord, custom_text
from tfx_pipeline.runners.steps import artifact_facts
from tfx_pipeline.runners.steps.export_facts import export_verdict_of

if TYPE_CHECKING:  # it imports NumPy
    from tfx_pipeline.evaluation.verdict import Verdict

_StepOf: TypeAlias = Callable[[str], StepRecord | None]
_JudgedModels: TypeAlias = Callable[[str], int]

_NOT_EXAMINED = "no risk was examined (risk.enabled: false): of this model nobody knows any"


def read_outcome(
    record: RunRecord, step_of: _StepOf, judged_models: _JudgedModels
) -> tuple[Path, int] | None:
    """Fill in the outcome of a run whose steps are done.

    `step_of` gives the execution of a step in this run, if it has one; `judged_models` counts the
    models that eval rows have judged, by their digest.

    Returns:
        The pushed version, which is yet to be queried, and the id of its model in ML Metadata; none
        when nothing was pushed: then the outcome's status says why.
    """
    outcome = record.outcome
    statistics, evaluator, pusher = map(step_of, ("StatisticsGen", "Evaluator", "Pusher"))
    if statistics and (folder := statistics.output("statistics")):
        outcome.rows = _row_account(record.table, artifact_facts.rows_per_split(folder))
        if note := _account_note(outcome.rows):
            outcome.notes.append(note)
    outcome.notes += _schema_notes(step_of)
    outcome.notes += _data_notes(step_of)
    outcome.notes += _stale_notes(record, step_of)
    outcome.notes += _training_notes(record, step_of)
    if evaluator:
        _take_verdict(outcome, artifact_facts.verdict_of(evaluator))
        outcome.notes += _reuse_notes(record, evaluator, judged_models)
        outcome.notes += [] if record.config.risk.enabled else [_NOT_EXAMINED]
    _read_judges(outcome, step_of)
    if outcome.refusals:
        outcome.status = "refused"
        return None
    if pusher is None:
        outcome.status = "partial"
        return None
    version = artifact_facts.pushed_version(pusher)
    if version is None:  # of a step taken from a run whose gates are not known here
        problem = Problem("the model was not blessed", "Pusher", next_step="run all steps")
        outcome.status, outcome.refusals = "refused", [problem]
        return None
    return version, pusher.inputs["model"][0].id


def _read_judges(outcome: Outcome, step_of: _StepOf) -> None:
    """Say what those found who judged the model after the Evaluator."""
    if assessor := step_of("ModelRiskAssessor"):
        _read_risk(outcome, assessor)
    if check := step_of("InfraCheck") or step_of("InfraValidator"):
        outcome.infra_check = artifact_facts.infra_findings(check) or {}
        if not artifact_facts.is_infra_blessed(check):
            _refuse(outcome, artifact_facts.infra_refusals(check))
    if exporter := step_of("FormatExporter"):
        _read_export(outcome, exporter)


def _read_risk(outcome: Outcome, assessor: StepRecord) -> None:
    """Say what the risk checks found, and who took which risk."""
    verdict = artifact_facts.risk_verdict_of(assessor)
    if verdict is None:
        what, where = "what the risk checks found is gone", str(assessor.output("risk"))
        next_step = "run it again: --from ModelRiskAssessor --no-cache"
        _refuse(outcome, [Problem(what, where, next_step=next_step)])
        return
    outcome.risk = {check.check: check.answer for check in verdict.checks}
    outcome.risks_accepted = [asdict(each) for each in verdict.accepted]
    outcome.notes += verdict.warnings
    _refuse(outcome, verdict.refusals)


def _read_export(outcome: Outcome, exporter: StepRecord) -> None:
    """Say how near each format is to the model, and why one is refused."""
    verdict = export_verdict_of(exporter)
    if verdict is None:
        what, where = "what came of the export is gone", str(exporter.output("exported_model"))
        next_step = "run it again: --from FormatExporter --no-cache"
        _refuse(outcome, [Problem(what, where, next_step=next_step)])
        return
    outcome.formats, outcome.worst_rows = list(verdict.formats), list(verdict.worst_rows)
    _refuse(outcome, verdict.refusals)


def _refuse(outcome: Outcome, refusals: Sequence[Problem]) -> None:
    """Note why a check after the Evaluator refuses: it decided, if nothing did before it."""
    if refusals and not outcome.refusals:
        outcome.decided = refusals[0].what
    outcome.refusals += refusals


def _take_verdict(outcome: Outcome, verdict: Verdict) -> None:
    outcome.gate, outcome.decided = verdict.gate, verdict.decided
    outcome.metrics, outcome.missing_metrics = verdict.metrics, verdict.missing
    outcome.intervals, outcome.confidence = verdict.intervals, verdict.confidence
    outcome.has_baseline, outcome.baseline_metrics = verdict.has_baseline, verdict.baseline
    outcome.changes = verdict.changes
    outcome.linear_metrics, outcome.trivial_metrics = verdict.linear, verdict.trivial
    outcome.notes += verdict.notes
    outcome.refusals += verdict.refusals


def _reuse_notes(
    record: RunRecord, evaluator: StepRecord, judged_models: _JudgedModels
) -> list[str]:
    """Say that the eval rows have judged many models, which the record is told as well."""
    blessing = evaluator.outputs["blessing"][0]
    if not (digest := custom_text(blessing, EVAL_ROWS)):  # of an older version
        return []
    outcome = record.outcome
    outcome.judged_models = judged_models(digest)
    return list(filter(None, [reuse_note(outcome.judged_models, outcome.rows.get("eval", 0))]))


def _row_account(table: Table, splits: Mapping[str, int]) -> dict[str, int]:
    """Count what became of the rows that were read; StatisticsGen counted those of splits."""
    return {
        "read": table.rows_read,
        **splits,
        "without_label": table.labels.rows_without,
        "dropped_by_rule": table.labels.rows_dropped,
        "quarantined": len(table.aside),
    }


def _account_note(rows: Mapping[str, int]) -> str | None:
    """Say that the sum is not right: the splits were made of an earlier state of the table."""
    used = sum(count for name, count in rows.items() if name != "read")
    if used == rows["read"]:
        return None
    return (
        f"{rows['read']:,} rows were read, and {used:,} are accounted for: was the table changed?"
    )


def _schema_notes(step_of: _StepOf) -> list[str]:
    inferred, curated = step_of("SchemaGen"), step_of("ImportSchemaGen")
    folders = [folder for step in (inferred, curated) if step and (folder := step.output("schema"))]
    schemas = map(artifact_facts.read_schema, folders)
    return list(schema_differences(*schemas)) if len(folders) == 2 else []


def _data_notes(step_of: _StepOf) -> list[str]:
    """Say what the gate found in the data that stops nothing, and what it did not measure."""
    gate = step_of("DataGate")
    verdict = artifact_facts.data_verdict_of(gate) if gate else None
    return [*verdict.warnings, *verdict.notes] if verdict else []


def _stale_notes(record: RunRecord, step_of: _StepOf) -> list[str]:
    """Say which steps before `--from` were taken over although their code has changed."""
    config, first = record.config, record.options.from_node
    steps = step_order(config)
    notes = []
    for node_id in steps[: steps.index(first)] if first else ():
        step = step_of(node_id)
        if step is None or "code_fingerprint" not in step.execution.custom_properties:
            continue
        then = step.execution.custom_properties["code_fingerprint"].string_value
        if then != step_fingerprint(config, node_id):
            notes.append(
                f"{node_id} was taken from an earlier run, though its code has changed since"
            )
    return notes


def _training_notes(record: RunRecord, step_of: _StepOf) -> list[str]:
    """Say which features the training found to tell nothing, and where they stand."""
    trainer = step_of("Trainer")
    folder = trainer.output("model_run") if trainer else None
    return [
        f"{record.place(note.keys) or '.'.join(note.keys)}: {note.text}"
        for note in (read_notes(folder) if folder else ())
    ]
