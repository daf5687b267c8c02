"""The pipeline as Vertex AI runs it natively: TFX's own runner compiles it to a PipelineJob.

Metadata is Vertex AI's own then, and every step runs TFX's entry point in the image, by ours.
What TFX's runner has no words for (resources of every step, retries, time limits) is added to its
result.
"""

from __future__ import annotations

import json
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.kubernetes import quantity_bytes
from tfx_pipeline.config.sections.orchestrators import StepConfig
from tfx_pipeline.pipeline.beam_options import default_beam_options
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.step_order import DATA_RESOLVER, GATE_STEPS
from tfx_pipeline.runners.cluster.vertex.entry_point import COMMAND
from tfx_pipeline.targets import conformance

_BLESSED_DATA = (
    'schema_title="tfx_pipeline.DataBlessing" AND state=LIVE AND metadata.blessed.number_value=1'
)
_EXECUTOR_SUFFIX = "_executor"
_RETRY_PAUSES = {"backoffDuration": "60s", "backoffFactor": 2.0, "backoffMaxDuration": "3600s"}


def render(config: PipelineConfig, inputs: PipelineInputs) -> dict[str, Any]:
    """Compile the pipeline; nothing is read from, or sent to, the network.

    The inputs are in places that Vertex AI's machines reach.

    Returns:
        A PipelineJob in its JSON form, which `google.cloud.aiplatform.PipelineJob` loads; what
        Vertex AI takes of it, `targets.conformance.check_document` says.

    Raises:
        ConfigError: Vertex AI cannot run this configuration.
    """
    conformance.check(config, "vertex-native").refuse()
    job = _compile(config, inputs)
    job["labels"] |= config.environment.job.labels
    # TFX asks for `tfx.Artifact` in place of any type of one's own: nothing has that title.
    resolver = job["pipelineSpec"]["deploymentSpec"]["executors"][f"{DATA_RESOLVER}_executor"]
    resolver["resolver"]["outputArtifactQueries"]["reference"]["filter"] = _BLESSED_DATA
    tasks = job["pipelineSpec"]["root"]["dag"]["tasks"]
    for label, executor in job["pipelineSpec"]["deploymentSpec"]["executors"].items():
        if "container" in executor:
            node_id = label.removesuffix(_EXECUTOR_SUFFIX)
            step = config.environment.step(node_id)
            _add_container_settings(executor["container"], step)
            is_waiting = node_id == "Trainer" and config.environment.vertex.training
            if step.timeout_s and not is_waiting:  # the job that it waits for has the same limit
                # Vertex AI knows no limit of a step: `timeout` of the image's coreutils ends it.
                limit = ["timeout", "--kill-after=60", str(step.timeout_s)]
                executor["container"]["command"] = [*limit, *executor["container"]["command"]]
            if node_id == "BigQueryExampleGen":  # the cache knows the query, and not its rows
                tasks[node_id].pop("cachingOptions", None)
            if step.retries and node_id not in GATE_STEPS:
                tasks[node_id]["retryPolicy"] = {"maxRetryCount": step.retries, **_RETRY_PAUSES}
    return job


def to_text(job: dict[str, Any]) -> str:
    """Write the job; the same job always gives the same bytes."""
    return json.dumps(job, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _compile(config: PipelineConfig, inputs: PipelineInputs) -> dict[str, Any]:
    from tfx.orchestration.kubeflow.v2.kubeflow_v2_dag_runner import (
        KubeflowV2DagRunner,
        KubeflowV2DagRunnerConfig,
    )

    from tfx_pipeline.pipeline.create import create_pipeline

    runner = KubeflowV2DagRunner(
        KubeflowV2DagRunnerConfig(
            display_name=config.name,
            default_image=config.environment.image,
            default_commands=list(COMMAND),
            use_pipeline_spec_2_1=True,  # the only version that all of Google's clients take
        )
    )
    return runner.run(
        create_pipeline(config, inputs, default_beam_options(config)), write_out=False
    )


def _add_container_settings(container: dict[str, Any], step: StepConfig) -> None:
    """Ask for the machine of a step: Vertex AI chooses the smallest one that has all of it.

    The specification counts memory in 10^9 bytes.
    """
    resources: dict[str, Any] = {}
    if step.cpu:
        resources["cpuLimit"] = resources["cpuRequest"] = step.cpu
    if step.memory:
        resources["memoryLimit"] = resources["memoryRequest"] = quantity_bytes(step.memory) / 1e9
    if step.gpus:
        resources["accelerator"] = {"type": step.accelerator, "count": str(step.gpus)}
    if resources:
        container["resources"] = resources
