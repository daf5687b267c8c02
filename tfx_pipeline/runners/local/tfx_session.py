"""The part of a local run that needs TFX: compile, run the steps, query what they pushed."""

from __future__ import annotations

import contextlib
import logging
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.pipeline import RunOptions
from tfx.orchestration.portable import launcher, partial_run_utils, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2
from tfx.utils import path_utils

from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.deployment.candidate_server import start_early
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.patches.beam_tuning import tune_beam, works_in_this_process
from tfx_pipeline.patches.process_settings import (
    find_user_modules,
    give_back_memory,
    log_what_matters,
)
from tfx_pipeline.pipeline.beam_options import (
    all_beam_options,
    beam_engine,
    default_beam_options,
)
from tfx_pipeline.pipeline.create import create_pipeline
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.pipeline.step_order import RESOLVERS, step_order
from tfx_pipeline.processes.peak_memory import peak_memory
from tfx_pipeline.processes.waiting_process import WaitingProcess
from tfx_pipeline.runners.local.read_outcome import read_outcome
from tfx_pipeline.runners.local.run_record import RunOptions as RunChoice
from tfx_pipeline.runners.local.run_record import RunRecord, input_folder
from tfx_pipeline.runners.local.smoke_query import smoke_query, take_back
from tfx_pipeline.runners.metadata.step_records import StepRecord, StepRecords
from tfx_pipeline.runners.steps.artifact_facts import describe_artifacts
from tfx_pipeline.runners.steps.console import RunConsole, StepLine
from tfx_pipeline.runners.steps.failure import explain_failure
from tfx_pipeline.runners.steps.rerun_reason import NOT_RUN, line_of_step
from tfx_pipeline.runners.steps.step_lineage import step_lineage

_LOG = logging.getLogger(__name__)
_RUN_ID = "pipeline-run-id"


