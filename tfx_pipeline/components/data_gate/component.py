"""DataGate as a component, and the artifact that it gives."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from tfx_pipeline.components.data_gate.executor import CHECKS_PROPERTY, DataGateExecutor
from tfx_pipeline.components.data_gate.settings import CheckSettings


class DataBlessing(types.Artifact):
    """Says that the examples passed the gate, and holds what was measured of them.

    Vertex AI takes a type of one's own only as `package.Class`, and steps there import it by that
    name.
    """

    TYPE_NAME = "tfx_pipeline.DataBlessing"


class DataGateSpec(component_spec.ComponentSpec):
    """Contract of `DataGate`."""

    PARAMETERS = {CHECKS_PROPERTY: component_spec.ExecutionParameter(type=str)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "anomalies": component_spec.ChannelParameter(type=standard_artifacts.ExampleAnomalies),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "reference": component_spec.ChannelParameter(type=DataBlessing, optional=True),
    }
    OUTPUTS = {"blessing": component_spec.ChannelParameter(type=DataBlessing)}


class DataGate(base_component.BaseComponent):
    """Refuses examples that break the schema, that drifted, whose splits differ, or that leak.

    Which of these refuse and which are only said is a matter of `settings`. `reference` is the
    blessing of the data that these are compared with.
    """

    SPEC_CLASS = DataGateSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(DataGateExecutor)

    def __init__(
        self,
        examples: types.BaseChannel,
        anomalies: types.BaseChannel,
        schema: types.BaseChannel,
        reference: types.BaseChannel,
        settings: CheckSettings,
    ) -> None:
        super().__init__(
            DataGateSpec(
                examples=examples,
                anomalies=anomalies,
                schema=schema,
                reference=reference,
                blessing=types.Channel(type=DataBlessing),
                **{CHECKS_PROPERTY: settings.to_json()},
            )
        )
