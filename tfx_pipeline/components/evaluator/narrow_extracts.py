"""What TFMA carries along with each row: only the columns that labels, weights and slices need.

By default it makes a dictionary a row of all columns, raw and transformed, which for a thousand
columns is most of the evaluation. The model reads the serialized row, whatever is left of it here.

Terms:
    extracts: TFMA's dictionary of a batch of rows, by what is known of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import apache_beam as beam
import pyarrow as pa
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from tfx_pipeline.processes.progress import progress_adds

_TRANSFORMED_STAGE = "ExtractTransformedFeatures"


def narrow_extractors(
    eval_shared_model: Any, eval_config: config_pb2.EvalConfig, tensor_adapter_config: Any
) -> list[Any]:
    """Give TFMA's extractors, with what drops columns before the first and after the transform."""
    # It brings IPython, which is not imported along with the steps.
    from tensorflow_model_analysis.api import model_eval_lib

    extractors = model_eval_lib.default_extractors(
        eval_shared_model=eval_shared_model,
        eval_config=eval_config,
        tensor_adapter_config=tensor_adapter_config,
    )
    if any(spec.slice_keys_sql for spec in eval_config.slicing_specs):
        return extractors  # the query may name any column
    needed = _needed(eval_config)
    narrow = [tfma.extractors.Extractor("KeepColumns", _Map(_keep_columns, needed))]
    for extractor in extractors:
        narrow.append(extractor)
        if extractor.stage_name == _TRANSFORMED_STAGE:
            keep = _Map(_keep_transformed, needed)
            narrow.append(tfma.extractors.Extractor("KeepTransformed", keep))
    return narrow


class _Map(beam.PTransform):
    """Calls a function with the extracts and the needed names."""

    def __init__(self, function: Any, needed: Collection[str]) -> None:
        super().__init__()
        self._function, self._needed = function, needed

    def expand(self, extracts: beam.PCollection) -> beam.PCollection:
        return extracts | beam.Map(self._function, self._needed)


def _needed(config: config_pb2.EvalConfig) -> frozenset[str]:
    names: set[str] = set()
    for model in config.model_specs:
        names |= {model.label_key, *model.label_keys.values()}
        names |= {model.example_weight_key, *model.example_weight_keys.values()}
    slices = list(config.slicing_specs)
    for crossed in config.cross_slicing_specs:
        slices += [crossed.baseline_spec, *crossed.slicing_specs]
    for each in slices:
        names |= {*each.feature_keys, *each.feature_values}
    return frozenset(names - {""})


def _keep_columns(extracts: Mapping[str, Any], needed: Collection[str]) -> dict[str, Any]:
    """Drop columns of the rows as they were read, but for the serialized rows."""
    batch = extracts[constants.ARROW_RECORD_BATCH_KEY]
    progress_adds(batch.num_rows)  # in this process; elsewhere nobody watches
    kept = {
        name: column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if name in needed or name == constants.ARROW_INPUT_COLUMN
    }
    narrow = pa.RecordBatch.from_arrays(list(kept.values()), list(kept))
    return {**extracts, constants.ARROW_RECORD_BATCH_KEY: narrow}


def _keep_transformed(extracts: Mapping[str, Any], needed: Collection[str]) -> dict[str, Any]:
    """Drop transformed features: of one model, or of each by its name."""
    features = extracts[constants.TRANSFORMED_FEATURES_KEY]
    kept = {
        name: _of_model(value, needed) if isinstance(value, Mapping) else value
        for name, value in features.items()
        if isinstance(value, Mapping) or name in needed
    }
    return {**extracts, constants.TRANSFORMED_FEATURES_KEY: kept}


def _of_model(features: Mapping[str, Any], needed: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in features.items() if name in needed}
