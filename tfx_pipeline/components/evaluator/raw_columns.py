"""A few raw columns of serialized examples: what divides rows into slices, and ties them together.

Terms:
    entry: one value of one row: a row may have none, or several.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.components.example_batches import decoded

Kind = Literal["text", "whole", "number"]
_DTYPES = {"text": tf.string, "whole": tf.int64, "number": tf.float32}
_LOOKED_AT = 64
_FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Entries:
    """The values of a column in a batch of rows.

    Attributes:
        rows: `[entries] int64`, ascending.
        codes: `[entries] int64`: places in `values`.
        values: the different ones: bytes, int or float.
        kind: of the values.
    """

    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    values: list[Any]
    kind: Kind


class ColumnReader:
    """Reads columns whose types nobody says; one reader may be used by several threads."""

    def __init__(self, names: Sequence[str]) -> None:
        self._kinds: dict[str, Kind] = dict.fromkeys(names, "text")
        self._is_new = True

    def read(self, rows: Sequence[bytes]) -> dict[str, Entries]:
        """Read the columns of serialized examples; what no row has has no entries."""
        if not self._kinds or not rows:
            nothing = np.zeros(0, np.int64)
            return {name: Entries(nothing, nothing, [], kind) for name, kind in self._kinds.items()}
        if self._is_new:  # most columns have a value in the first rows
            self._kinds, self._is_new = _kinds_of(rows[:_LOOKED_AT], self._kinds), False
        try:
            return _parsed(rows, self._kinds)
        except tf.errors.InvalidArgumentError:  # a column is of another type
            self._kinds = _kinds_of(rows, self._kinds)
            return _parsed(rows, self._kinds)


def _parsed(rows: Sequence[bytes], kinds: Mapping[str, Kind]) -> dict[str, Entries]:
    spec = {name: tf.io.VarLenFeature(_DTYPES[kind]) for name, kind in kinds.items()}
    parsed = tf.io.parse_example(tf.constant(rows, tf.string), spec)
    return {
        name: _entries(parsed[name].indices.numpy()[:, 0], parsed[name].values.numpy(), kind)
        for name, kind in kinds.items()
    }


def _entries(rows: NDArray[Any], values: NDArray[Any], kind: Kind) -> Entries:
    """Encode values; NaN is none, and a value that a row has twice counts once, as in TFMA."""
    if kind == "number":
        is_there = ~np.isnan(values)
        rows, values = rows[is_there], values[is_there]
    encoded = pa.array(values, pa.binary() if kind == "text" else None).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    different = encoded.dictionary.to_pylist()
    if len(rows) > 1 and (rows[1:] == rows[:-1]).any():
        pairs = np.unique(rows * len(different) + codes)
        rows, codes = pairs // len(different), pairs % len(different)
    return Entries(rows, codes, different, kind)


def _kinds_of(rows: Sequence[bytes], known: Mapping[str, Kind]) -> dict[str, Kind]:
    """Look which types the columns have in these rows; those that none has keep theirs."""
    kinds, schema = dict(known), decoded(rows).schema
    for name in known.keys() & set(schema.names):
        kind = schema.field(name).type
        if pa.types.is_null(kind):
            continue
        if pa.types.is_integer(kind.value_type):
            kinds[name] = "whole"
        else:
            kinds[name] = "number" if pa.types.is_floating(kind.value_type) else "text"
    return kinds


def text_of(value: Any, kind: Kind) -> str:
    """Write a value as it is shown; the shortest text that is the same float32."""
    if kind == "text":
        text: str = value.decode("utf-8", "backslashreplace")
        return text
    return str(np.float32(value)) if kind == "number" else str(value)


def clusters_of(columns: Sequence[Entries], ids: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Hash the values of the key of each row; a row without any stands alone: `[rows] int64`."""
    clusters, has_key = np.zeros(len(ids), np.uint64), np.zeros(len(ids), bool)
    for column in columns:
        hashes = hashed([text_of(x, column.kind).encode() for x in column.values])[column.codes]
        of_column = np.zeros(len(ids), np.uint64)
        np.add.at(of_column, column.rows, hashes)  # in any order, for a row has a set of values
        clusters = (clusters ^ (clusters >> np.uint64(29))) * _FACTOR + of_column
        has_key[column.rows] = True
    return np.where(has_key, clusters, ids).view(np.int64)


def hashed(texts: Sequence[bytes]) -> NDArray[np.uint64]:
    """Hash each text to 64 bits of BLAKE2b: of 10 million, two share one once in 400,000 tables."""
    digests = b"".join([hashlib.blake2b(text, digest_size=8).digest() for text in texts])
    return np.frombuffer(digests, "<u8").astype(np.uint64)
