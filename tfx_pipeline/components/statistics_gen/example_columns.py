"""Serialized `tf.Example`s become columns: those of our own encoder by NumPy, all others by TFX's.

Terms:
    column: what the rows of a block have in one feature.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from tfx_pipeline.components.statistics_gen.regular_examples import (
    FeatureKey,
    Irregular,
    RegularFeature,
    read_regular,
)
from tfx_pipeline.ingestion.examples.record_blocks import RecordBlock

Kind = Literal["int", "float", "bytes"]
_LOOKED_AT = 64
"""Rows of a block, at most, that are looked at for names of features."""
_TRIES = 4
"""Of reading a block by NumPy, while there are new names in it."""


@dataclass(frozen=True)
class Column:
    """The values that a block of rows has in one feature.

    Attributes:
        name: of the feature.
        kind: of its values; None where no row says.
        first_row: the first row of the block that has the feature; 0 where none has.
        present: number of rows that have it, if only as an empty list.
        value_counts: [present] int64, how many values each of these rows has; None: one each.
        values: [values] int64 or float32, or Arrow's `large_binary`, row by row; no nulls.
    """

    name: str
    kind: Kind | None
    first_row: int
    present: int
    value_counts: NDArray[Any] | None
    values: Any


class ExampleDecoder:
    """Decodes blocks of records; one decoder may be used by several threads.

    Blocks whose rows all are as `ingestion.examples.encoding` writes them take a tenth of the time.
    The columns are the same by either way.
    """

    def __init__(self) -> None:
        self._keys: tuple[FeatureKey, ...] = ()

    def decode(self, block: RecordBlock) -> list[Column]:
        """Give the columns of a block, in no order that means anything."""
        rows = np.arange(len(block.starts))
        if not self._keys:
            self._learn(_names(block, _some(rows)))
        for _ in range(_TRIES):
            try:
                return _columns(read_regular(block, self._keys), block.data)
            except Irregular as irregular:
                if not self._learn(_names(block, _some(irregular.rows))):
                    break
        batch = _decode_by_tfx(block, rows)
        self._learn(batch.schema.names)
        return list(map(_column_of_lists, batch.schema.names, batch.columns))

    def _learn(self, names: Iterable[str]) -> bool:
        """Remember names, and say whether there were new ones.

        Two threads that do so at once lose nothing but time.
        """
        known = {key.name for key in self._keys}
        if known.issuperset(names):
            return False
        ordered = sorted(known.union(names), key=lambda name: name.encode())
        self._keys = tuple(FeatureKey.of(name) for name in ordered)
        return True


def _some(rows: NDArray[Any]) -> NDArray[Any]:
    """Choose rows evenly."""
    return rows[:: 1 + len(rows) // _LOOKED_AT]


def _columns(features: Sequence[RegularFeature], data: NDArray[Any]) -> list[Column]:
    return [
        Column(
            feature.name,
            feature.kind,
            first_row=feature.first_row,
            present=len(feature.values),
            value_counts=None,
            values=_cut_out(data, feature.values, feature.ends)
            if feature.ends is not None
            else feature.values,
        )
        for feature in features
    ]


def _cut_out(data: NDArray[Any], starts: NDArray[Any], ends: NDArray[Any]) -> pa.Array:
    """Copy pieces of bytes out: Arrow's `large_binary`."""
    view = data.data
    pieces = b"".join([view[s:e] for s, e in zip(starts.tolist(), ends.tolist(), strict=True)])
    offsets = np.concatenate([[0], np.cumsum(ends - starts)])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(pieces)]
    return pa.Array.from_buffers(pa.large_binary(), len(starts), buffers)


def _names(block: RecordBlock, rows: NDArray[Any]) -> list[str]:
    """Name the features of some rows."""
    return _decode_by_tfx(block, rows).schema.names if len(rows) else []


def _decode_by_tfx(block: RecordBlock, rows: NDArray[Any]) -> pa.RecordBatch:
    """Decode some rows, in any form that `tf.Example` allows, to a list of values each."""
    return ExamplesToRecordBatchDecoder().DecodeBatch(block.records(rows))


def _column_of_lists(name: str, lists: pa.Array) -> Column:
    """Take a column as TFX has it: a list of values for each row, or null."""
    present = len(lists) - lists.null_count
    if pa.types.is_null(lists.type):
        return Column(name, None, 0, 0, None, np.empty(0, np.int64))
    valid = lists.is_valid().to_numpy(zero_copy_only=False)
    lengths = pc.list_value_length(lists).drop_null().to_numpy(zero_copy_only=False)
    values, value_type = lists.flatten(), lists.type.value_type
    if pa.types.is_integer(value_type):
        kind, values = "int", values.to_numpy(zero_copy_only=False)
    elif pa.types.is_floating(value_type):
        kind, values = "float", values.to_numpy(zero_copy_only=False)
    else:
        kind, values = "bytes", values.cast(pa.large_binary())
    return Column(
        name,
        kind,  # type: ignore[arg-type]
        first_row=int(np.argmax(valid)) if present else 0,
        present=present,
        value_counts=None if (lengths == 1).all() else lengths.astype(np.int64),
        values=values,
    )
