"""CsvExampleGen: the staged table becomes `tf.Example` records in two splits."""

from __future__ import annotations

import glob
import io
import re
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
from apache_beam.io.filesystems import FileSystems
from google.protobuf import any_pb2, json_format, struct_pb2
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.components.example_gen.component import FileBasedExampleGen
from tfx.dsl.components.base import executor_spec
from tfx.proto import example_gen_pb2

from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.example_encoding import staged_examples
from tfx_pipeline.ingestion.splits import EVAL, TRAIN, Splitter
from tfx_pipeline.ingestion.staging import TYPES_FILE, parse_types
from tfx_pipeline.ingestion.versions.manifest import read_manifest, record_version
from tfx_pipeline.ingestion.versions.row_hashes import count_records
from tfx_pipeline.storage.artifact_staging import Artifacts


class StagedTableExecutor(BaseExampleGenExecutor):
    """Reads staged files with the types that the table's scan has decided.

    TFX's own CSV executor guesses types from the cells: `007` becomes 7, and whole numbers where
    fractions are due make a column of integers.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Write the splits, and say which version of the data they hold."""
        super().Do(input_dict, output_dict, exec_properties)
        manifest = read_manifest(_folder(exec_properties["input_base"]))
        (examples,) = output_dict["examples"]
        if manifest:  # a table that an earlier release of this package staged has none
            record_version(examples, manifest, count_records(examples.uri))

    def GetInputSourceToExamplePTransform(self) -> type[_StagedExamples]:  # noqa: N802 - TFX's name
        """Give what reads the files that a pattern matches."""
        return _StagedExamples

    def GenerateExamplesByBeam(  # noqa: N802 - TFX's name
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        """Read the rows and divide them by a seeded hash of the whole row."""
        source = json_format.Parse(exec_properties["input_config"], example_gen_pb2.Input())
        output = json_format.Parse(exec_properties["output_config"], example_gen_pb2.Output())
        weights = {split.name: split.hash_buckets for split in output.split_config.splits}
        examples = self.GetInputSourceToExamplePTransform()
        divide = _Divide(Splitter(weights, _seed(exec_properties)))
        parts = (
            pipeline
            | "Read" >> examples(exec_properties, source.splits[0].pattern)
            | "Divide" >> beam.ParDo(divide).with_outputs(*weights)
        )
        return {name: parts[name] for name in weights}


class _StagedExamples(beam.PTransform):
    """Reads staged files as serialized examples."""

    def __init__(self, exec_properties: dict[str, Any], split_pattern: str) -> None:
        super().__init__()
        base = exec_properties["input_base"]
        (match,) = FileSystems.match([FileSystems.join(base, split_pattern)])
        self._files = sorted(file.path for file in match.metadata_list)
        self._types = _types(base)

    def expand(self, pipeline: beam.Pipeline) -> beam.PCollection:
        return pipeline | "Files" >> beam.Create(self._files) | beam.FlatMap(_read, self._types)


def _read(file: str, types: dict[str, ColumnType]) -> Iterator[bytes]:
    with FileSystems.open(file) as stream:
        yield from staged_examples(io.TextIOWrapper(stream, "utf-8", newline=""), types)


class _Divide(beam.DoFn):
    """Sends each serialized row to the split that its hash says."""

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter

    def process(self, example: bytes) -> Iterator[beam.pvalue.TaggedOutput]:
        yield beam.pvalue.TaggedOutput(self._splitter.split(example), example)


def _types(escaped_base: str) -> dict[str, ColumnType]:
    with FileSystems.open(FileSystems.join(_folder(escaped_base), TYPES_FILE)) as stream:
        return parse_types(stream.read())


def _folder(escaped_base: str) -> str:
    return re.sub(r"\[([*?[])\]", r"\1", escaped_base)


def _seed(exec_properties: dict[str, Any]) -> int:
    packed = json_format.Parse(exec_properties["custom_config"], example_gen_pb2.CustomConfig())
    settings = struct_pb2.Struct()
    packed.custom_config.Unpack(settings)
    return int(settings["split_seed"])


def csv_example_gen(folder: str, train: int, eval_: int, seed: int) -> FileBasedExampleGen:
    """Make the component that reads a staged table into two splits.

    `folder`, a path or a URI, is what `ingestion.staging` wrote; `train` and `eval_` are weights,
    `seed` is the salt of the row's hash.
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
