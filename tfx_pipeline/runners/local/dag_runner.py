"""TFX's LocalDagRunner with a run id of our own and a view of each step."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.local.local_dag_runner import LocalDagRunner
from tfx.orchestration.portable import launcher, partial_run_utils, runtime_parameter_utils
from tfx.proto.orchestration import pipeline_pb2

_RUN_ID = "pipeline-run-id"


class ObservedDagRunner(LocalDagRunner):
    """Runs the steps one after the other, each inside a context of the caller's.

    Args:
        run_id: id of the run in ML Metadata.
        around_step: given a node's id, makes the context in which the node runs.
    """

    def __init__(
        self, run_id: str, around_step: Callable[[str], AbstractContextManager[None]]
    ) -> None:
        super().__init__()
        self._run_id = run_id
        self._around_step = around_step

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
                launcher.Launcher(
                    pipeline_node=step,
                    mlmd_connection=metadata.Metadata(connection),
                    pipeline_info=pipeline.pipeline_info,
                    pipeline_runtime_spec=pipeline.runtime_spec,
                    executor_spec=runner_utils.extract_executor_spec(deployment, node_id),
                    custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
                ).launch()
