"""Rows as serialized `tf.Example`, a batch at a time.

The bytes are what protobuf's deterministic serialization makes of the same message (a test
compares), without TensorFlow and an object per value: field numbers are those of
`tensorflow/core/example/{example,feature}.proto`. Features stand in the order of their names'
bytes, as protobuf's C++ has them; protobuf 6 puts `fare_total` before `fare`, and would thus
divide the rows of such a table otherwise on each stack.

Terms:
    piece: some bytes of each row's example, `[rows]` of binary; null where a row has none. Joined
        in order, they are the example.
    prefix: the bytes before a value: tags, the column's name, and lengths. It depends on the
        length of the value alone, and few lengths are different.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.reading.arrow_arrays import (
    binaries,
    cut,
    missing_of,
    numbers,
    numbers_of,
    sizes_of,
)

_FEATURES, _FEATURE, _KEY, _VALUE = b"\x0a", b"\x0a", b"\x0a", b"\x12"
_LISTS: dict[ColumnType, bytes] = {"string": b"\x0a", "float32": b"\x12", "int64": b"\x1a"}
_LIST_VALUE = b"\x0a"
_SHARED_BY = 2
"""Rows to a value of a dictionary, from which on it is encoded once and then taken."""
_SHORT = 1 << 16


class ExampleEncoder:
    """Turns rows into examples; a missing cell is a feature that the example lacks.

    An empty feature in its place would hide from every presence rule of a schema.
    """

    def __init__(self, types: Mapping[str, ColumnType]) -> None:
        """Take the type of each column."""
        self._columns = [
            (name, types[name], _KEY + _sized(name.encode()))
            for name in sorted(types, key=str.encode)
        ]

    def encode(self, batch: Any) -> Any:
        """Serialize a record batch of strings, int64 and float32: `[rows]` of binary.

        Columns may be dictionaries of them. All examples together have less than 2 GiB.

        Raises:
            KeyError: a column is missing.
        """
        return joined(self.pieces(batch))

    def pieces(self, batch: Any) -> list[Any]:
        """Give the pieces of the examples, for whoever has more to join; see `encode`."""
        pieces: list[Any] = []
        for name, type_, key in self._columns:
            column = batch.column(batch.schema.get_field_index(name))
            pieces += _pieces_of(column, type_, key)
        if not pieces:
            return [binaries([_FEATURES + _sized(b"")] * batch.num_rows)]
        return [prefixes(total_sizes(pieces), lambda size: _FEATURES + _varint(size)), *pieces]


def joined(pieces: Sequence[Any]) -> Any:
    """Join the pieces of each row: `[rows]` of binary."""
    import pyarrow.compute as pc

    nothing_between = binaries([b""])[0]
    return pc.binary_join_element_wise(*pieces, nothing_between, null_handling="skip")


def total_sizes(pieces: Sequence[Any]) -> NDArray[np.int64]:
    """Give the number of bytes of all pieces of each row: `[rows]`."""
    sizes = np.zeros(len(pieces[0]), np.int64)
    for piece in pieces:
        sizes += sizes_of(piece)
    return sizes


def listed_examples(examples: Any) -> list[bytes]:
    """Give examples one by one; Arrow's own way makes an object more for each."""
    _, offsets, content = examples.buffers()
    first, count = examples.offset, len(examples)
    bounds = np.frombuffer(offsets, np.int32)[first : first + count + 1]
    return listed_between(content or b"", bounds[:-1], bounds[1:])


def listed_between(content: Any, begins: NDArray[Any], ends: NDArray[Any]) -> list[bytes]:
    """Cut values out of bytes, each from a place to another one."""
    whole = memoryview(content)
    bounds = zip(begins.tolist(), ends.tolist(), strict=True)
    return [bytes(whole[begin:end]) for begin, end in bounds]


