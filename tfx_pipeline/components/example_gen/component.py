"""CsvExampleGen as a component: TFX's, told where the staged table is and how it is divided."""

from __future__ import annotations

import glob

from google.protobuf import any_pb2, struct_pb2
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2

from tfx_pipeline.components.example_gen.executor import StagedTableExecutor
from tfx_pipeline.ingestion.splits import EVAL, TRAIN


def csv_example_gen(folder: str, train: int, eval_: int, seed: int) -> FileBasedExampleGen:
    """Make the component that reads a staged table into two splits.

    Args:
        folder: what `ingestion.staging` wrote, a path or a URI.
        train: weight of the training split.
        eval_: weight of the evaluation split.
        seed: salt of the row's hash.
    """
    settings = struct_pb2.Struct()
    settings.update({"split_seed": seed})
    packed = any_pb2.Any()
    packed.Pack(settings)
    split = example_gen_pb2.SplitConfig
    return FileBasedExampleGen(
        input_base=glob.escape(folder),  # TFX makes a pattern of it
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name="all", pattern="*.csv")]
        ),
        output_config=example_gen_pb2.Output(
            split_config=split(
                splits=[
                    split.Split(name=name, hash_buckets=weight)
                    for name, weight in zip((TRAIN, EVAL), (train, eval_), strict=True)
                ]
            )
        ),
        custom_config=example_gen_pb2.CustomConfig(custom_config=packed),
        custom_executor_spec=executor_spec.BeamExecutorSpec(StagedTableExecutor),
    ).with_id("CsvExampleGen")
