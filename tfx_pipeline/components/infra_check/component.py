"""InfraCheck as a component: what it takes, what it gives, what it can be told."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from tfx_pipeline.components.infra_check.executor import InfraCheckExecutor


class InfraCheckSpec(component_spec.ComponentSpec):
    """Contract of `InfraCheck`."""

    PARAMETERS = {
        "model_name": component_spec.ExecutionParameter(type=str),
        "server": component_spec.ExecutionParameter(type=str),
        "load_timeout_s": component_spec.ExecutionParameter(type=float),
        "max_latency_ms": component_spec.ExecutionParameter(type=float, optional=True),
    }
    INPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=standard_artifacts.InfraBlessing)}


class InfraCheck(base_component.BaseComponent):
    """Serves a model and compares its answers with those of the training.

    The output `blessing` has the custom properties `blessed` (1 or 0), `current_model_id`,
    `server`, `rows`, `largest_difference` (if it is finite), and the latencies in milliseconds,
    `rest_p50` to `grpc_p99`.

    Args:
        model: the candidate, which carries smoke rows.
        examples: whose eval split the smoke rows come from; read only to explain a difference.
        model_name: name under which it is served.
        server: `auto`, `binary` or `embedded`.
        load_timeout_s: time to load the model.
        max_latency_ms: largest accepted median latency, by REST and by gRPC; none: any.
    """

    SPEC_CLASS = InfraCheckSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(InfraCheckExecutor)

    def __init__(
        self,
        model: types.BaseChannel,
        examples: types.BaseChannel,
        *,
        model_name: str,
        server: str,
        load_timeout_s: float,
        max_latency_ms: float | None,
    ) -> None:
        super().__init__(
            InfraCheckSpec(
                model=model,
                examples=examples,
                model_name=model_name,
                server=server,
                load_timeout_s=load_timeout_s,
                max_latency_ms=max_latency_ms,
                blessing=types.Channel(type=standard_artifacts.InfraBlessing),
            )
        )
