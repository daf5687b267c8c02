"""DataGate as a component, and the artifact that it gives."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from tfx_pipeline.components.data_gate.executor import DataGateExecutor


class DataBlessing(types.Artifact):
    """Says that the examples passed the gate.

    Vertex AI takes a type of one's own only as `package.Class`, and steps there import it by that
    name.
    """

    TYPE_NAME = "tfx_pipeline.DataBlessing"


class DataGateSpec(component_spec.ComponentSpec):
    """Contract of `DataGate`."""

    PARAMETERS = {"refuse_warnings": component_spec.ExecutionParameter(type=int)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=DataBlessing)}


class DataGate(base_component.BaseComponent):
    """Refuses examples with anomalies, with `refuse_warnings` also what TFDV calls warnings.

    `examples` are read only to show offending values.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(DataGateExecutor)

    def __init__(
        self,
        examples: types.BaseChannel,
        anomalies: types.BaseChannel,
        schema: types.BaseChannel,
        *,
        refuse_warnings: bool,
    ) -> None:
        super().__init__(
            DataGateSpec(
                examples=examples,
                anomalies=anomalies,
                schema=schema,
                refuse_warnings=int(refuse_warnings),
                blessing=types.Channel(type=DataBlessing),
            )
        )
