"""The generic `run_fn`: trains the model that the configuration describes, and exports it."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.kinds import KINDS
from tfx_pipeline.modules.features.label import NO_CLASS
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.model.fitting import Fitting
from tfx_pipeline.modules.model.made_rows import changed_rows, write_warmup_rows
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.network import build_network
from tfx_pipeline.modules.model.note_file import Note, write_notes
from tfx_pipeline.modules.model.out_of_fold import OutOfFold
from tfx_pipeline.modules.model.row_store import RowStore
from tfx_pipeline.modules.model.signatures import ServedModel
from tfx_pipeline.modules.model.tasks import Task, learn_task
from tfx_pipeline.modules.model.training_notes import (
    column_reader,
    streaming_note,
    too_coarse,
    training_notes,
    varying_numbers,
)
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import TransformedRows, read_rows, serialized_rows
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows

_LOG = logging.getLogger(__name__)
_MOST_LOOKED_AT = 10_000  # rows whose range says what is unseen; push.smoke_rows is at most this


def run_fn(fn_args: Any) -> None:
    """Train and export the model, and with it smoke rows and warm-up requests of the eval split.

    Args:
        fn_args: `tfx.components.trainer.fn_args_utils.FnArgs`. Read: `train_files`, `eval_files`
            (raw tf.Examples), `transform_output`, `serving_model_dir`, `model_run_dir`, and
            `custom_config`: the sections `model`, `label`, `features` and `lookups` of the
            configuration, `smoke_rows` (a number), `raw_features` (the columns that a caller of
            the model sends) and `in_memory` (where rows are kept: true, false or auto).

    Raises:
        ValueError: no rows, a label that cannot be learned, features that cannot feed a model.
        FloatingPointError: the loss became NaN or infinite.
    """
    config = fn_args.custom_config
    keras.utils.set_random_seed(config["model"]["seed"])
    graph = TransformGraph(fn_args.transform_output)
    inputs = ModelInputs.from_schema(graph.schema)
    averages = OutOfFold(config["lookups"], config["raw_features"], inputs, config["model"]["seed"])
    with tempfile.TemporaryDirectory(prefix="tfx-rows-") as folder:
        store = RowStore(folder, config.get("in_memory", "auto"))
        rows = read_rows(fn_args.train_files, graph, inputs, averages, store)
        network, task = _fit(fn_args, rows, store, graph, inputs)
    model = ServedModel(graph, inputs, network, task, config["raw_features"], _only_names(config))
    model.save(fn_args.serving_model_dir)
    _write_rows(fn_args, graph, inputs, lambda x: task.predictions(network(x, training=False)))


def _fit(
    fn_args: Any,
    rows: TransformedRows,
    store: RowStore,
    graph: TransformGraph,
    inputs: ModelInputs,
) -> tuple[keras.Model, Task]:
    """Train the network, and write what should be known of it beside its log."""
    config = fn_args.custom_config
    if config["label"]["task"] != "regression":
        _refuse_foreign_labels(rows.label, fn_args.train_files, graph, config["label"])
    task = learn_task(config["label"], rows.label)
    if config["label"]["task"] == "regression":
        _refuse_coarse_labels(rows.label, config["label"])
    notes = list(_row_notes(fn_args, rows, inputs, graph))
    network = build_network(inputs, config["model"], task.outputs, varying_numbers(rows))
    place = "files" if store.in_files else "memory"
    _LOG.info(
        "training %s on %d rows in %s: %s",
        *(config["model"]["family"], len(rows.label), place, store.reason),
    )
    fitting = Fitting(network, task, config["model"], rows)
    fitting.run(fn_args.model_run_dir)
    if store.in_files:
        notes.append(streaming_note(store.reason, fitting.input_wait))
    for note in notes:
        _LOG.warning("%s (%s)", note.text, ".".join(note.keys))
    write_notes(fn_args.model_run_dir, notes)
    return network, task


def _only_names(config: Mapping[str, Any]) -> set[str]:
    """Find the raw features that no feature uses by their size."""
    features = config["features"].items()
    return set(config["raw_features"]) - {x for x, each in features if KINDS[each["kind"]].is_size}


def _row_notes(
    fn_args: Any, rows: TransformedRows, inputs: ModelInputs, graph: TransformGraph
) -> Iterator[Note]:
    reader = column_reader(fn_args.train_files, graph)
    return training_notes(rows, inputs, fn_args.custom_config, reader)


def _write_rows(
    fn_args: Any,
    graph: TransformGraph,
    inputs: ModelInputs,
    predict: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]],
) -> None:
    """Write smoke rows and warm-up requests beside the model."""
    examples, changes = _smoke_examples(fn_args, graph)
    raw = parse_rows(examples, graph.raw_spec)
    features = graph(raw)
    predictions = predict(inputs.assemble(features))
    columns = _json_columns(raw, fn_args.custom_config["raw_features"])
    unchanged = len(examples) - sum(map(bool, changes))
    fed = {name: features[name].numpy()[:unchanged].tolist() for name in inputs.names}
    smoke_rows = SmokeRows(
        instances=_by_row(columns),
        predictions=_by_row({name: _decoded(x.numpy()) for name, x in predictions.items()}),
        transformed=_by_row(fed),
        changes=changes,
    )
    write_smoke_rows(fn_args.serving_model_dir, smoke_rows)
    real = {name: values[:unchanged] for name, values in columns.items()}
    write_warmup_rows(fn_args.serving_model_dir, graph, real)


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
        texts = RawColumns(parse_rows(serialized, spec)).texts(column)
        found |= set(_decoded(texts.numpy()[:, 0]))
    raise ValueError(
        f"{count} training rows have a label that is no class: column {column!r} holds"
        f" {sorted(found - {'', *classes})[:10]}; allowed: {classes}. Add them to label.classes,"
        " or write a label.rule"
    )


def _refuse_coarse_labels(labels: NDArray[np.float32], config: Mapping[str, Any]) -> None:
    """Raise a ValueError where float32, which labels and answers are, hides how labels differ."""
    if step := too_coarse(labels):
        rule = config["rule"] or config["column"]
        raise ValueError(
            f"the label {rule!r} runs from {labels.min():.0f} to {labels.max():.0f} and is kept in"
            f" steps of {step:g} only: predict how far it is from a constant, which is computed in"
            f" float64: label.rule: ({rule}) - {labels.min():.0f}"
        )


def _smoke_examples(fn_args: Any, graph: TransformGraph) -> tuple[list[bytes], list[str]]:
    """Take the first rows of the eval split, and rows of them with a feature changed.

    Returns:
        Serialized tf.Examples, and what was changed in each; "" in those of the split.
    """
    config, patterns = fn_args.custom_config, fn_args.eval_files
    for batch in serialized_rows(patterns).batch(_MOST_LOOKED_AT).take(1):
        raw = parse_rows(batch, graph.raw_spec)
        rows = batch.numpy().tolist()[: config["smoke_rows"]]
        changed = list(changed_rows(rows, raw, config["raw_features"]))
        return (
            [*rows, *(example for example, _ in changed)],
            [*("" for _ in rows), *(change for _, change in changed)],
        )
    raise ValueError(f"no row in {', '.join(patterns)}: give more rows, or data.split another seed")


def _json_columns(
    raw: Mapping[str, RawFeature], names: Sequence[str]
) -> dict[str, list[float | int | str]]:
    """Read columns as the values of JSON instances: NaN or "" where missing.

    Those of one type at once: one by one, a thousand of them take longer than the training.
    """
    columns, values = RawColumns(raw), dict[str, list[Any]]()
    dtypes = {name: raw[name].dtype for name in names}
    texts = [name for name in names if dtypes[name] == tf.string]
    whole = [name for name in names if dtypes[name].is_integer]
    others = [name for name in names if dtypes[name].is_floating]
    if texts:
        values |= zip(texts, map(_decoded, columns.texts(*texts).numpy().T), strict=True)
    if whole:
        numbers, missing = (x.numpy().T.tolist() for x in columns.whole_numbers(*whole))
        for name, column, gaps in zip(whole, numbers, missing, strict=True):
            values[name] = [math.nan if no else x for x, no in zip(column, gaps, strict=True)]
    if others:
        values |= zip(others, columns.numbers(*others).numpy().T.tolist(), strict=True)
    return {name: values[name] for name in names}


def _decoded(values: NDArray[Any]) -> list[Any]:
    """Make plain values of an array: numbers or text."""
    return [x.decode() if isinstance(x, bytes) else x for x in values.tolist()]


def _by_row(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Turn columns by name into rows."""
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]
