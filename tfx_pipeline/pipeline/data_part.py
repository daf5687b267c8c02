"""The part of the pipeline from the table to the transform graph."""

from __future__ import annotations

from tfx import types
from tfx.components import ExampleValidator, SchemaGen, StatisticsGen, Transform
from tfx.components.schema_gen.import_schema_gen.component import ImportSchemaGen
from tfx.dsl.components.base import base_node, executor_spec

from tfx_pipeline.components.data_gate.component import DataGate
from tfx_pipeline.components.example_gen import csv_example_gen
from tfx_pipeline.components.schema_import import SchemaImportExecutor
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.inputs import PipelineInputs

PREPROCESSING_FN = "tfx_pipeline.modules.preprocessing.preprocessing_fn"


def make_data_part(
    config: PipelineConfig, inputs: PipelineInputs
) -> tuple[list[base_node.BaseNode], dict[str, types.BaseChannel]]:
    """Wire ExampleGen to Transform, with the gate in between.

    Returns:
        The nodes in order, and what a Trainer reads of them, by the names of its inputs.
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
        # No more than it needs: a change elsewhere must not run it again.
        custom_config=config.model_dump(mode="json", include={"features", "lookups", "label"}),
        materialize=False,
        disable_statistics=True,
    )
    transform.add_upstream_node(gate)
    nodes += [validator, gate, transform]
    graph = transform.outputs["transform_graph"]
    return nodes, {"examples": examples, "schema": schema, "transform_graph": graph}
