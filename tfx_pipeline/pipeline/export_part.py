"""The exports in the pipeline: FormatExporter, and what it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tfx import types

from tfx_pipeline.components.format_exporter.component import FormatExporter
from tfx_pipeline.components.format_exporter.settings import ExportSettings
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.ingestion.table_words import TableWords, read_table_words
from tfx_pipeline.pipeline.inputs import PipelineInputs


def make_exporter(
    config: PipelineConfig,
    inputs: PipelineInputs,
    data: Mapping[str, types.BaseChannel],
    judged: types.BaseChannel,
) -> FormatExporter:
    """Make what exports a model that was blessed.

    Args:
        config: of the pipeline, with `export.formats`.
        inputs: what is said of the table.
        data: `examples`, `schema` and `model`, by these names.
        judged: blessing of the model.
    """
    return FormatExporter(
        examples=data["examples"],
        model=data["model"],
        schema=data["schema"],
        model_blessing=judged,
        settings=make_export_settings(config, inputs),
    )


def make_export_settings(config: PipelineConfig, inputs: PipelineInputs) -> ExportSettings:
    """Say to FormatExporter what it writes, and what people say of the table."""
    export, told = config.export, with_words(config, inputs)
    return ExportSettings(
        model=config.model_name,
        formats=export.formats,
        eval_rows=export.eval_rows,
        hurting_rows=export.hurting_rows,
        kinds=export.tflite_kinds,
        budget=export.budget.model_dump(exclude_none=True),
        words={name: (meaning, unit) for name, (meaning, unit) in (told.words or {}).items()},
        licence=told.licence,
    )


def with_words(config: PipelineConfig, inputs: PipelineInputs) -> PipelineInputs:
    """Add what people say of the table, where an export asks for it and it is not known.

    An IR keeps it: where a step compiles the pipeline anew, there is no README.
    """
    if inputs.words is not None or not config.export.formats:
        return inputs
    said = read_table_words(config.path(config.data.path)) if config.data.path else TableWords()
    known = {name: said.columns[name] for name in config.raw_features if name in said.columns}
    words = {name: (each.meaning, each.unit) for name, each in known.items()}
    return replace(inputs, words=words, licence=said.terms)
