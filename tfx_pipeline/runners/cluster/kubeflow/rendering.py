"""Render a pipeline for Kubeflow Pipelines: a container a group of steps, mostly one step.

The container's command is `tfx-pipeline node`. Kubeflow Pipelines gives order and machines;
artifacts, lineage and the cache stay with TFX. What is written is the pipeline spec of schema
2.1.0, and after it, for Kubernetes, the platform spec.
"""

from __future__ import annotations

import inspect
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.orchestrators import StepConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.pipeline.step_order import GATE_STEPS
from tfx_pipeline.runners.cluster.kubeflow.groups import (
    Group,
    display_name,
    grouped,
    kfp_name,
    step_of,
    task_name,
)
from tfx_pipeline.runners.cluster.kubeflow.platform import executor_config, platform_spec
from tfx_pipeline.runners.cluster.kubeflow.resources import add_resources
from tfx_pipeline.runners.cluster.runtime_parameters import RuntimeParameter, runtime_parameters

COMMAND = ("tfx-pipeline", "node")
RUN_ID_OF_ARGO = "{{workflow.uid}}"
"""What becomes the run's id in arguments: Kubeflow Pipelines replaces this text in all that it
gives to Argo (`ReplaceUID` in `backend/src/common/util/workflow.go`), and no placeholder of its
own there. The same over steps and retries, new for clones and for each run of a schedule."""
_RETRY_AFTER_S = 30  # then twice as long; what a machine that vanished, or a server, needs
# Argo ends all attempts so long after the first began (`processNodeRetries`); none is 0 for 2.17
# (the default in `addContainerExecutorTemplate`), and 0 is: never try again. Vertex AI means the
# pause between two attempts, and takes an hour.
_RETRY_WITHIN_S = {True: 365 * 24 * 3600, False: 3600}


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


def render(rendering: Rendering) -> str:
    """Write the YAML; the same text for the same arguments.

    Raises:
        ConfigError: kfp is not installed, or the configuration cannot be rendered.
    """
    dsl, compiler = _import_kfp()
    parameters = runtime_parameters(rendering.config)
    _ = rendering.image

    groups = grouped(rendering.upstream, rendering.config.environment.fuse)
    steps = {group: step_of(rendering.config.environment, group) for group in groups}

    def pipeline(*values: Any) -> None:
        given = dict(zip((x.name for x in parameters), values, strict=True))
        tasks: dict[Group, Any] = {}
        for group, upstream in groups.items():
            task = _component(dsl, rendering, group, parameters)(**given)
            task.after(*(tasks[each] for each in upstream))
            task.set_caching_options(False)
            task.set_display_name(display_name(group))
            add_resources(task, steps[group], for_kubernetes=rendering.for_kubernetes)
            tasks[group] = task

    _give_signature(pipeline, "pipeline", parameters, with_defaults=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kfp's, about itself
        made = dsl.pipeline(name=kfp_name(rendering.config.name))(pipeline)
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(made, str(file))
        return _completed(file.read_text(encoding="utf-8"), rendering, steps)


def _completed(text: str, rendering: Rendering, steps: Mapping[Group, StepConfig]) -> str:
    """Add what kfp's own setters cannot say: retries that go on for days, and the platform spec."""
    spec = next(yaml.safe_load_all(text))
    tasks = spec["root"]["dag"]["tasks"]
    policies = _retry_policies(rendering, steps)
    executors = {}
    for group, step in steps.items():
        task = tasks[task_name(group)]
        if group in policies:
            task["retryPolicy"] = policies[group]
        label = spec["components"][task["componentRef"]["name"]]["executorLabel"]
        executors[label] = executor_config(rendering.config.environment, step)
    documents = [spec]
    if rendering.for_kubernetes:
        documents.append(platform_spec({x: config for x, config in executors.items() if config}))
    comments = [line for line in text.splitlines(keepends=True) if line.startswith("#")]
    return "".join(comments) + yaml.safe_dump_all(documents, sort_keys=True)


def _retry_policies(
    rendering: Rendering, steps: Mapping[Group, StepConfig]
) -> dict[Group, dict[str, Any]]:
    """Give what the orchestrator does when a pod vanishes; `--attempts` is for all else.

    A group with a gate has none: a back end that tries again after any failure would ask the gate
    again. With annotations that differ it has one that never tries: 2.4.1 makes one template of all
    steps without (`addContainerExecutorTemplate`), with the annotations of the first.
    """
    tried = {x: 0 if {*x} & {*GATE_STEPS} else step.retries for x, step in steps.items()}
    once = [step.annotations for group, step in steps.items() if not tried[group]]
    are_alike = not rendering.for_kubernetes or all(each == once[0] for each in once)
    return {
        group: {
            "maxRetryCount": count,
            "backoffDuration": f"{_RETRY_AFTER_S}s",
            "backoffFactor": 2.0,
            "backoffMaxDuration": f"{_RETRY_WITHIN_S[rendering.for_kubernetes]}s",
        }
        for group, count in tried.items()
        if count or not are_alike
    }


def _import_kfp() -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from kfp import compiler, dsl
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
    dsl: Any, rendering: Rendering, group: Group, parameters: Sequence[RuntimeParameter]
) -> Any:
    """Make the container of a group; its arguments are those of `tfx-pipeline node`."""

    def step(*values: Any) -> Any:
        arguments = _arguments(rendering, group, dsl.PIPELINE_JOB_ID_PLACEHOLDER)
        for parameter, value in zip(parameters, values, strict=True):
            arguments += ["--set", f"{parameter.field}={value}"]
        return dsl.ContainerSpec(image=rendering.image, command=list(COMMAND), args=arguments)

    _give_signature(step, task_name(group), parameters)
    return dsl.container_component(step)


def _arguments(rendering: Rendering, group: Group, run_id_of_vertex: str) -> list[str]:
    environment = rendering.config.environment
    step = step_of(environment, group)
    words = ["--ir", rendering.ir_uri]
    for node_id in group:
        words += ["--node-id", node_id]
    words += ["--run-id", RUN_ID_OF_ARGO if rendering.for_kubernetes else run_id_of_vertex]
    words += ["--attempts", str(step.retries + 1)]
    if step.timeout_s is not None:
        words += ["--timeout-s", str(step.timeout_s)]
    return [*words, "--umask", environment.umask]


def _give_signature(
    function: Callable[..., Any],
    name: str,
    parameters: Sequence[RuntimeParameter],
    *,
    with_defaults: bool = False,
) -> None:
    """Let kfp, which reads signatures, see one that is known only now.

    Every parameter is a text, which the step parses: a back end may write `%g` of a number.
    """
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    shown = [
        inspect.Parameter(
            x.name,
            kind,
            default=_text(x.default) if with_defaults else inspect.Parameter.empty,
            annotation=str,
        )
        for x in parameters
    ]
    function.__name__ = name
    function.__annotations__ = {x.name: str for x in parameters}
    function.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]


def _text(value: Any) -> str:
    """Write a value on one line, exactly: the shortest digits that give the same number."""
    return str(value).lower() if isinstance(value, bool) else str(value)
