"""StatisticsGen's executor for an engine in this process: TFDV's statistics, without Beam."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tfx import types
from tfx.components.statistics_gen import executor as statistics_gen_executor
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs
from tfx.utils import json_utils

from tfx_pipeline.components.statistics_gen.split_statistics import split_statistics
from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.ingestion.versions.row_counts import rows_of_splits
from tfx_pipeline.processes.progress import progress_adds, progress_begins
from tfx_pipeline.storage.artifact_staging import Artifacts, local_artifacts, uri_of
from tfx_pipeline.storage.local_files import make_folder, write_atomically

_PACKED = "tfrecords_gzip"
_WISHES = (
    specs.STATS_OPTIONS_JSON_KEY,
    specs.SAMPLE_RATE_BY_SPLIT_KEY,
    specs.SHARDED_STATS_OUTPUT_KEY,
)
"""Execution properties that ask for more than statistics of all rows by TFDV's defaults."""


class StatisticsGenExecutor(statistics_gen_executor.Executor):
    """Reads each split once and writes what TFX's executor would write.

    What it is not made for (a schema, options of TFDV, samples, other payloads than `tf.Example`)
    goes to TFX's executor, by Beam.
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Write the statistics of every split that is not excluded.

        Raises:
            StepError: a split has no file, a file is damaged, or a feature has values of two kinds.
        """
        (examples,) = input_dict[specs.EXAMPLES_KEY]
        if not _is_usual(input_dict, examples, exec_properties):
            super().Do(input_dict, output_dict, exec_properties)
            return
        excluded = json_utils.loads(exec_properties.get(specs.EXCLUDE_SPLITS_KEY) or "null") or []
        known = artifact_utils.decode_split_names(examples.split_names)
        splits = [split for split in known if split not in excluded]
        (statistics,) = output_dict[specs.STATISTICS_KEY]
        _describe(statistics, examples.span, splits)
        with local_artifacts({specs.EXAMPLES_KEY: [examples]}, output_dict):
            progress_begins(rows_of_splits([examples], splits))
            for split in splits:
                _write_split(examples, statistics, split)


def _is_usual(inputs: Artifacts, examples: types.Artifact, exec_properties: dict[str, Any]) -> bool:
    """Say whether TFDV's defaults are asked for, of packed records of `tf.Example`."""
    return not (
        inputs.get(specs.SCHEMA_KEY)
        or any(exec_properties.get(name) for name in _WISHES)
        or examples.has_custom_property(examples_utils.CUSTOM_SPLIT_PATTERN_PROPERTY_NAME)
        or examples_utils.get_payload_format(examples) != example_gen_pb2.FORMAT_TF_EXAMPLE
        or examples_utils.get_file_format(examples) != _PACKED
    )


def _describe(statistics: types.Artifact, span: int, splits: list[str]) -> None:
    """Set the properties that TFX's executor sets."""
    statistics.split_names = artifact_utils.encode_split_names(splits)
    statistics.span = span
    # What TFX shows of statistics outside of Google.
    statistics.set_string_custom_property(statistics_gen_executor.STATS_DASHBOARD_LINK, "")
    rates = json_utils.dumps(dict.fromkeys(splits, 1.0))
    statistics.set_json_value_custom_property(
        statistics_gen_executor.SAMPLE_RATE_BY_SPLIT_PROPERTY_NAME, rates
    )


def _write_split(examples: types.Artifact, statistics: types.Artifact, split: str) -> None:
    source = Path(artifact_utils.get_split_uri([examples], split))
    files = [file for file in source.glob("*") if not file.name.startswith(".")]
    if not files:
        problem = Problem(
            f"the split `{split}` of the examples has no file",
            place=uri_of(str(source)),
            next_step="remove the artifact's folder, and run again from its ExampleGen",
        )
        raise StepError([problem])
    found = split_statistics(files, StatsOptions(), progress_adds)
    folder = Path(artifact_utils.get_split_uri([statistics], split))
    make_folder(folder)
    file = folder / statistics_gen_executor.DEFAULT_FILE_NAME
    write_atomically(file, found.SerializeToString())
