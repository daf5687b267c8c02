"""The part of a local run that needs TFX: compile, run the steps, read what came of them."""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import pipeline as tfx_pipeline_module

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.ingestion.csv_source import stage_csv
from tfx_pipeline.pipeline.create import create_pipeline, metadata_connection
from tfx_pipeline.pipeline.eval_config import metric_names
from tfx_pipeline.pipeline.fingerprints import step_fingerprint
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.runners import evaluation_facts, step_facts
from tfx_pipeline.runners.console import RunConsole
from tfx_pipeline.runners.dag_runner import ObservedDagRunner
from tfx_pipeline.runners.failure import explain_failure
from tfx_pipeline.runners.in_process import BEAM_OPTIONS, tune_beam
from tfx_pipeline.runners.reasons import reason_to_run
from tfx_pipeline.runners.run_record import RunRecord, StepLine
from tfx_pipeline.runners.smoke_query import SmokeProcess
from tfx_pipeline.runners.store import StepRecord, Store

_CACHED = metadata_store_pb2.Execution.CACHED


class TfxSession:
    """Runs the steps of one run and fills in its outcome."""

    def __init__(self, record: RunRecord, console: RunConsole) -> None:
        self._record = record
        self._console = console
        config = record.config
        self._store = Store(metadata_connection(config), config.name, config.pipeline_root)
        self._smoke: SmokeProcess | None = None

    def run(self) -> None:
        """Run all steps that the options ask for.

        Raises:
            PipelineError: a step failed or a gate refused.
        """
        config, options = self._record.config, self._record.options
        self._tidy_store()
        if str(config.root) not in sys.path:
            sys.path.insert(0, str(config.root))  # the user's modules
        input_folder = stage_csv(self._record.table, config.pipeline_root / "input")
        tune_beam()
        pipeline = create_pipeline(config, input_folder, BEAM_OPTIONS)
        selection = None
        if options.is_partial:
            selection = tfx_pipeline_module.RunOptions(
                from_nodes=[options.from_node] if options.from_node else None,
                to_nodes=[options.to_node] if options.to_node else None,
            )
        try:
            ObservedDagRunner(self._record.run_id, self._around_step).run(pipeline, selection)
            self._close()
        finally:
            if self._smoke:
                self._smoke.stop()
            self._store.close()

    def _tidy_store(self) -> None:
        killed = self._store.cancel_unfinished()
        gone = self._store.retire_missing_artifacts()
        if killed:
            self._console.line(f"  an earlier run was cut off: {killed} unfinished step(s) cleared")
        if gone:
            self._console.line(
                f"  {gone} artifact(s) of earlier runs are gone from disk: not reused"
            )

    @contextlib.contextmanager
    def _around_step(self, node_id: str) -> Iterator[None]:
        if node_id == "Evaluator" and self._record.options.to_node in (None, "Pusher"):
            self._smoke = SmokeProcess()  # imports TensorFlow on another core meanwhile
        started = time.monotonic()
        try:
            with self._console.working(node_id):
                yield
        except (Exception, SystemExit) as error:
            self._add_line(StepLine(node_id, "failed", time.monotonic() - started))
            raise explain_failure(
                node_id, error, self._record.config.root, self._resume_command(node_id)
            ) from error
        seconds = time.monotonic() - started
        self._add_line(self._finished_line(node_id, seconds))

    def _finished_line(self, node_id: str, seconds: float) -> StepLine:
        step = self._store.step(node_id, self._record.run_id)
        if step is None:
            return StepLine(node_id, "ran", seconds)
        for name, artifacts in step.outputs.items():
            if artifacts:
                self._record.outcome.artifacts[f"{node_id}.{name}"] = artifacts[0].uri
        facts = step_facts.facts_of(node_id, step)
        if node_id == "CsvExampleGen":
            facts = f"{self._record.table.rows:,} rows"
        # The resolver runs always: TFX marks what it finds as cached.
        if step.execution.last_known_state == _CACHED:
            return StepLine(node_id, "cached", seconds, "reused: nothing it uses changed", facts)
        previous = self._store.previous(node_id, step)
        reason = reason_to_run(step, previous, cache=self._record.config.environment.cache)
        return StepLine(node_id, "ran", seconds, reason, facts)

    def _add_line(self, line: StepLine) -> None:
        self._record.steps.append(line)
        self._console.step(line)

    def _resume_command(self, node_id: str) -> str:
        return shlex.join([*self._record.options.command, "--from", node_id])

    def _step(self, node_id: str) -> StepRecord | None:
        return self._store.step(node_id, self._record.run_id)

    def _close(self) -> None:
        """Read metrics, blessing and pushed version; query the pushed model."""
        outcome = self._record.outcome
        statistics, evaluator, pusher = map(self._step, ("StatisticsGen", "Evaluator", "Pusher"))
        if statistics and (folder := statistics.output("statistics")):
            outcome.rows = step_facts.rows_per_split(folder)
        self._note_schema_differences()
        self._note_stale_steps()
        if evaluator:
            wanted = metric_names(self._record.config)
            outcome.metrics = evaluation_facts.overall_metrics(evaluator, wanted)
            outcome.baseline_metrics = evaluation_facts.overall_metrics(
                evaluator, wanted, baseline=True
            )
            if not step_facts.is_blessed(evaluator):
                outcome.status = "refused"
                outcome.refusals = list(evaluation_facts.refusals(evaluator))
                return
        version = step_facts.pushed_version(pusher) if pusher else None
        if version is None:
            outcome.status = "partial"
            return
        self._smoke_query(version)
        outcome.model = version
        outcome.status = "pushed"

    def _note_stale_steps(self) -> None:
        """Say which steps before `--from` were taken over although their code has changed."""
        config, first = self._record.config, self._record.options.from_node
        for node_id in step_order(config)[: step_order(config).index(first)] if first else ():
            step = self._step(node_id)
            if step is None or "code_fingerprint" not in step.execution.custom_properties:
                continue
            then = step.execution.custom_properties["code_fingerprint"].string_value
            if then != step_fingerprint(config, node_id):
                self._record.outcome.notes.append(
                    f"{node_id} was taken from an earlier run, though its code has changed since"
                )

    def _note_schema_differences(self) -> None:
        inferred, curated = self._step("SchemaGen"), self._step("ImportSchemaGen")
        folders = [step.output("schema") for step in (inferred, curated) if step]
        if len(folders) == 2 and folders[0] and folders[1]:
            self._record.outcome.notes += step_facts.differences(folders[0], folders[1])

    def _smoke_query(self, version: Path) -> None:
        self._smoke = self._smoke or SmokeProcess()
        started = time.monotonic()
        try:
            with self._console.working("smoke query"):
                result = self._smoke.query(version)
        except PipelineError:
            self._add_line(StepLine("smoke query", "failed", time.monotonic() - started))
            shutil.rmtree(version)
            self._record.outcome.status = "refused"
            raise
        facts = f"{result.rows} rows, largest difference {result.largest_difference:.1g}"
        self._add_line(
            StepLine("smoke query", "ran", time.monotonic() - started, "fresh process", facts)
        )
        self._record.outcome.smoke_rows = result.rows
