"""The part of a local run that needs TFX: compile, run the steps, read what came of them."""

from __future__ import annotations

import contextlib
import logging
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.pipeline import RunOptions
from tfx.utils import path_utils

from tfx_pipeline.deployment.candidate_server import start_early
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.modules.model.note_file import read_notes
from tfx_pipeline.patches.beam_tuning import tune_beam
from tfx_pipeline.patches.process_settings import BEAM_OPTIONS, give_back_memory, log_what_matters
from tfx_pipeline.pipeline.create import create_pipeline, metadata_connection
from tfx_pipeline.pipeline.fingerprints import step_fingerprint
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.step_order import step_order
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.local.dag_runner import ObservedDagRunner
from tfx_pipeline.runners.local.smoke_query import smoke_query, take_back
from tfx_pipeline.runners.metadata.step_records import StepRecord, StepRecords
from tfx_pipeline.runners.steps import outcomes as step_facts
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.runners.steps.evaluation_facts import verdict_of
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.runners.steps.rerun_reason import reason_to_run
from tfx_pipeline.runners.steps.row_account import account_note, row_account
from tfx_pipeline.runners.steps.run_record import RunRecord, StepLine

_LOG = logging.getLogger(__name__)
_CACHED = metadata_store_pb2.Execution.CACHED


