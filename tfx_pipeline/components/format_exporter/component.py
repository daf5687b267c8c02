"""FormatExporter as a component."""

from __future__ import annotations

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from tfx_pipeline.components.exported_model import ExportedModel
from tfx_pipeline.components.format_exporter.executor import (
    EXPORT_PROPERTY,
    FormatExporterExecutor,
)
from tfx_pipeline.components.format_exporter.settings import ExportSettings


class FormatExporterSpec(component_spec.ComponentSpec):
    """Contract of `FormatExporter`."""

    PARAMETERS = {EXPORT_PROPERTY: component_spec.ExecutionParameter(type=str)}
    INPUTS = {
        "examples": component_spec.ChannelParameter(type=standard_artifacts.Examples),
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "schema": component_spec.ChannelParameter(type=standard_artifacts.Schema),
        "model_blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }
    OUTPUTS = {
        "exported_model": component_spec.ChannelParameter(type=ExportedModel),
        "blessing": component_spec.ChannelParameter(type=standard_artifacts.ModelBlessing),
    }


class FormatExporter(base_component.BaseComponent):
    """Writes a blessed model in other formats; blessed are those that answer as it does.

    Its output `blessing` is as the Evaluator's, with one custom property more, `judge`: it blesses
    a model that was blessed before and whose formats all answer as it does.

    Args:
        examples: with the splits `train` and `eval`, whose rows prove the formats.
        model: the candidate.
        schema: of the raw columns.
        model_blessing: of the judges before.
        settings: formats, and how they are proven.
    """

    SPEC_CLASS = FormatExporterSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(FormatExporterExecutor)

    def __init__(
        self,
        *,
        examples: types.BaseChannel,
        model: types.BaseChannel,
        schema: types.BaseChannel,
        model_blessing: types.BaseChannel,
        settings: ExportSettings,
    ) -> None:
        super().__init__(
            FormatExporterSpec(
                examples=examples,
                model=model,
                schema=schema,
                model_blessing=model_blessing,
                exported_model=types.Channel(type=ExportedModel),
                blessing=types.Channel(type=standard_artifacts.ModelBlessing),
                **{EXPORT_PROPERTY: settings.to_json()},
            )
        )
