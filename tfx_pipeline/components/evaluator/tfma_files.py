"""The evaluation as TFMA writes it, so that its viewers, and whoever reads with it, find theirs.

The metrics are ours, over all rows and a slice each; what TFMA validates of them (fixed bounds and
changes, as points) it validates here as well. Our verdict is another, see `evaluation.gates`.

Layout: `eval_config.json`, `metrics-00000-of-00001.tfrecord` (a `MetricsForSlice` a slice), the
same for `plots` and `attributions`, which are empty, and `validations.tfrecord`.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import json_format
from numpy.typing import NDArray
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from tfx_pipeline.components.evaluator.row_metric import COUNTS, TRIVIAL, RowMetric
from tfx_pipeline.evaluation.figures.slicing import Slice, largest_slices
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows, counts_of
from tfx_pipeline.evaluation.scored_split import ScoredSplit
from tfx_pipeline.ingestion.reading.record_sums import HEAD, masked_sum
from tfx_pipeline.storage.local_files import write_atomically

SliceKey = tuple[tuple[str, Any], ...]
_SHARD = "-00000-of-00001.tfrecord"


def completed(eval_config: str, *, has_baseline: bool) -> config_pb2.EvalConfig:
    """Parse an `EvalConfig` and name the models, as TFX's executor has it done by TFMA."""
    from tensorflow_model_analysis.utils import config_util

    config = json_format.Parse(eval_config, config_pb2.EvalConfig())
    return config_util.update_eval_config_with_defaults(
        config, has_baseline=has_baseline, rubber_stamp=True
    )


def write_tfma_files(
    folder: Path,
    config: config_pb2.EvalConfig,
    split: ScoredSplit,
    groups: Sequence[tuple[str, ...]],
    locations: Mapping[bool, str],
) -> None:
    """Write all files.

    Args:
        folder: that of the `evaluation` artifact.
        config: see `completed`; the metrics of it that are ours are computed.
        split: the rows and what the models answered.
        groups: of slice columns.
        locations: of the exported models by whether it is the baseline, to be shown.
    """
    from tensorflow_model_analysis.proto import metrics_for_slice_pb2 as results
    from tensorflow_model_analysis.slicer import slicer_lib
    from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as writer

    sliced = list(_sliced_metrics(config, split, groups))
    keys = [slicer_lib.serialize_slice_key(key) for key, _ in sliced]
    metrics = [writer.convert_slice_metrics_to_proto(each, []) for each in sliced]
    _write(folder / f"{constants.METRICS_KEY}{_SHARD}", metrics)
    plots = [results.PlotsForSlice(slice_key=key) for key in keys]
    _write(folder / f"{constants.PLOTS_KEY}{_SHARD}", plots)
    attributions = [results.AttributionsForSlice(slice_key=key) for key in keys]
    _write(folder / f"{constants.ATTRIBUTIONS_KEY}{_SHARD}", attributions)
    validation = _validation(config, sliced)
    _write(folder / f"{constants.VALIDATIONS_KEY}.tfrecord", [validation])
    _write_config(folder, config, locations)


def _sliced_metrics(
    config: config_pb2.EvalConfig, split: ScoredSplit, groups: Sequence[tuple[str, ...]]
) -> Iterator[tuple[SliceKey, dict[Any, float]]]:
    """Compute the metrics of all models: over all rows, then of the largest slices."""
    yield (), _metrics(config, split, None)
    slices, _ = largest_slices(split.slices, groups)
    for each in slices:
        yield _slice_key(each, split), _metrics(config, split, each.places)


def _slice_key(each: Slice, split: ScoredSplit) -> SliceKey:
    """Name a slice as TFMA does: numbers are numbers, and columns come in their order."""
    pairs = zip(each.columns, each.values, strict=True)
    return tuple(sorted((name, _typed(value, split.slices[name].kind)) for name, value in pairs))


def _typed(text: str, kind: str) -> str | int | float:
    if kind == "whole":
        return int(text)
    return float(np.float32(text)) if kind == "number" else text


def _metrics(
    config: config_pb2.EvalConfig, split: ScoredSplit, places: NDArray[Any] | None
) -> dict[Any, float]:
    """Compute metrics by TFMA's keys, and their differences where there are two models."""
    found: dict[Any, float] = {}
    by_model: dict[bool, dict[Any, float]] = {}
    for spec in config.model_specs:
        rows = split.baseline if spec.is_baseline else split.candidate
        assert rows is not None
        if places is not None:
            rows = replace(rows, labels=rows.labels[places], answers=rows.answers[places])
        by_model[spec.is_baseline] = _metrics_of_model(config, spec, rows, split)
        found |= by_model[spec.is_baseline]
    if len(by_model) > 1:
        baseline = {key.name: value for key, value in by_model[True].items()}
        for key, value in by_model[False].items():
            found[key.make_diff_key()] = value - baseline[key.name]
    return found


def _metrics_of_model(
    config: config_pb2.EvalConfig,
    spec: config_pb2.ModelSpec,
    rows: ScoredRows,
    split: ScoredSplit,
) -> dict[Any, float]:
    from tensorflow_model_analysis.metrics import metric_types

    values: dict[str, float] = {}
    counts = counts_of(rows)
    for metric in (metric for specs in config.metrics_specs for metric in specs.metrics):
        if metric.class_name == "ExampleCount":
            values["example_count"] = float(len(rows.labels))
        elif metric.module == RowMetric.__module__:
            name = json.loads(metric.config)["name"]
            if name == COUNTS:
                values |= counts
            elif name == TRIVIAL:
                values[name] = split.trivial.loss(rows)
            else:
                values[name] = compute(name, rows, counts)
    weighted = bool(spec.example_weight_key)
    return {
        metric_types.MetricKey(name=name, model_name=spec.name, example_weighted=weighted): value
        for name, value in values.items()
    }


def _validation(
    config: config_pb2.EvalConfig, sliced: Sequence[tuple[SliceKey, dict[Any, float]]]
) -> Any:
    """Let TFMA compare with the thresholds; without any it validates nothing, and says so."""
    from tensorflow_model_analysis.evaluators import metrics_validator
    from tensorflow_model_analysis.writers import metrics_plots_and_validations_writer as writer

    combine = writer.CombineValidations(config)
    result = combine.create_accumulator()
    for each in sliced:
        result = combine.add_input(result, metrics_validator.validate_metrics(each, config))
    return combine.extract_output(result)


def _write_config(
    folder: Path, config: config_pb2.EvalConfig, locations: Mapping[bool, str]
) -> None:
    from tensorflow_model_analysis import version
    from tensorflow_model_analysis.writers import eval_config_writer

    run = config_pb2.EvalRun(
        eval_config=config,
        version=version.VERSION,
        data_location="<user provided PCollection>",
        file_format="<unknown>",
        model_locations={spec.name: locations[spec.is_baseline] for spec in config.model_specs},
    )
    kind = eval_config_writer.EVAL_CONFIG_FILE_FORMAT
    file = folder / f"{eval_config_writer.EVAL_CONFIG_FILE}.{kind}"
    write_atomically(file, json_format.MessageToJson(run, sort_keys=True))


def _write(file: Path, messages: Sequence[Any]) -> None:
    """Write messages as TFRecords: length, its sum, the bytes, their sum."""
    content = bytearray()
    for message in messages:
        text = message.SerializeToString()
        length = struct.pack("<Q", len(text))
        content += HEAD.pack(len(text), masked_sum(length)) + text
        content += struct.pack("<I", masked_sum(text))
    write_atomically(file, bytes(content))