class TfxSession:
    """Runs the steps of one run and fills in its outcome.

    Args:
        record: of the run, filled in on the way.
        console: shows each step.
        smoke: the process that will query the pushed model.
    """

    def __init__(self, record: RunRecord, console: RunConsole, smoke: WaitingProcess) -> None:
        self._record = record
        self._console = console
        self._smoke = smoke
        config = record.config
        self._store = StepRecords(metadata_connection(config), config.name, config.pipeline_root)

    def run(self) -> None:
        """Run all steps that the options ask for.

        Raises:
            PipelineError: a step failed or a gate refused.
        """
        config = self._record.config
        self._tidy_store()
        if str(config.root) not in sys.path:
            sys.path.insert(0, str(config.root))  # the user's modules
        input_folder = stage_table(self._record.table, config.pipeline_root / "input")
        tune_beam()
        log_what_matters()
        inputs = PipelineInputs.on_this_machine(config, input_folder)
        pipeline = create_pipeline(config, inputs, BEAM_OPTIONS)
        try:
            runner = ObservedDagRunner(self._record.run_id, self._around_step)
            runner.run(pipeline, self._selection())
            self._close()
        finally:
            self._store.close()

    def _selection(self) -> RunOptions | None:
        """Say to TFX which steps to run, and from which earlier run the ones before them come."""
        options = self._record.options
        if not options.is_partial:
            return None
        steps = step_order(self._record.config)
        first = options.from_node or steps[0]
        needed = steps[: steps.index(first)]
        base_run = self._store.latest_run_with(needed) if needed else None
        if needed and base_run is None:
            problem = Problem(
                f"no earlier run finished all steps before {first}, or their files are gone",
                "--from",
                next_step=f"run without it: {shlex.join(options.command)}",
            )
            raise ConfigError([problem], "there is nothing to go on from")
        return RunOptions(
            from_nodes=[first],
            to_nodes=[options.to_node] if options.to_node else None,
            base_pipeline_run_id=base_run,
        )

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
        _LOG.info("step %s starts", node_id)
        if node_id == "Evaluator":  # it takes the most, while the server takes some as well
            give_back_memory()
        started = time.monotonic()
        try:
            with self._console.working(node_id):
                yield
            line = self._finished_line(node_id, time.monotonic() - started)
        except (Exception, SystemExit) as error:
            _LOG.exception("step %s failed", node_id)
            self._add_line(StepLine(node_id, "failed", time.monotonic() - started))
            raise explain_failure(
                node_id, error, self._record.config.root, self._resume_command(node_id)
            ) from error
        self._add_line(line)
        if node_id == "Trainer" and line.state == "ran":
            self._start_server_early()

    def _start_server_early(self) -> None:
        """Let the server load the new model while Evaluator keeps one processor busy."""
        config, model = self._record.config, self._step("Trainer")
        steps = step_order(config)
        last = steps.index(self._record.options.to_node or steps[-1])
        folder = model.output("model") if model else None
        if folder and "InfraCheck" in steps[: last + 1]:
            served = Path(path_utils.serving_model_path(str(folder)))
            start_early(config.push.infra_check.server, served, config.model_name)

    def _finished_line(self, node_id: str, seconds: float) -> StepLine:
        step = self._store.step(node_id, self._record.run_id)
        if step is None:  # TFX goes on without a word when it cannot resolve a step's inputs
            raise LookupError("TFX did not run this step: its inputs could not be found")
        for name, artifacts in step.outputs.items():
            if artifacts:
                self._record.outcome.artifacts[f"{node_id}.{name}"] = artifacts[0].uri
        facts = step_facts.facts_of(node_id, step)
        if node_id == "CsvExampleGen":
            facts = f"{self._record.table.rows_used:,} rows"
        if node_id == "latest_blessed_model_resolver":
            return StepLine(node_id, "ran", seconds, "ran: always does", facts)
        if step.execution.last_known_state == _CACHED:
            return StepLine(node_id, "cached", seconds, "reused: nothing it uses changed", facts)
        previous = self._store.previous(node_id, step)
        reason = reason_to_run(step, previous, cache=self._record.config.environment.cache)
        return StepLine(node_id, "ran", seconds, reason, facts)

    def _add_line(self, line: StepLine) -> None:
        self._record.steps.append(line)
        self._console.step(line)

    def _resume_command(self, node_id: str) -> str:
        """Give the command that goes on from this step.

        With the cache that is the same command: whatever is mended, the table included, runs
        again, and nothing else. `--from` would take the earlier steps over as they are.
        """
        selection = [] if self._record.config.environment.cache else ["--from", node_id]
        return shlex.join([*self._record.options.command, *selection])

    def _step(self, node_id: str) -> StepRecord | None:
        return self._store.step(node_id, self._record.run_id)

    def _close(self) -> None:
        """Read metrics, blessing and pushed version; query the pushed model."""
        outcome = self._record.outcome
        statistics, evaluator, pusher = map(self._step, ("StatisticsGen", "Evaluator", "Pusher"))
        if statistics and (folder := statistics.output("statistics")):
            splits = step_facts.rows_per_split(folder)
            outcome.rows = row_account(self._record.table, splits)
            if note := account_note(outcome.rows):
                outcome.notes.append(note)
        self._note_schema_differences()
        self._note_stale_steps()
        self._note_training()
        if evaluator:
            self._take_verdict(verdict_of(evaluator))
        if check := self._step("InfraCheck") or self._step("InfraValidator"):
            outcome.infra_check = step_facts.infra_findings(check) or {}
            if not step_facts.is_infra_blessed(check):
                outcome.refusals += step_facts.infra_refusals(check)
        if outcome.refusals:
            outcome.status = "refused"
            return
        if pusher is None:
            outcome.status = "partial"
            return
        version = step_facts.pushed_version(pusher)
        if version is None:  # of a step taken from a run whose gates are not known here
            problem = Problem("the model was not blessed", "Pusher", next_step="run all steps")
            outcome.status, outcome.refusals = "refused", [problem]
            return
        self._smoke_query(version, pusher.inputs["model"][0].id)
        outcome.model = version
        outcome.status = "pushed"

    def _take_verdict(self, verdict: Verdict) -> None:
        outcome = self._record.outcome
        outcome.gate, outcome.missing_metrics = verdict.gate, verdict.missing
        outcome.metrics, outcome.baseline_metrics = verdict.metrics, verdict.baseline
        outcome.has_baseline = verdict.has_baseline
        outcome.notes += verdict.notes
        outcome.refusals += verdict.refusals

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

    def _note_training(self) -> None:
        """Say which features the training found to tell nothing, and where they stand."""
        trainer = self._step("Trainer")
        folder = trainer.output("model_run") if trainer else None
        for note in read_notes(folder) if folder else ():
            place = self._record.place(note.keys) or ".".join(note.keys)
            self._record.outcome.notes.append(f"{place}: {note.text}")

    def _smoke_query(self, version: Path, model_id: int) -> None:
        """Ask the pushed model; one that does not answer is withdrawn, and is no baseline."""
        started = time.monotonic()
        try:
            with self._console.working("smoke query"):
                result = smoke_query(self._smoke, version)
        except PipelineError as error:
            self._add_line(StepLine("smoke query", "failed", time.monotonic() - started))
            self._store.mark_withdrawn(model_id, withdrawn=True)
            self._record.outcome.status = "refused"
            raise take_back(self._record.config, version, error) from error
        facts = f"{result.rows} rows, largest difference {result.largest_difference:.1g}"
        self._add_line(
            StepLine("smoke query", "ran", time.monotonic() - started, "in another process", facts)
        )
        self._store.mark_withdrawn(model_id, withdrawn=False)
        self._record.outcome.smoke_rows = result.rows
