"""The component: TFX's own, with an executor that reads the staged table."""

from __future__ import annotations

import glob
import json
from dataclasses import asdict

from google.protobuf import any_pb2, struct_pb2
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2

from tfx_pipeline.components.example_gen.executor import SPLIT, StagedTableExecutor
from tfx_pipeline.ingestion.needs import SplitNeeds
from tfx_pipeline.ingestion.staged_copy.reading import DATA_SUFFIX


def csv_example_gen(folder: str, needs: SplitNeeds) -> FileBasedExampleGen:
    """Make the component that reads a staged table into splits, divided as `needs` says.

    `folder`, a path or a URI, is what `ingestion.staging` wrote.
    """
    settings = struct_pb2.Struct()
    settings.update({SPLIT: json.dumps(asdict(needs))})
    packed = any_pb2.Any()
    packed.Pack(settings)
    split = example_gen_pb2.SplitConfig
    return FileBasedExampleGen(
        input_base=glob.escape(folder),  # TFX makes a pattern of it
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name="all", pattern=f"*{DATA_SUFFIX}")]
        ),
        output_config=example_gen_pb2.Output(
            split_config=split(
                splits=[
                    split.Split(name=name, hash_buckets=weight)
                    for name, weight in needs.weights.items()
                ]
            )
        ),
        custom_config=example_gen_pb2.CustomConfig(custom_config=packed),
        custom_executor_spec=executor_spec.BeamExecutorSpec(StagedTableExecutor),
    ).with_id("CsvExampleGen")
