"""Arrays of Arrow made from Python's and NumPy's values, and back.

Arrow's own `pa.array`, and methods such as `take`, import pandas, to see whether they were given a
part of it: half a second of a run that may end with a message. `pyarrow.compute` does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def strings(texts: Sequence[str]) -> Any:
    """Make an array of texts; "" is one, too."""
    import pyarrow as pa

    return binaries([text.encode() for text in texts]).view(pa.string())


def binaries(values: Sequence[bytes]) -> Any:
    """Make an array of binary."""
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    return cut(b"".join(values), sizes)


def cut(content: Any, sizes: NDArray[Any], is_missing: NDArray[np.bool_] | None = None) -> Any:
    """Make an array of binary from its bytes, one value behind the other, and their sizes."""
    import pyarrow as pa

    offsets = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=offsets[1:])
    buffers = [_valid_bits(is_missing), pa.py_buffer(offsets), pa.py_buffer(content)]
    return pa.Array.from_buffers(pa.binary(), len(sizes), buffers)


def joined_lines(texts: Any) -> str:
    """Write the texts of an array, none of them missing, each with a line feed behind it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pa.ListArray.from_arrays(numbers(np.array([0, len(texts)], np.int32)), texts)
    return f"{pc.binary_join(whole, chr(10))[0].as_py()}\n"


def numbers(values: NDArray[Any], is_missing: NDArray[np.bool_] | None = None) -> Any:
    """Make an array of integers or floats."""
    import pyarrow as pa

    type_ = pa.from_numpy_dtype(values.dtype)
    buffers = [_valid_bits(is_missing), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(type_, len(values), buffers)


def booleans(values: NDArray[np.bool_]) -> Any:
    """Make an array of truth values."""
    import pyarrow as pa

    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def _valid_bits(is_missing: NDArray[np.bool_] | None) -> Any:
    import pyarrow as pa

    if is_missing is None or not is_missing.any():
        return None
    return pa.py_buffer(np.packbits(~is_missing, bitorder="little"))


def dictionary(codes: NDArray[np.int32], texts: Sequence[str]) -> Any:
    """Make an array of texts from their places among different ones, -1 where it is missing."""
    import pyarrow as pa

    return pa.DictionaryArray.from_arrays(numbers(codes, codes < 0), strings(texts))


def decoded(column: Any) -> Any:
    """Give the values of a column, be it a dictionary or not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        return pc.take(column.dictionary, column.indices)
    return column


def missing_of(column: Any) -> NDArray[np.bool_]:
    """Tell where a column has no value: `[rows]`."""
    if not column.null_count:
        return np.zeros(len(column), bool)
    bits = np.frombuffer(column.buffers()[0], np.uint8)
    is_valid = np.unpackbits(bits, bitorder="little")[column.offset :][: len(column)]
    return is_valid == 0


_OF_ARROW = {"halffloat": "float16", "float": "float32", "double": "float64"}
"""NumPy's names of types that Arrow calls otherwise."""


def numbers_of(column: Any) -> NDArray[Any]:
    """Give the numbers of a column, `[rows]`; where one is missing there is any."""
    name = str(column.type)  # `to_pandas_dtype` imports pandas
    dtype = np.dtype(_OF_ARROW.get(name, name))
    content = column.buffers()[1]
    if content is None:
        return np.zeros(len(column), dtype)
    return np.frombuffer(content, dtype, len(column), dtype.itemsize * column.offset)


def sizes_of(column: Any) -> NDArray[np.int32]:
    """Give the number of bytes of each text or binary, `[rows]`; 0 where it is missing."""
    content = column.buffers()[1]
    if content is None:
        return np.zeros(len(column), np.int32)
    offsets = np.frombuffer(content, np.int32, len(column) + 1, 4 * column.offset)
    sizes = np.diff(offsets)
    return np.where(missing_of(column), np.int32(0), sizes) if column.null_count else sizes


def codes_of(column: Any) -> NDArray[np.int32]:
    """Give the places of a dictionary's cells among its values, `[rows]`; -1: it is missing."""
    codes = numbers_of(column.indices)
    if not column.indices.null_count:
        return codes
    return np.where(missing_of(column.indices), np.int32(-1), codes)


def encoded(texts: Sequence[str]) -> Any:
    """Make an array of texts, "" for a missing one, with each that is different once."""
    places: dict[str, int] = {"": -1}
    codes = [places.setdefault(text, len(places) - 1) for text in texts]
    return dictionary(np.array(codes, np.int32), list(places)[1:])


def recoded(column: Any, texts: Sequence[str]) -> Any:
    """Give a dictionary's cells with other texts in the order of its values; "" is missing.

    Equal ones become one.
    """
    places: dict[str, int] = {"": -1}
    new = [places.setdefault(text, len(places) - 1) for text in texts]
    codes = np.array([*new, -1], np.int32)[codes_of(column)]
    return dictionary(codes, list(places)[1:])


def kept_rows(column: Any, kept: NDArray[np.bool_]) -> Any:
    """Give some rows of a column; a dictionary has no value then that none of them has."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return numbers(numbers_of(column)[kept], missing_of(column)[kept])
    codes = codes_of(column)[kept]
    used, places = np.unique(codes, return_inverse=True)
    texts = column.dictionary.to_pylist()
    has_missing = int(len(used) > 0 and used[0] < 0)
    new = places.reshape(-1).astype(np.int32) - np.int32(has_missing)
    return dictionary(new, [texts[code] for code in used[has_missing:].tolist()])
