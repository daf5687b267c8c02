"""TFX's operators of executors, with the artifacts of an object store brought to this machine.

`STAGED_OPERATORS` goes to TFX's Launcher as `custom_executor_operators`. Where all artifacts are on
this machine they do what TFX's own do.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import attr
from tfx.orchestration.portable import (
    beam_executor_operator,
    data_types,
    python_executor_operator,
)
from tfx.proto.orchestration import executable_spec_pb2, execution_result_pb2

from tfx_pipeline.pipeline.beam_options import beam_engine
from tfx_pipeline.runners.beam.engine_check import check_job_service
from tfx_pipeline.storage.artifact_staging import local_artifacts

_Run = Callable[[data_types.ExecutionInfo], execution_result_pb2.ExecutorOutput]


class StagedPythonOperator(python_executor_operator.PythonExecutorOperator):
    """Runs an executor with local folders for its artifacts."""

    def run_executor(
        self, execution_info: data_types.ExecutionInfo
    ) -> execution_result_pb2.ExecutorOutput:
        """Do what TFX's does."""
        return _run_staged(self._executor_cls, execution_info, super().run_executor)


class StagedBeamOperator(beam_executor_operator.BeamExecutorOperator):
    """Runs an executor of Beam with local folders, if its workers are in this process.

    Workers elsewhere read and write the store themselves.
    """

    def run_executor(
        self, execution_info: data_types.ExecutionInfo, *args: Any, **options: Any
    ) -> execution_result_pb2.ExecutorOutput:
        """Do what TFX's does."""

        def run(info: data_types.ExecutionInfo) -> execution_result_pb2.ExecutorOutput:
            return beam_executor_operator.BeamExecutorOperator.run_executor(
                self, info, *args, **options
            )

        words = [*self._executor_spec.beam_pipeline_args]
        if beam_engine(words):
            check_job_service(words)
            return run(execution_info)
        return _run_staged(self._executor_cls, execution_info, run)


STAGED_OPERATORS = {
    executable_spec_pb2.PythonClassExecutableSpec: StagedPythonOperator,
    executable_spec_pb2.BeamExecutableSpec: StagedBeamOperator,
}
"""For TFX's Launcher."""


def _run_staged(
    executor: type, info: data_types.ExecutionInfo, run: _Run
) -> execution_result_pb2.ExecutorOutput:
    """Run with copies of the artifacts that are local; give the result with URIs again."""
    later = getattr(executor, "READS_LATER", ())
    inputs, outputs = copy.deepcopy(info.input_dict), copy.deepcopy(info.output_dict)
    properties = dict(info.exec_properties)
    needed = {name: each for name, each in inputs.items() if name not in later}
    with local_artifacts(needed, outputs, properties) as staging:
        if staging is None:
            return run(info)
        for name in ("temp", "state"):  # which TFX promises an executor besides its artifacts
            (staging.folder / name).mkdir()
        local = attr.evolve(
            info,
            input_dict=inputs,
            output_dict=outputs,
            exec_properties=properties,
            tmp_dir=f"{staging.folder}/temp/",
            stateful_working_dir=f"{staging.folder}/state",
            execution_output_uri=f"{staging.folder}/executor_output.pb",
        )
        result = run(local)
        if result.execution_result.code:
            staging.outputs.clear()
        for artifacts in result.output_artifacts.values():
            for artifact in artifacts.artifacts:
                staging.restore(artifact)
        staging.restore_values(result.execution_properties)
    return result