def _feature(key: bytes, type_: ColumnType, size: int) -> bytes:
    """Write what stands before a value of this size."""
    values = _LIST_VALUE + _varint(size)
    of_list = len(values) + size
    of_value = 1 + len(_varint(of_list)) + of_list
    of_feature = len(key) + 1 + len(_varint(of_value)) + of_value
    begin = _FEATURE + _varint(of_feature) + key + _VALUE + _varint(of_value)
    return begin + _LISTS[type_] + _varint(of_list) + values


def _pieces_of(column: Any, type_: ColumnType, key: bytes) -> list[Any]:
    """Encode each value of a dictionary once, if rows share them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return _PIECES[type_](column, key)
    values, codes = column.dictionary, column.indices
    if _SHARED_BY * len(values) > len(codes):
        return _PIECES[type_](pc.take(values, codes), key)
    return [pc.take(joined(_PIECES[type_](values, key)), codes)]


def _string_pieces(column: Any, key: bytes) -> list[Any]:
    import pyarrow as pa

    is_missing = missing_of(column) if column.null_count else None
    prefix = prefixes(sizes_of(column), lambda size: _feature(key, "string", size), is_missing)
    return [prefix, column.view(pa.binary())]


def _float_pieces(column: Any, key: bytes) -> list[Any]:
    prefix = np.frombuffer(_feature(key, "float32", 4), np.uint8)
    written = np.empty((len(column), len(prefix) + 4), np.uint8)
    written[:, : len(prefix)] = prefix
    written[:, len(prefix) :] = numbers_of(column).astype("<f4").view(np.uint8).reshape(-1, 4)
    sizes = np.full(len(column), written.shape[1])
    return [cut(written.reshape(-1), sizes, missing_of(column))]


def _int64_pieces(column: Any, key: bytes) -> list[Any]:
    left = numbers_of(column).view(np.uint64)  # negative ones as two's complement
    most = max(1, -(-int(left.max(initial=0)).bit_length() // 7))
    sizes = np.ones(len(left), np.int64)
    digits = np.empty((len(left), most), np.uint8)
    for place in range(most):
        digits[:, place] = left & np.uint64(0x7F)
        left = left >> np.uint64(7)
        if place + 1 < most:
            goes_on = left > 0
            digits[goes_on, place] |= 0x80
            sizes += goes_on
    prefixes = [_feature(key, "int64", size) for size in range(1, most + 1)]
    lengths = np.array([len(prefix) + size for size, prefix in enumerate(prefixes, 1)])[sizes - 1]
    written = np.empty(int(lengths.sum()), np.uint8)
    starts = np.cumsum(lengths) - lengths
    for size, prefix in enumerate(prefixes, 1):
        rows = np.flatnonzero(sizes == size)
        cells = np.empty((len(rows), len(prefix) + size), np.uint8)
        cells[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
        cells[:, len(prefix) :] = digits[rows, :size]
        if len(rows) == len(left):
            written = cells.reshape(-1)
        elif len(rows):
            written[starts[rows, None] + np.arange(cells.shape[1])] = cells
    return [cut(written, lengths, missing_of(column))]


_PIECES: dict[ColumnType, Callable[[Any, bytes], list[Any]]] = {
    "string": _string_pieces,
    "float32": _float_pieces,
    "int64": _int64_pieces,
}


def prefixes(
    sizes: NDArray[Any],
    write: Callable[[int], bytes],
    is_missing: NDArray[np.bool_] | None = None,
) -> Any:
    """Give the prefix of each size, written once for each that is different."""
    import pyarrow.compute as pc

    if sizes.max(initial=0) < _SHORT:  # no need to sort them
        different = np.flatnonzero(np.bincount(sizes))
        places = np.zeros(int(different.max(initial=0)) + 1, np.int32)
        places[different] = np.arange(len(different))
        places = places[sizes]
    else:
        different, places = np.unique(sizes, return_inverse=True)
    written = binaries([write(size) for size in different.tolist()])
    return pc.take(written, numbers(places.reshape(-1), is_missing))


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _sized(content: bytes) -> bytes:
    return _varint(len(content)) + content
