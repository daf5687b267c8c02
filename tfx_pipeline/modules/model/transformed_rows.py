"""The rows of a split, transformed once, a matrix a kind of column.

A row takes 4 bytes a number or id: a million rows of 50 columns, 200 MB, in memory or in files
(see `row_store`). Reading is batched and parallel; nothing here handles one row at a time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.parsing import parse_rows
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN, LABEL_WEIGHT
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.out_of_fold import OutOfFold
from tfx_pipeline.modules.model.row_store import RowStore
from tfx_pipeline.modules.model.row_ties import RowTies
from tfx_pipeline.modules.model.transform_graph import TransformGraph
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_READ_BATCH = 4096
_LOOKED_AT_BYTES = 2**18


class TransformedRows(NamedTuple):
    """Transformed rows.

    Attributes:
        inputs: what the model reads, by name (see `model_inputs`), `[rows, …]`; perhaps arrays
            over files.
        label: `[rows]` int64 class ids, or float32; in memory.
        weight: `[rows] float32`, how much each counts; None: all the same.
        tie, moment: `[rows] int64` and `[rows] float64`, see `row_ties`; None: nobody read them.
    """

    inputs: dict[str, NDArray[Any]]
    label: NDArray[Any]
    weight: NDArray[np.float32] | None = None
    tie: NDArray[np.int64] | None = None
    moment: NDArray[np.float64] | None = None

    @property
    def in_files(self) -> bool:
        """Whether the inputs are arrays over files."""
        return any(isinstance(x, np.memmap) for x in self.inputs.values())

    def varying_numbers(self) -> NDArray[np.bool_] | None:
        """Say which of the numbers differ between rows: `[width]`; None without numbers."""
        numbers = self.inputs.get("numbers")
        return None if numbers is None else numbers.min(axis=0) != numbers.max(axis=0)


def read_rows(
    patterns: Sequence[str],
    graph: TransformGraph,
    inputs: ModelInputs,
    averages: OutOfFold | None = None,
    store: RowStore | None = None,
    ties: RowTies | None = None,
) -> TransformedRows:
    """Read and transform all rows whose label is known.

    `patterns` are of files of serialized tf.Example, TFRecords, gzipped if named `.gz`; `averages`
    replaces the lookups and targets of rows that these were learned from; `store` keeps the rows,
    in memory where it is not given; `ties` are read as well.

    Raises:
        ValueError: there is no such file, there is no label, or no row has one.
    """
    if LABEL not in graph.reads:
        raise ValueError(f"preprocessing_fn returns no {LABEL!r}: received {sorted(graph.reads)}")

    @tf.autograph.experimental.do_not_convert  # a call a column, and nothing to convert
    def transform(serialized: tf.Tensor) -> dict[str, dict[str, tf.Tensor]]:
        raw = parse_rows(serialized, graph.raw_spec)
        features = graph(raw)
        known = features.get(LABEL_KNOWN, tf.ones_like(serialized, tf.float32))
        label = {LABEL: features[LABEL], LABEL_KNOWN: known}
        if LABEL_WEIGHT in features:
            label[LABEL_WEIGHT] = features[LABEL_WEIGHT]
        flat = {name: tf.reshape(x, [-1]) for name, x in label.items()}
        read = averages.read(serialized, raw, features) if averages else {}
        read |= ties.read(serialized, raw) if ties else {}
        return {"rows": inputs.assemble(features) | flat, "read": read}

    store = store or RowStore("")
    known: list[NDArray[np.bool_]] = [np.zeros(0, bool)]
    read: list[dict[str, NDArray[Any]]] = []
    progress_begins(_about_rows(patterns))
    batches = serialized_rows(patterns).batch(_READ_BATCH).map(transform, tf.data.AUTOTUNE)
    for batch in batches.as_numpy_iterator():
        known.append(batch["rows"].pop(LABEL_KNOWN) > 0)
        progress_adds(len(known[-1]))
        read.append(batch["read"])
        store.add({name: column[known[-1]] for name, column in batch["rows"].items()})
    is_known = np.concatenate(known)
    if not is_known.any():
        raise ValueError(f"no row with a label in {', '.join(patterns)}: check the label's columns")
    columns, all_read = store.columns(), _joined(read)
    if averages and inputs.widths:
        averages.replace(columns["numbers"], all_read, is_known)
    label, weight = np.array(columns.pop(LABEL)), columns.pop(LABEL_WEIGHT, None)
    return TransformedRows(
        inputs=columns,
        label=label,
        weight=None if weight is None else np.array(weight),
        **(ties.of_known(all_read, is_known) if ties else {}),
    )


def _joined(batches: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    return {name: np.concatenate([x[name] for x in batches]) for name in batches[0]}


def serialized_rows(patterns: Sequence[str]) -> tf.data.Dataset:
    """List the serialized tf.Examples of a split, `string` scalars, in the files' order.

    Raises:
        ValueError: there is no such file.
    """
    files = _files(patterns)
    if not files:
        raise ValueError(f"no file matches {', '.join(patterns)}")
    compression = "GZIP" if files[0].endswith(".gz") else ""
    return tf.data.TFRecordDataset(files, compression)


def _files(patterns: Sequence[str]) -> list[str]:
    return sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))


def _about_rows(patterns: Sequence[str]) -> float | None:
    """Estimate how many rows there are, by the records with which the first file begins.

    It is for a line of progress. None: not even one of them is there.
    """
    files = _files(patterns)
    if not files:
        return None
    with tf.io.gfile.GFile(files[0], "rb") as file:
        packed = file.read(_LOOKED_AT_BYTES)
    unpack = zlib.decompressobj(wbits=31)
    is_packed = files[0].endswith(".gz")
    content = unpack.decompress(packed) if is_packed else packed
    read = len(packed) - len(unpack.unused_data)  # one file of gzip may follow another
    rows = position = 0
    while position + 8 <= len(content):
        position += struct.unpack_from("<Q", content, position)[0] + 16  # and two checksums
        rows += 1
    if not rows:
        return None
    size = sum(tf.io.gfile.stat(file).length for file in files)
    return rows * len(content) / position * size / read
