"""Render a pipeline for Kubeflow Pipelines: one container a step, around `tfx-pipeline node`.

Kubeflow Pipelines gives order, machines and retries; artifacts, lineage and the cache stay with
TFX, for which each container does the whole work of its step. What is written is the pipeline spec
of schema 2.1.0, and after it, for Kubernetes, the platform spec.
"""

from __future__ import annotations

import inspect
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.environment import EnvironmentConfig
from tfx_pipeline.config.sections.orchestrators import StepConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.pipeline.step_order import GATE_STEPS
from tfx_pipeline.runners.cluster.runtime_parameters import RuntimeParameter, runtime_parameters

COMMAND = ("tfx-pipeline", "node")
_RETRY_AFTER_S = 30  # then twice as long; what a machine that vanished, or a server, needs


@dataclass(frozen=True)
class Rendering:
    """What a pipeline is rendered from; `for_kubernetes`, the platform spec is written as well.

    `upstream` has the ids of the nodes that each node waits for, which come before it.
    """

    config: PipelineConfig
    upstream: Mapping[str, Sequence[str]]
    ir_uri: str
    for_kubernetes: bool = True

    @property
    def image(self) -> str:
        """Image of every step."""
        image = self.config.environment.image
        if image is None:
            problem = Problem(
                "the steps have no image",
                "environment.image",
                allowed="an image with its tag or digest",
                next_step="build deploy/image/Dockerfile, push it, and name it there",
            )
            raise ConfigError([problem], "the pipeline cannot be rendered")
        return image


def kfp_name(name: str) -> str:
    """Make a name that Kubernetes, Argo and Vertex AI allow: `CsvExampleGen`, `csv-example-gen`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def render(rendering: Rendering) -> str:
    """Write the YAML; the same text for the same arguments.

    Raises:
        ConfigError: kfp is not installed, or the configuration cannot be rendered.
    """
    dsl, compiler = _import_kfp(rendering)
    parameters = runtime_parameters(rendering.config)
    _ = rendering.image

    def pipeline(*values: Any) -> None:
        given = dict(zip((x.name for x in parameters), values, strict=True))
        tasks: dict[str, Any] = {}
        for node_id, upstream in rendering.upstream.items():
            task = _component(dsl, rendering, node_id, parameters)(**given)
            task.after(*(tasks[each] for each in upstream))
            task.set_caching_options(False)
            task.set_display_name(node_id)
            step = rendering.config.environment.step(node_id)
            _add_resources(task, step)
            if step.retries and node_id not in GATE_STEPS:
                task.set_retry(step.retries, f"{_RETRY_AFTER_S}s", 2.0, "3600s")
            if rendering.for_kubernetes:
                _add_kubernetes(task, step, rendering.config.environment)
            tasks[node_id] = task

    _give_signature(pipeline, "pipeline", parameters, with_defaults=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kfp's, about itself
        made = dsl.pipeline(name=kfp_name(rendering.config.name))(pipeline)
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(made, str(file))
        return file.read_text(encoding="utf-8")


def _import_kfp(rendering: Rendering) -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from kfp import compiler, dsl

            if rendering.for_kubernetes:
                from kfp import kubernetes  # noqa: F401
    except ImportError as error:
        raise missing_kfp(error) from error
    return dsl, compiler


def missing_kfp(error: ImportError) -> ConfigError:
    """Say which extra brings Kubeflow Pipelines' client."""
    problem = Problem(
        "Kubeflow Pipelines' package is not installed",
        received=str(error),
        next_step="pip install 'tfx-pipeline[kubeflow]'",
    )
    return ConfigError([problem], "nothing can be rendered for, or sent to, Kubeflow Pipelines")


def _component(
    dsl: Any, rendering: Rendering, node_id: str, parameters: Sequence[RuntimeParameter]
) -> Any:
    """Make the container of a step; its arguments are those of `tfx-pipeline node`."""

    def step(*values: Any) -> Any:
        arguments = ["--ir", rendering.ir_uri, "--node-id", node_id]
        arguments += ["--run-id", dsl.PIPELINE_JOB_ID_PLACEHOLDER]
        for parameter, value in zip(parameters, values, strict=True):
            arguments += ["--set", f"{parameter.field}={value}"]
        return dsl.ContainerSpec(image=rendering.image, command=list(COMMAND), args=arguments)

    _give_signature(step, kfp_name(node_id), parameters)
    return dsl.container_component(step)


def _give_signature(
    function: Callable[..., Any],
    name: str,
    parameters: Sequence[RuntimeParameter],
    *,
    with_defaults: bool = False,
) -> None:
    """Let kfp, which reads signatures, see one that is known only now."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shown = [
        inspect.Parameter(
            x.name,
            kind,
            default=x.default if with_defaults else inspect.Parameter.empty,
            annotation=str,
        )
        for x in parameters
    ]
    function.__name__ = name
    function.__annotations__ = {x.name: str for x in parameters}
    function.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]


def _add_resources(task: Any, step: StepConfig) -> None:
    if step.cpu is not None:
        task.set_cpu_request(f"{step.cpu:.10g}").set_cpu_limit(f"{step.cpu:.10g}")
    if step.memory is not None:
        memory = _whole_memory(step.memory)
        task.set_memory_request(memory).set_memory_limit(memory)
    if step.gpus:
        task.set_accelerator_type(step.accelerator).set_accelerator_limit(step.gpus)


_SMALLER = {"Ti": ("Gi", 1024), "Gi": ("Mi", 1024), "Mi": ("Ki", 1024)} | {
    "T": ("G", 1000),
    "G": ("M", 1000),
    "M": ("K", 1000),
}


def _whole_memory(memory: str) -> str:
    """Write `1.5Gi` as `1536Mi`: kfp takes whole numbers."""
    match = re.fullmatch(r"([\d.]+)(\D+)", memory)
    if match is None or "." not in match[1]:
        return memory
    unit, factor = _SMALLER[match[2]]
    return f"{float(match[1]) * factor:.0f}{unit}"


def _add_kubernetes(task: Any, step: StepConfig, environment: EnvironmentConfig) -> None:
    """Add what only Kubernetes knows."""
    from kfp import kubernetes

    for label, value in sorted(step.node_selector.items()):
        kubernetes.add_node_selector(task, label, value)
    for secret in environment.secrets:
        kubernetes.use_secret_as_env(task, secret.name, {secret.key: secret.env})
    for volume in environment.volumes:
        kubernetes.mount_pvc(task, volume.claim, volume.mount_path)
    added: dict[str, Any] = {}  # the kfp-kubernetes of the portable stack cannot say these
    if environment.job.labels:
        added["podMetadata"] = {"labels": dict(sorted(environment.job.labels.items()))}
    if step.timeout_s is not None:
        added["activeDeadlineSeconds"] = str(step.timeout_s)
    if added:
        task.platform_config["kubernetes"] = {**task.platform_config.get("kubernetes", {}), **added}