class ObservedDagRunner(LocalDagRunner):
    """TFX's, with a run id of our own; each step runs inside a context of the caller's."""

    def __init__(
        self, run_id: str, around_step: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        super().__init__()
        self._run_id, self._around_step = run_id, around_step

    def run_with_ir(
        self,
        pipeline: pipeline_pb2.Pipeline,
        run_options: pipeline_pb2.RunOptions | None = None,
    ) -> None:
        """Run the compiled pipeline; what a step raises goes through."""
        runtime_parameter_utils.substitute_runtime_parameter(pipeline, {_RUN_ID: self._run_id})
        deployment = runner_utils.extract_local_deployment_config(pipeline)
        kind = deployment.metadata_connection_config.WhichOneof("connection_config")
        connection = getattr(deployment.metadata_connection_config, kind)
        if run_options:
            partial = run_options.partial_run
            partial_run_utils.mark_pipeline(
                pipeline,
                from_nodes=partial.from_nodes or None,
                to_nodes=partial.to_nodes or None,
                snapshot_settings=partial.snapshot_settings,
            )
        for node in pipeline.nodes:
            step = node.pipeline_node
            if step.execution_options.HasField("skip"):
                continue
            if step.execution_options.run.perform_snapshot:
                with metadata.Metadata(connection) as handle:
                    partial_run_utils.snapshot(handle, pipeline)
            node_id = step.node_info.id
            with self._around_step(node_id):
                self.launch(
                    launcher.Launcher(
                        pipeline_node=step,
                        mlmd_connection=metadata.Metadata(connection),
                        pipeline_info=pipeline.pipeline_info,
                        pipeline_runtime_spec=pipeline.runtime_spec,
                        executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                        custom_driver_spec=runner_utils.extract_custom_driver_spec(
                            deployment, node_id
                        ),
                    ),
                    step,
                )

    def launch(self, step_launcher: launcher.Launcher, _step: pipeline_pb2.PipelineNode) -> None:
        """Have TFX run a step, or take it from its cache."""
        step_launcher.launch()


class TfxSession:
    """Runs the steps of one run and fills in its record; `smoke` will query the pushed model."""

    def __init__(self, record: RunRecord, console: RunConsole, smoke: WaitingProcess) -> None:
        self._record, self._console, self._smoke = record, console, smoke
        config = record.config
        self._step_records = StepRecords(
            MetadataStore(connection_config(metadata_of(config))), config.name, config.pipeline_root
        )

    def run(self) -> None:
        """Run all steps that the options ask for.

        Raises:
            PipelineError: a step failed or a gate refused.
        """
        config = self._record.config
        self._tidy_store()
        find_user_modules(config.root)
        table_folder = stage_table(self._record.table, input_folder(config))
        words = all_beam_options(config)
        if not beam_engine(words):
            tune_beam(one_process=works_in_this_process(words))
        log_what_matters()
        schema = config.data.schema_file
        inputs = PipelineInputs(str(table_folder), str(config.path(schema)) if schema else None)
        pipeline = create_pipeline(config, inputs, default_beam_options(config))
        try:
            runner = ObservedDagRunner(self._record.run_id, self._around_step)
            runner.run(pipeline, selection(config, self._record.options, self._step_records))
            judged_models = self._step_records.judged_models
            if pushed := read_outcome(self._record, self._step, judged_models):
                self._smoke_query(*pushed)
        finally:
            self._step_records.close()

    def _tidy_store(self) -> None:
        killed = self._step_records.cancel_unfinished()
        gone = self._step_records.retire_missing_artifacts()
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
            with self._console.working(node_id), peak_memory() as peak:
                yield
            line = self._finished_line(node_id, time.monotonic() - started)
        except (Exception, SystemExit) as error:
            _LOG.exception("step %s failed", node_id)
            self._add_line(StepLine(node_id, "failed", time.monotonic() - started))
            raise explain_failure(
                node_id, error, self._record.config.root, self._resume_command(node_id)
            ) from error
        self._add_line(replace(line, peak_memory_bytes=peak.bytes))
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
        step = self._step(node_id)
        if step is None:
            raise LookupError(NOT_RUN)
        for name, artifacts in step.outputs.items():
            if artifacts:
                self._record.outcome.artifacts[f"{node_id}.{name}"] = artifacts[0].uri
        self._record.outcome.lineage.append(step_lineage(node_id, step))
        facts = describe_artifacts(node_id, step)
        if node_id == "CsvExampleGen":
            rows = f"{self._record.table.rows_used:,} rows"
            facts = f"{rows}, {facts}" if facts else rows
        if node_id in RESOLVERS:
            return StepLine(node_id, "ran", seconds, "ran: always does", facts)
        cache = self._record.config.environment.cache
        return line_of_step(self._step_records, node_id, step, seconds, facts, cache=cache)

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
        return self._step_records.step(node_id, self._record.run_id)

    def _smoke_query(self, version: Path, model_id: int) -> None:
        """Ask the pushed model; one that does not answer is withdrawn, and is no baseline."""
        started = time.monotonic()
        try:
            with self._console.working("smoke query"):
                result = smoke_query(self._smoke, version)
        except PipelineError as error:
            self._add_line(StepLine("smoke query", "failed", time.monotonic() - started))
            self._step_records.mark_withdrawn(model_id, withdrawn=True)
            self._record.outcome.status = "refused"
            raise take_back(self._record.config, version, error) from error
        facts = f"{result.rows} rows, largest difference {result.largest_difference:.1g}"
        self._add_line(
            StepLine("smoke query", "ran", time.monotonic() - started, "in another process", facts)
        )
        self._step_records.mark_withdrawn(model_id, withdrawn=False)
        outcome = self._record.outcome
        outcome.smoke_rows, outcome.model, outcome.status = result.rows, version, "pushed"


def selection(
    config: PipelineConfig, options: RunChoice, records: StepRecords
) -> RunOptions | None:
    """Say to TFX which steps to run, and from which earlier run the ones before them come.

    Raises:
        ConfigError: no earlier run has them.
    """
    if not options.is_partial:
        return None
    steps = step_order(config)
    first = options.from_node or steps[0]
    needed = steps[: steps.index(first)]
    base_run = records.latest_run_with(needed) if needed else None
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
