"""Rows that travel with a model: smoke rows and warm-up requests, of the eval split."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.conversions import without_marks
from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.model.made_rows import changed_rows, write_warmup_rows
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.modules.model.transformed_rows import serialized_rows
from tfx_pipeline.modules.smoke_rows import SmokeRows, write_smoke_rows

_MOST_LOOKED_AT = 10_000  # rows whose range says what is unseen; push.smoke_rows is at most this


def write_samples(
    fn_args: Any,
    graph: TransformGraph,
    inputs: ModelInputs,
    predict: Callable[[Mapping[str, tf.Tensor]], Mapping[str, tf.Tensor]],
) -> None:
    """Write them beside the model; `predict` makes predictions of what the model reads."""
    examples, changes = _smoke_examples(fn_args, graph)
    raw = parse_rows(examples, graph.raw_spec)
    features = graph(raw)
    predictions = predict(inputs.assemble(features))
    columns = _json_columns(raw, fn_args.custom_config["raw_features"])
    unchanged = len(examples) - sum(map(bool, changes))
    fed = {name: features[name].numpy()[:unchanged].tolist() for name in inputs.names}
    smoke_rows = SmokeRows(
        instances=_by_row(columns),
        predictions=_by_row({name: plain_values(x.numpy()) for name, x in predictions.items()}),
        transformed=_by_row(fed),
        changes=changes,
    )
    write_smoke_rows(fn_args.serving_model_dir, smoke_rows)
    real = {name: values[:unchanged] for name, values in columns.items()}
    write_warmup_rows(fn_args.serving_model_dir, graph, real)


def _smoke_examples(fn_args: Any, graph: TransformGraph) -> tuple[list[bytes], list[str]]:
    """Take the first rows of the eval split, and rows of them with a feature changed.

    Returns:
        Serialized tf.Examples, and what was changed in each; "" in those of the split.
    """
    config, patterns = fn_args.custom_config, fn_args.eval_files
    for batch in serialized_rows(patterns).batch(_MOST_LOOKED_AT).take(1):
        raw = without_marks(parse_rows(batch, graph.raw_spec), config["features"])
        rows = batch.numpy().tolist()[: config["smoke_rows"]]
        marks = {name: each.get("missing", ()) for name, each in config["features"].items()}
        changed = list(changed_rows(rows, raw, config["raw_features"], marks))
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
        values |= zip(texts, map(plain_values, columns.texts(*texts).numpy().T), strict=True)
    if whole:
        numbers, missing = (x.numpy().T.tolist() for x in columns.whole_numbers(*whole))
        for name, column, gaps in zip(whole, numbers, missing, strict=True):
            values[name] = [math.nan if no else x for x, no in zip(column, gaps, strict=True)]
    if others:
        values |= zip(others, columns.numbers(*others).numpy().T.tolist(), strict=True)
    return {name: values[name] for name in names}


def plain_values(values: NDArray[Any]) -> list[Any]:
    """Make plain values of an array: numbers or text."""
    return [x.decode() if isinstance(x, bytes) else x for x in values.tolist()]


def _by_row(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Turn columns by name into rows."""
    rows = zip(*columns.values(), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]
