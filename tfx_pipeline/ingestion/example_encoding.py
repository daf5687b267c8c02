"""Rows as serialized `tf.Example`.

The bytes are what protobuf's deterministic serialization makes of the same message (a test
compares), without TensorFlow and an object per value: field numbers are those of
`tensorflow/core/example/{example,feature}.proto`. Features stand in the order of their names'
bytes, as protobuf's C++ has them; protobuf 6 puts `fare_total` before `fare`, and would thus
divide the rows of such a table otherwise on each stack.
"""

from __future__ import annotations

import csv
import math
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.reading.dialect import FIELD_LIMIT

_FEATURES, _FEATURE, _KEY, _VALUE = b"\x0a", b"\x0a", b"\x0a", b"\x12"
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST, _LIST_VALUE = b"\x0a", b"\x12", b"\x1a", b"\x0a"


class ExampleEncoder:
    """Turns records into examples; a missing cell is a feature that the example lacks.

    An empty feature in its place would hide from every presence rule of a schema.
    """

    def __init__(self, types: Mapping[str, ColumnType]) -> None:
        """Take the type of each column, in the order of the record's cells."""
        order = sorted(enumerate(types.items()), key=lambda item: item[1][0].encode())
        self._columns = [
            (position, _KEY + _sized(name.encode()), _ENCODERS[type_])
            for position, (name, type_) in order
        ]

    def encode(self, record: Sequence[str]) -> bytes:
        """Serialize a record of the staged copy.

        Raises:
            ValueError: a cell is no value of its column's type.
        """
        parts = []
        for position, key, encoder in self._columns:
            if cell := record[position]:
                parts.append(_FEATURE + _sized(key + _VALUE + _sized(encoder(cell))))
        return _FEATURES + _sized(b"".join(parts))


def staged_examples(lines: Iterable[str], types: Mapping[str, ColumnType]) -> Iterator[bytes]:
    """Read a file of the staged copy, its header first.

    Raises:
        ValueError: it is no staged copy with these columns.
    """
    csv.field_size_limit(FIELD_LIMIT)
    records = csv.reader(lines)
    next(records)
    encoder = ExampleEncoder(types)
    for record in records:
        if record and len(record) != len(types):
            raise ValueError(f"a row of {len(record)} cells, where there are {len(types)} columns")
        if record:
            yield encoder.encode(record)


def _varint(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF  # negative numbers as two's complement of 64 bits
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _sized(content: bytes) -> bytes:
    return _varint(len(content)) + content


def _int64(cell: str) -> bytes:
    return _INT64_LIST + _sized(_LIST_VALUE + _sized(_varint(int(cell))))


def _float32(cell: str) -> bytes:
    number = float(cell)
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        packed = struct.pack("<f", math.copysign(math.inf, number))
    return _FLOAT_LIST + _sized(_LIST_VALUE + _sized(packed))


def _string(cell: str) -> bytes:
    return _BYTES_LIST + _sized(_LIST_VALUE + _sized(cell.encode()))


_ENCODERS: dict[ColumnType, Callable[[str], bytes]] = {
    "int64": _int64,
    "float32": _float32,
    "string": _string,
}
