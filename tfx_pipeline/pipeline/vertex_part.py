"""What only Vertex AI has: training as a job of its own, and its Model Registry and Endpoints.

TFX's components for both are imported where they are asked for: they bring Google's libraries.
What else differs there: the baseline (`parts`), what the target refuses (`targets`, each rule says
where it holds), and how a pipeline is rendered and submitted (`runners.cluster.vertex`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx import types
from tfx.dsl.components.base import base_component, base_node

from tfx_pipeline.config.root import PipelineConfig


def pipeline_name(config: PipelineConfig) -> str:
    """Name the pipeline as its orchestrator allows: Vertex AI has no `_`."""
    return config.name.replace("_", "-") if config.environment.is_vertex_native else config.name


def trainer_class() -> type[base_component.BaseComponent]:
    """Give TFX's Trainer that starts a custom job of Vertex AI and waits for it."""
    from tfx.extensions.google_cloud_ai_platform.trainer.component import Trainer

    return Trainer


def training_settings(config: PipelineConfig) -> dict[str, Any]:
    """Describe the custom job, as a part of the Trainer's `custom_config`.

    Source: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.customJobs
    """
    from tfx.extensions.google_cloud_ai_platform import constants
    from tfx.extensions.google_cloud_ai_platform.trainer.executor import TRAINING_ARGS_KEY

    environment = config.environment
    vertex, training = environment.vertex, environment.vertex.training
    assert training is not None
    machine: dict[str, Any] = {"machine_type": training.machine_type}
    if training.accelerator_type:
        machine["accelerator_type"] = training.accelerator_type
        machine["accelerator_count"] = training.accelerator_count
    job: dict[str, Any] = {
        "worker_pool_specs": [
            {
                "machine_spec": machine,
                "replica_count": 1,
                "container_spec": {"image_uri": environment.image},
            }
        ]
    }
    if environment.service_account:
        job["service_account"] = environment.service_account
    if vertex.network:
        job["network"] = vertex.network
    timeout_s = environment.step("Trainer").timeout_s
    if timeout_s:
        job["scheduling"] = {"timeout": {"seconds": timeout_s}}
    arguments = {
        "project": vertex.project,
        "display_name": f"{pipeline_name(config)}-trainer",
        "job_spec": job,
        "labels": environment.job.labels,
    }
    return {
        constants.ENABLE_VERTEX_KEY: True,
        constants.VERTEX_REGION_KEY: vertex.location,
        TRAINING_ARGS_KEY: arguments,
    }


def make_pusher(
    config: PipelineConfig, pushed: Mapping[str, types.BaseChannel], after: base_node.BaseNode
) -> base_component.BaseComponent:
    """Make TFX's Pusher to the Model Registry and to an Endpoint, which it makes when absent.

    `after` is the push for TensorFlow Serving; if that fails there is none here.
    """
    from tfx.extensions.google_cloud_ai_platform import constants
    from tfx.extensions.google_cloud_ai_platform.pusher.component import Pusher

    vertex, push = config.environment.vertex, config.environment.vertex.push
    assert push is not None
    serving = {
        "project": vertex.project,
        "endpoint_name": push.endpoint or config.model_name,
        "machine_type": push.machine_type,
        "min_replica_count": push.min_replicas,
        "max_replica_count": push.max_replicas,
    }
    pusher = Pusher(
        **pushed,
        custom_config={
            constants.ENABLE_VERTEX_KEY: True,
            constants.VERTEX_REGION_KEY: vertex.location,
            constants.VERTEX_CONTAINER_IMAGE_URI_KEY: push.serving_image,
            constants.SERVING_ARGS_KEY: serving,
        },
    ).with_id("VertexPusher")
    pusher.add_upstream_node(after)
    return pusher
