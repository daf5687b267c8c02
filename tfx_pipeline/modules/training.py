"""The generic `run_fn`: trains the model that the configuration describes, and exports it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.examples import read_rows, serialized_rows
from tfx_pipeline.modules.fitting import Fitting
from tfx_pipeline.modules.label_features import NO_CLASS
from tfx_pipeline.modules.model_inputs import ModelInputs
from tfx_pipeline.modules.network import build_network
from tfx_pipeline.modules.raw_inputs import RawColumns, RawFeature
from tfx_pipeline.modules.signatures import ServedModel
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows
from tfx_pipeline.modules.tasks import learn_task
from tfx_pipeline.modules.transform_graph import TransformGraph
from tfx_pipeline.modules.warmup_rows import write_warmup_rows

_LOG = logging.getLogger(__name__)


def run_fn(fn_args: Any) -> None:
    """Train and export the model, and with it smoke rows and warm-up requests of the eval split.

    Args:
        fn_args: `tfx.components.trainer.fn_args_utils.FnArgs`. Read: `train_files`, `eval_files`
            (raw tf.Examples), `transform_output`, `serving_model_dir`, `model_run_dir`, and
            `custom_config`: the sections `model` and `label` of the configuration, `smoke_rows`
            (a number) and `raw_features` (the columns that a caller of the model sends).

    Raises:
        ValueError: no rows, a label that cannot be learned, features that cannot feed a model.
        FloatingPointError: the loss became NaN or infinite.
    """
    config = fn_args.custom_config
    keras.utils.set_random_seed(config["model"]["seed"])
    graph = TransformGraph(fn_args.transform_output)
    inputs = ModelInputs.from_schema(graph.schema)
    rows = read_rows(fn_args.train_files, graph, inputs)
    if config["label"]["task"] != "regression":
        _refuse_foreign_labels(rows.label, fn_args.train_files, graph, config["label"])
    task = learn_task(config["label"], rows.label)
    network = build_network(inputs, config["model"], task.outputs)
    model = ServedModel(graph, inputs, network, task, config["raw_features"])
    _LOG.info("training %s on %d rows", config["model"]["family"], len(rows.label))
    Fitting(network, task, config["model"], rows).run(fn_args.model_run_dir)
    model.save(fn_args.serving_model_dir)
    raw = _first_rows(fn_args.eval_files, config["smoke_rows"], graph)
    features = graph(raw)
    predictions = task.predictions(network(inputs.assemble(features), training=False))
    columns = {name: _json_values(raw, name) for name in config["raw_features"]}
    smoke_rows = SmokeRows(
        instances=_by_row(columns),
        predictions=_by_row({name: _decoded(x.numpy()) for name, x in predictions.items()}),
        transformed=_by_row({name: features[name].numpy().tolist() for name in inputs.names}),
    )
    write_smoke_rows(fn_args.serving_model_dir, smoke_rows)
    write_warmup_rows(fn_args.serving_model_dir, graph, columns)


def _refuse_foreign_labels(
    labels: NDArray[Any], patterns: Sequence[str], graph: TransformGraph, config: Mapping[str, Any]
) -> None:
    """Raise a ValueError that names the values of the label that are no class."""
    if NO_CLASS not in labels:
        return
    count = int(np.sum(labels == NO_CLASS))
    classes = list(config["classes"]) or ["0", "1"]
    if config["rule"]:
        raise ValueError(
            f"label.rule {config['rule']!r} gives no class id for {count} training rows; allowed:"
            f" whole numbers from 0 to {len(classes) - 1}, the places of {classes}"
        )
    column = config["column"]
    spec = {column: graph.raw_spec[column]}
    found: set[str] = set()
    for serialized in serialized_rows(patterns).batch(4096):
        texts = RawColumns(tf.io.parse_example(serialized, spec)).texts(column)
        found |= set(_decoded(texts.numpy()[:, 0]))
    raise ValueError(
        f"{count} training rows have a label that is no class: column {column!r} holds"
        f" {sorted(found - {'', *classes})[:10]}; allowed: {classes}. Add them to label.classes,"
        " or write a label.rule"
    )


def _first_rows(
    patterns: Sequence[str], count: int, graph: TransformGraph
) -> dict[str, RawFeature]:
    """Read the raw features of the first rows of a split."""
    for serialized in serialized_rows(patterns).batch(count).take(1):
        return tf.io.parse_example(serialized, graph.raw_spec)
    raise ValueError(f"no row in {', '.join(patterns)}: give more rows, or data.split another seed")


def _json_values(raw: Mapping[str, RawFeature], name: str) -> list[float | int | str]:
    """Read a column as the values of JSON instances: NaN or "" where missing."""
    columns = RawColumns(raw)
    if raw[name].dtype == tf.string:
        return _decoded(columns.texts(name).numpy()[:, 0])
    if raw[name].dtype.is_integer:
        values, missing = (x.numpy()[:, 0].tolist() for x in columns.whole_numbers(name))
        return [math.nan if no else value for value, no in zip(values, missing, strict=True)]
    return columns.numbers(name).numpy()[:, 0].tolist()


def _decoded(values: NDArray[Any]) -> list[Any]:
    """Make plain values of an array: numbers or text."""
    return [x.decode() if isinstance(x, bytes) else x for x in values.tolist()]


def _by_row(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Turn columns by name into rows."""
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]
