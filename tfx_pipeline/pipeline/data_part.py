"""The part of the pipeline from the table to the transform graph."""

from __future__ import annotations

from typing import Any

from tfx.components import ExampleValidator, SchemaGen, StatisticsGen, Transform
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.dsl.components.base import base_node, executor_spec

from tfx_pipeline.components.data_gate.component import DataGate
from tfx_pipeline.components.example_gen.component import csv_example_gen
from tfx_pipeline.components.schema_import.executor import SchemaImportExecutor
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.parts import DataPart

PREPROCESSING_FN = "tfx_pipeline.modules.preprocessing.preprocessing_fn"


def make_data_part(config: PipelineConfig, inputs: PipelineInputs) -> DataPart:
    """Wire ExampleGen to Transform, with the gate in between.

    Args:
        config: the configuration.
        inputs: what the steps read from outside.
    """
    split = config.data.split
    example_gen = csv_example_gen(inputs.table_folder, split.train, split.eval, split.seed)
    examples = example_gen.outputs["examples"]
    statistics_gen = StatisticsGen(examples=examples)
    schema_gen = SchemaGen(statistics=statistics_gen.outputs["statistics"])
    nodes: list[base_node.BaseNode] = [example_gen, statistics_gen, schema_gen]
    schema = schema_gen.outputs["schema"]
    if inputs.schema_file:
        curated = ImportSchemaGen(schema_file=inputs.schema_file)
        curated.executor_spec = executor_spec.ExecutorClassSpec(SchemaImportExecutor)
        curated.add_upstream_node(schema_gen)  # only so that the steps come in a sensible order
        nodes.append(curated)
        schema = curated.outputs["schema"]
    validator = ExampleValidator(statistics=statistics_gen.outputs["statistics"], schema=schema)
    gate = DataGate(
        examples,
        validator.outputs["anomalies"],
        schema,
        refuse_warnings=config.data.refuse_warnings,
    )
    transform = Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn=config.hooks.preprocessing_fn or PREPROCESSING_FN,
        custom_config=_transform_settings(config),
        materialize=False,
        disable_statistics=True,
    )
    transform.add_upstream_node(gate)
    nodes += [validator, gate, transform]
    return DataPart(tuple(nodes), examples, schema, transform.outputs["transform_graph"])


def _transform_settings(config: PipelineConfig) -> dict[str, Any]:
    """Give Transform what it needs and no more: a change elsewhere must not run it again."""
    return config.model_dump(mode="json", include={"features", "lookups", "label"})
