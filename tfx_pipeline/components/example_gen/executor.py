"""The staged table becomes examples: in this process, or by Beam where its workers are elsewhere.

TFX's own CSV executor guesses types from the cells: `007` becomes 7, and whole numbers where
fractions are due make a column of integers. And it takes rows one by one through Beam, fifty times
as long as the rows need.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import apache_beam as beam
from google.protobuf import json_format, struct_pb2
from tfx import types
from tfx.components.example_gen.base_example_gen_executor import BaseExampleGenExecutor
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils, standard_component_specs

from tfx_pipeline.components.artifacts import SPLIT_PROOF
from tfx_pipeline.components.example_gen.beam_examples import StagedExamples, count_rows
from tfx_pipeline.errors import DataError, Problem, StepError
from tfx_pipeline.ingestion.examples.files import write_examples
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.needs import SplitNeeds
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.versions.manifest import Manifest, read_manifest, record_version
from tfx_pipeline.ingestion.versions.row_counts import RowCounts
from tfx_pipeline.patches.beam_tuning import works_in_this_process
from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.artifact_staging import local_artifacts

SPLIT = "split"
"""Custom setting: `ingestion.needs.SplitNeeds` as JSON."""

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
        if works_in_this_process(self._beam_pipeline_args or []):
            self._log_startup(input_dict, output_dict, exec_properties)
            with local_artifacts(input_dict, output_dict, exec_properties):
                _write_here(_examples(output_dict), exec_properties)
        else:
            examples = _examples(output_dict)
            place = fileio.join(examples.uri, _COUNTS_FILE)
            super().Do(input_dict, output_dict, {**exec_properties, _COUNTS_PLACE: place})
            counts = json.loads(fileio.read_bytes(place))
            fileio.remove_tree(place)
            _record(examples, _table(exec_properties), counts)

    def GetInputSourceToExamplePTransform(self) -> type[beam.PTransform]:  # noqa: N802 - TFX's name
        """Give what reads, encodes and divides the table."""
        return StagedExamples

    def GenerateExamplesByBeam(  # noqa: N802 - TFX's name
        self, pipeline: beam.Pipeline, exec_properties: dict[str, Any]
    ) -> dict[str, beam.PCollection]:
        """Read the same batches as in this process, each wherever there is a worker."""
        table = _table(exec_properties)
        splitter = _splitter(exec_properties, table)
        read = StagedExamples(table, splitter)
        parts = pipeline | "Read" >> read
        count_rows(parts, splitter.names, exec_properties[_COUNTS_PLACE])
        return {name: parts[name] for name in splitter.names}


def _examples(output_dict: dict[str, list[types.Artifact]]) -> types.Artifact:
    return artifact_utils.get_single_instance(output_dict[standard_component_specs.EXAMPLES_KEY])


def _write_here(examples: types.Artifact, exec_properties: dict[str, Any]) -> None:
    table = _table(exec_properties)
    splitter = _splitter(exec_properties, table)
    examples.split_names = artifact_utils.encode_split_names(list(splitter.names))
    folders = [Path(artifact_utils.get_split_uri([examples], name)) for name in splitter.names]
    counts, proof = write_examples(table, splitter, folders)
    if proof.rows_in_two or proof.keys_in_two:
        raise RuntimeError(f"rows, or what must stay together, are in two splits: {proof}")
    examples.set_string_custom_property(SPLIT_PROOF, json.dumps(asdict(proof)))
    payload = exec_properties.get(standard_component_specs.OUTPUT_DATA_FORMAT_KEY)
    examples_utils.set_payload_format(
        examples, payload or example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE
    )
    _record(examples, table, counts)


def _record(examples: types.Artifact, table: StagedTable, splits: dict[str, int]) -> None:
    """Say which version of the data the examples are; account for all rows that were read.

    Raises:
        StepError: some are gone, or there twice.
    """
    counts = RowCounts(table.rows_read, table.rows_left_out, table.quarantined)
    manifest = read_manifest(table.folder)
    if manifest is None:
        manifest = Manifest(table.folder.rstrip("/").rpartition("/")[2], counts, table.types, ())
    if manifest.counts != counts:
        what = "the copy of the table is not what was read"
        there, due = (f"{x.read:,} rows, {x.dropped:,} left out" for x in (counts, manifest.counts))
        problem = Problem(what, table.folder, there, due, "remove it: it is written again")
        raise StepError([problem], "the rows do not add up")
    try:
        record_version(examples, manifest, splits)
    except DataError as error:  # of this step, not of the data
        raise StepError(error.problems, "the rows do not add up") from error


def _table(exec_properties: dict[str, Any]) -> StagedTable:
    escaped = exec_properties[standard_component_specs.INPUT_BASE_KEY]
    return StagedTable(re.sub(r"\[([*?[])\]", r"\1", escaped))


def _splitter(exec_properties: dict[str, Any], table: StagedTable) -> Splitter:
    packed = example_gen_pb2.CustomConfig()
    json_format.Parse(exec_properties[standard_component_specs.CUSTOM_CONFIG_KEY], packed)
    settings = struct_pb2.Struct()
    packed.custom_config.Unpack(settings)
    needs = SplitNeeds(**json.loads(settings[SPLIT]))
    return Splitter.of_rows(needs, (x for file in table.files for x in table.batches(file)))
