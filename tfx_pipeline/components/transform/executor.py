"""TFX's Transform, which works in this process where Beam would do so, too."""

from __future__ import annotations

import logging
from typing import Any

from tfx.components.transform import executor as transform_executor
from tfx.components.transform import executor_utils, labels
from tfx.components.util import examples_utils, tfxio_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types import standard_component_specs as specs
from tfx.utils import io_utils

from tfx_pipeline.components.transform.analysis import write_transform_graph
from tfx_pipeline.components.transform.analyzers import CannotAnalyzeError
from tfx_pipeline.ingestion.versions.row_counts import rows_of_splits
from tfx_pipeline.patches.beam_tuning import works_in_this_process
from tfx_pipeline.storage.artifact_staging import Artifacts

_LOG = logging.getLogger(__name__)


class TransformExecutor(transform_executor.Executor):
    """Writes the same artifact as TFX's executor, which has the work wherever it must be Beam's.

    That is: with an engine elsewhere, for rows in another form, where transformed rows or
    statistics are to be written, and for analyzers that are Beam's own (a user's vocabulary).
    """

    def Do(  # noqa: N802 - TFX's name
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        """Analyze the split `train`, or those of `splits_config`, and write the graph."""
        reason = self._why_beam(input_dict, output_dict, exec_properties)
        if not reason:
            try:
                self._write_here(input_dict, output_dict, exec_properties)
                return
            except CannotAnalyzeError as error:
                reason = str(error)
        _LOG.info("Beam analyzes the rows: %s", reason)
        super().Do(input_dict, output_dict, exec_properties)

    def _why_beam(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> str:
        """Say why the work is Beam's; empty: it need not be."""
        examples = input_dict[specs.EXAMPLES_KEY]
        payload, data_view = tfxio_utils.resolve_payload_format_and_data_view_uri(examples)
        formats = {examples_utils.get_file_format(artifact) for artifact in examples}
        if not works_in_this_process(self._beam_pipeline_args or ()):
            return "its engine is named"
        if payload != example_gen_pb2.PayloadFormat.FORMAT_TF_EXAMPLE or data_view:
            return "the rows are no plain tf.Examples"
        if formats != {"tfrecords_gzip"}:
            return f"the rows are in files of the formats {', '.join(sorted(formats))}"
        if output_dict.get(specs.TRANSFORMED_EXAMPLES_KEY):
            return "transformed rows are to be written"
        if not exec_properties.get(specs.DISABLE_STATISTICS_KEY):
            return "statistics are to be written"
        if exec_properties.get(specs.FORCE_TF_COMPAT_V1_KEY):
            return "TensorFlow 1 is asked for"
        if exec_properties.get(specs.SAVE_OPTIONS_KEY) or exec_properties.get(
            specs.MODULE_PATH_KEY
        ):
            return "the graph is to be saved with options, or from a package of the user's"
        return ""

    def _write_here(
        self, input_dict: Artifacts, output_dict: Artifacts, exec_properties: dict[str, Any]
    ) -> None:
        examples = input_dict[specs.EXAMPLES_KEY]
        splits = executor_utils.ResolveSplitsConfig(
            exec_properties.get(specs.SPLITS_CONFIG_KEY), examples
        )
        files = [
            file
            for split in splits.analyze
            for folder in artifact_utils.get_split_uris(examples, split)
            for file in _files(folder)
        ]
        schema = io_utils.SchemaReader().read(
            io_utils.get_only_uri_in_dir(
                artifact_utils.get_single_uri(input_dict[specs.SCHEMA_KEY])
            )
        )
        names = {
            labels.MODULE_FILE: specs.MODULE_FILE_KEY,
            labels.PREPROCESSING_FN: specs.PREPROCESSING_FN_KEY,
            labels.CUSTOM_CONFIG: specs.CUSTOM_CONFIG_KEY,
        }
        inputs = {label: exec_properties.get(key) for label, key in names.items()}
        preprocessing_fn = self._GetPreprocessingFn({**inputs, labels.MODULE_PATH: None}, {})
        directory = artifact_utils.get_single_uri(output_dict[specs.TRANSFORM_GRAPH_KEY])
        rows = rows_of_splits(examples, splits.analyze)
        write_transform_graph(preprocessing_fn, schema, files, directory, rows)


def _files(folder: str) -> list[str]:
    import tensorflow as tf

    return sorted(tf.io.gfile.glob(io_utils.all_files_pattern(folder)))
