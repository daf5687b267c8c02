"""The choice of ExampleGen, and its seeded split.

This is the one place that decides how a table becomes `tf.Example` records.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import apache_beam as beam
import tensorflow as tf
from google.protobuf import any_pb2, json_format, struct_pb2
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.components.example_gen.csv_example_gen import executor as csv_executor
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2

SPLITS = ("train", "eval")


def csv_example_gen(folder: str, train: int, eval_: int, seed: int) -> FileBasedExampleGen:
    """Make the component that reads all `*.csv` files of a folder into two splits.

    Args:
        folder: folder of CSV files with one header, a path or a URI.
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
        input_base=folder,
        input_config=example_gen_pb2.Input(
            splits=[example_gen_pb2.Input.Split(name="all", pattern="*.csv")]
        ),
        output_config=example_gen_pb2.Output(
            split_config=split(
                splits=[
                    split.Split(name=name, hash_buckets=weight)
                    for name, weight in zip(SPLITS, (train, eval_), strict=True)
                ]
            )
        ),
        custom_config=example_gen_pb2.CustomConfig(custom_config=packed),
        custom_executor_spec=executor_spec.BeamExecutorSpec(SeededCsvExecutor),
    ).with_id("CsvExampleGen")


class SeededCsvExecutor(csv_executor.Executor):
    """TFX's CSV executor with a seed in the hash that divides the rows."""

    def GenerateExamplesByBeam(  # noqa: N802 - TFX's name
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        """Read the rows and divide them by a seeded hash of the whole row."""
        source = json_format.Parse(exec_properties["input_config"], example_gen_pb2.Input())
        target = json_format.Parse(exec_properties["output_config"], example_gen_pb2.Output())
        splits = target.split_config.splits
        to_examples = self.GetInputSourceToExamplePTransform()
        parts = (
            pipeline
            | "Read" >> to_examples(exec_properties, source.splits[0].pattern)
            | "Divide"
            >> beam.ParDo(
                _Divide(
                    [split.name for split in splits],
                    [split.hash_buckets for split in splits],
                    _seed(exec_properties),
                )
            ).with_outputs(*(split.name for split in splits))
        )
        return {split.name: parts[split.name] for split in splits}


class _Divide(beam.DoFn):
    """Sends each row to the split that a seeded hash of the whole row says."""

    def __init__(self, names: Sequence[str], weights: Sequence[int], seed: int) -> None:
        self._names = names
        self._bounds = list(accumulate(weights))
        self._salt = f"{seed}:".encode()

    def process(self, example: tf.train.Example) -> Iterator[beam.pvalue.TaggedOutput]:
        """Drop empty features, serialize, then choose the split."""
        _drop_empty_features(example)
        row = example.SerializeToString(deterministic=True)
        digest = hashlib.sha256(self._salt + row).digest()
        bucket = int.from_bytes(digest[:8], "big") % self._bounds[-1]
        split = self._names[bisect.bisect(self._bounds, bucket)]
        yield beam.pvalue.TaggedOutput(split, row)


def _seed(exec_properties: dict[str, Any]) -> int:
    packed = json_format.Parse(exec_properties["custom_config"], example_gen_pb2.CustomConfig())
    settings = struct_pb2.Struct()
    packed.custom_config.Unpack(settings)
    return int(settings["split_seed"])


def _drop_empty_features(example: tf.train.Example) -> None:
    """Let an empty cell be a missing feature.

    TFX's reader makes it a present feature without values, so that no presence rule of a schema
    ever sees it.
    """
    features = example.features.feature
    for name in [name for name, feature in features.items() if not _has_value(feature)]:
        del features[name]


def _has_value(feature: tf.train.Feature) -> bool:
    kind = feature.WhichOneof("kind")
    return kind is not None and len(getattr(feature, kind).value) > 0
