"""The staged table becomes examples: in this process, or by Beam where its workers are elsewhere.

TFX's own CSV executor guesses types from the cells: `007` becomes 7, and whole numbers where
fractions are due make a column of integers. And it takes rows one by one through Beam, fifty times
as long as the rows need.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from google.protobuf import json_format, struct_pb2
from tfx import types
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs

from tfx_pipeline.components.example_gen.beam_examples import StagedExamples, count_rows
from tfx_pipeline.ingestion.example_files import write_examples
from tfx_pipeline.ingestion.splits import Splitter
from tfx_pipeline.ingestion.staged import StagedTable
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.artifact_staging import local_artifacts

SPLIT_SEED = "split_seed"
ROW_COUNTS = "row_counts"
"""Custom property of the examples: JSON of how many rows were read, and what became of them."""

_IN_PROCESS = {"", "FnApiRunner", "DirectRunner", "BundleBasedDirectRunner"}
_COUNTS_FILE = ".row_counts"
_COUNTS_PLACE = "row_counts_place"


class StagedTableExecutor(BaseExampleGenExecutor):
    """Reads staged batches with the types that the table's scan has decided."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[types.Artifact]],
        output_dict: dict[str, list[types.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Write the examples, and how many rows went where."""
        if self._is_in_process():
            self._log_startup(input_dict, output_dict, exec_properties)
            with local_artifacts(input_dict, output_dict, exec_properties):
                _write_here(_examples(output_dict), exec_properties)
        else:
            examples = _examples(output_dict)
            place = fileio.join(examples.uri, _COUNTS_FILE)
            super().Do(input_dict, output_dict, {**exec_properties, _COUNTS_PLACE: place})
            counts = json.loads(fileio.read_bytes(place))
            fileio.remove_tree(place)
            _set_counts(examples, _table(exec_properties), counts)

    def GetInputSourceToExamplePTransform(self) -> type[beam.PTransform]:  # noqa: N802 - TFX's name
        """Give what reads, encodes and divides the table."""
        return StagedExamples

    def GenerateExamplesByBeam(  # noqa: N802 - TFX's name
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        """Read the same batches as in this process, each wherever there is a worker."""
        splitter = _splitter(exec_properties)
        read = StagedExamples(_table(exec_properties), splitter)
        parts = pipeline | "Read" >> read
        count_rows(parts, splitter.names, exec_properties[_COUNTS_PLACE])
        return {name: parts[name] for name in splitter.names}

    def _is_in_process(self) -> bool:
        options = PipelineOptions(self._beam_pipeline_args or []).view_as(StandardOptions)
        return (options.runner or "").rpartition(".")[2] in _IN_PROCESS


def _examples(output_dict: dict[str, list[types.Artifact]]) -> types.Artifact:
    return artifact_utils.get_single_instance(output_dict[standard_component_specs.EXAMPLES_KEY])


def _write_here(examples: types.Artifact, exec_properties: dict[str, Any]) -> None:
    table, splitter = _table(exec_properties), _splitter(exec_properties)
    examples.split_names = artifact_utils.encode_split_names(list(splitter.names))
    folders = [Path(artifact_utils.get_split_uri([examples], name)) for name in splitter.names]
    counts = write_examples(table, splitter, folders)
    payload = exec_properties.get(standard_component_specs.OUTPUT_DATA_FORMAT_KEY)
    examples_utils.set_payload_format(
        examples, payload or example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE
    )
    _set_counts(examples, table, counts)


def _set_counts(examples: types.Artifact, table: StagedTable, splits: dict[str, int]) -> None:
    """Account for all rows that were read.

    Raises:
        RuntimeError: some are gone, or there twice.
    """
    counts = {"read": table.rows_read, "dropped": table.rows_left_out, "quarantined": 0}
    if counts["read"] != counts["dropped"] + counts["quarantined"] + sum(splits.values()):
        raise RuntimeError(f"rows got lost, or doubled: {counts}, and in the splits {splits}")
    examples.set_string_custom_property(ROW_COUNTS, json.dumps({**counts, "splits": splits}))


def _table(exec_properties: dict[str, Any]) -> StagedTable:
    escaped = exec_properties[standard_component_specs.INPUT_BASE_KEY]
    return StagedTable(re.sub(r"\[([*?[])\]", r"\1", escaped))


def _splitter(exec_properties: dict[str, Any]) -> Splitter:
    output = example_gen_pb2.Output()
    config = exec_properties[standard_component_specs.OUTPUT_CONFIG_KEY]
    json_format.Parse(config, output)
    weights = {split.name: split.hash_buckets for split in output.split_config.splits}
    packed = example_gen_pb2.CustomConfig()
    json_format.Parse(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], packed)
    settings = struct_pb2.Struct()
    packed.custom_config.Unpack(settings)
    return Splitter(weights, int(settings[SPLIT_SEED]))
