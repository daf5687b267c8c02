"""The rows of a split, transformed and held in memory, a matrix a kind of column.

A row takes 4 bytes a number or id: a million rows of 50 columns, 200 MB. Reading is batched and
parallel; nothing here handles one row at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.out_of_fold import OutOfFold
from tfx_pipeline.modules.model.transform_graph import TransformGraph

_READ_BATCH = 4096


class TransformedRows(NamedTuple):
    """Transformed rows.

    Attributes:
        inputs: what the model reads, by name (see `model_inputs`), `[rows, …]`.
        label: `[rows]` int64 class ids, or float32.
    """

    inputs: dict[str, NDArray[Any]]
    label: NDArray[Any]


def read_rows(
    patterns: Sequence[str],
    graph: TransformGraph,
    inputs: ModelInputs,
    averages: OutOfFold | None = None,
) -> TransformedRows:
    """Read and transform all rows whose label is known.

    `patterns` are of files of serialized tf.Example, TFRecords, gzipped if named `.gz`; `averages`
    replaces the lookups of rows that these were learned from.

    Raises:
        ValueError: there is no such file, there is no label, or no row has one.
    """
    if LABEL not in graph.reads:
        raise ValueError(f"preprocessing_fn returns no {LABEL!r}: received {sorted(graph.reads)}")

    def transform(serialized: tf.Tensor) -> dict[str, dict[str, tf.Tensor]]:
        raw = tf.io.parse_example(serialized, graph.raw_spec)
        features = graph(raw)
        known = features.get(LABEL_KNOWN, tf.ones_like(serialized, tf.float32))
        label = {LABEL: tf.reshape(features[LABEL], [-1]), LABEL_KNOWN: tf.reshape(known, [-1])}
        read = averages.read(serialized, raw) if averages else {}
        return {"rows": inputs.assemble(features) | label, "read": read}

    batches = serialized_rows(patterns).batch(_READ_BATCH).map(transform, tf.data.AUTOTUNE)
    batches = list(batches.as_numpy_iterator())
    columns = _joined([batch["rows"] for batch in batches])
    known = columns.pop(LABEL_KNOWN, np.zeros(0)) > 0
    if not known.any():
        raise ValueError(f"no row with a label in {', '.join(patterns)}: check the label's columns")
    if averages and inputs.widths:
        averages.replace(columns["numbers"], _joined([batch["read"] for batch in batches]))
    columns = {name: column[known] for name, column in columns.items()}
    return TransformedRows(label=columns.pop(LABEL), inputs=columns)


def _joined(batches: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([x[name] for x in batches]) for name in (batches or [{}])[0]}


def serialized_rows(patterns: Sequence[str]) -> tf.data.Dataset:
    """List the serialized tf.Examples of a split, `string` scalars, in the files' order.

    Raises:
        ValueError: there is no such file.
    """
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    if not files:
        raise ValueError(f"no file matches {', '.join(patterns)}")
    compression = "GZIP" if files[0].endswith(".gz") else ""
    return tf.data.TFRecordDataset(files, compression)
