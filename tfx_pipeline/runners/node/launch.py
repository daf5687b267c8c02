"""The part of a step's run that is TFX's: its driver, its executor, its publisher."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from google.protobuf import json_format
from ml_metadata.proto.metadata_store_pb2 import Execution
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import (
    execution_publish_utils,
    launcher,
    partial_run_utils,
    runtime_parameter_utils,
)
from tfx.proto.orchestration import pipeline_pb2

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.patches.beam_tuning import tune_beam, works_in_this_process
from tfx_pipeline.patches.light_imports import use_tensorflow_files, without_extras
from tfx_pipeline.patches.process_settings import hide_own_words
from tfx_pipeline.patches.tfx_fileio import register_places
from tfx_pipeline.pipeline.fingerprints import CODE_FINGERPRINT, step_fingerprint
from tfx_pipeline.runners.node.ir_file import IrFile
from tfx_pipeline.runners.node.run_steps import OPEN
from tfx_pipeline.runners.node.staged_operators import STAGED_OPERATORS


class TakenOverError(StepError):
    """Another process holds the step, or has done it: nothing of this one counts."""


class NodeLaunch:
    """One step, ready to be launched; without a `pipeline_root`, artifacts go where compiled."""

    def __init__(self, ir: IrFile, node_id: str, run_id: str, pipeline_root: str | None) -> None:
        self._ir = json_format.ParseDict(ir.pipeline, pipeline_pb2.Pipeline())
        self._beam = ir.beam_use(node_id)
        bindings = {"pipeline-run-id": run_id}
        if pipeline_root:
            bindings["pipeline-root"] = pipeline_root
        runtime_parameter_utils.substitute_runtime_parameter(self._ir, bindings)
        self._deployment = runner_utils.extract_local_deployment_config(self._ir)
        self._nodes = {
            node.pipeline_node.node_info.id: node.pipeline_node for node in self._ir.nodes
        }
        self._node = self._nodes[node_id]
        self._executor = runner_utils.extract_executor_spec(self._deployment, node_id)

    @property
    def pipeline_root(self) -> str:
        """Where artifacts go."""
        return str(self._ir.runtime_spec.pipeline_root.field_value.string_value)

    @property
    def outputs(self) -> list[str]:
        """Names of the step's outputs."""
        return list(self._node.outputs.outputs)

    def import_executor(self, *, runs_user_code: bool) -> None:
        """Import the module that does the step's work, and make Beam ready if it works here.

        Args:
            runs_user_code: this process runs a step that does.
        """
        spec = getattr(self._executor, "python_executor_spec", self._executor)
        module = getattr(spec, "class_path", "").rpartition(".")[0]
        if not module:
            return
        is_known = module.startswith(("tfx.components.", "tfx_pipeline."))
        if not is_known or self._beam == "elsewhere":
            importlib.import_module(module)  # it may need more
            return
        with without_extras(runs_user_code=runs_user_code):
            importlib.import_module(module)
        use_tensorflow_files()
        if self._beam == "here":
            words = getattr(self._executor, "beam_pipeline_args", ())
            tune_beam(one_process=works_in_this_process(words))

    def set_fingerprint(self, config: PipelineConfig) -> None:
        """Let the cache know the code that is here: it may be newer than what was compiled.

        A curated schema's content is part of it as well; that stays as it was compiled, since its
        file need not be on this machine.
        """
        node_id = self._node.node_info.id
        parameters = self._node.parameters.parameters
        if CODE_FINGERPRINT in parameters and node_id != "ImportSchemaGen":
            fingerprint = parameters[CODE_FINGERPRINT].field_value
            fingerprint.string_value = step_fingerprint(config, node_id)

    def take_over(self, handle: metadata.Metadata, base_run: str, steps: Collection[str]) -> None:
        """Let this run have what these steps made in an earlier run, as cached executions."""
        for node_id in steps:
            skip = self._nodes[node_id].execution_options.skip
            skip.reuse_artifacts_mode = pipeline_pb2.NodeExecutionOptions.Skip.REQUIRED
        partial_run_utils.snapshot(handle, self._ir, base_run)

    def launch(self, connection: metadata.Metadata) -> None:
        """Run the step; what it raises goes through."""
        register_places()
        hide_own_words()
        _FreshAttempt(
            pipeline_node=self._node,
            mlmd_connection=connection,
            pipeline_info=self._ir.pipeline_info,
            pipeline_runtime_spec=self._ir.runtime_spec,
            executor_spec=self._executor,
            custom_driver_spec=runner_utils.extract_custom_driver_spec(
                self._deployment, self._node.node_info.id
            ),
            custom_executor_operators=STAGED_OPERATORS,
        ).launch()


class _FreshAttempt(launcher.Launcher):
    """TFX's Launcher, whose every attempt is an execution of its own.

    TFX goes on with the execution of a failed attempt as it is: with the settings and the inputs
    that it had then, and with the state FAILED while it works. And it publishes whatever became of
    the execution meanwhile: of a machine that was silent for longer than it keeps its lock, another
    attempt has closed it, and may have done the step.
    """

    def _register_or_reuse_execution(
        self,
        metadata_handle: metadata.Metadata,
        contexts: list[Any],
        input_artifacts: Any = None,
        exec_properties: Any = None,
    ) -> Any:
        return execution_publish_utils.register_execution(
            metadata_handle=metadata_handle,
            execution_type=self._pipeline_node.node_info.type,
            contexts=contexts,
            input_artifacts=input_artifacts,
            exec_properties=exec_properties,
        )

    def _publish_successful_execution(self, execution_id: int, *values: Any, **more: Any) -> None:
        self._check_open(execution_id)
        super()._publish_successful_execution(execution_id, *values, **more)

    def _publish_failed_execution(self, execution_id: int, *values: Any, **more: Any) -> None:
        self._check_open(execution_id)
        super()._publish_failed_execution(execution_id, *values, **more)

    def _check_open(self, execution_id: int) -> None:
        """Refuse to end what another attempt has closed."""
        with self._mlmd_connection as handle:
            (execution,) = handle.store.get_executions_by_id([execution_id])
        if execution.last_known_state not in OPEN:
            node_id = self._pipeline_node.node_info.id
            problem = Problem(
                "another process took over the step, as nothing was heard of this one",
                f"execution {execution_id}",
                Execution.State.Name(execution.last_known_state),
                next_step="wait for that one",
            )
            raise TakenOverError([problem], f"{node_id} is not finished by this process")
