"""From JSON values to arrays, a whole column at a time.

Terms:
    value: what a tensor is made of: a scalar, or lists of lists of scalars, all of one shape.
    column: values that become the rows of one array.

The fast way says only that a column is not regular. What is wrong with it, in TensorFlow
Serving's words, is then found by `checks`, value by value.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import ServingError, invalid_argument
from tfx_pipeline.serving.json.text import pretty

# Names of TensorFlow's data types, by number; 0 is none.
# fmt: off
_NAMES = (
    "invalid", "float", "double", "int32", "uint8", "int16", "int8", "string", "complex64",
    "int64", "bool", "qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16",
    "complex128", "half", "resource", "variant", "uint32", "uint64", "float8_e5m2",
    "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2fnuz", "int4", "uint4",
)
# fmt: on
STRING = 7
MOST_DIMENSIONS = 32  # of NumPy 1; TensorFlow has 254
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_JSON_TYPES = {
    type(None): "Null",
    dict: "Object",
    list: "Array",
    str: "String",
    int: "Number",
    float: "Number",
}


@dataclass(frozen=True)
class _Type:
    """What JSON a data type takes, and the array type of it.

    Attributes:
        array: NumPy's type.
        kinds: Python types of the scalars.
        wide: code, for `struct` and NumPy, of the type that takes the scalars.
        limits: of whole numbers, both included; none: those of `wide`.
    """

    array: Any
    kinds: frozenset[type]
    wide: str
    limits: tuple[int, int] | None = None


def _whole(array: Any, wide: str, limits: tuple[int, int] | None = None) -> _Type:
    return _Type(array, frozenset({int}), wide, limits)


_NUMBER = frozenset({int, float})
_INT32 = (-(2**31), 2**31 - 1)
_TYPES = {
    1: _Type(np.float32, _NUMBER, "f"),  # what is beyond it becomes infinite
    2: _Type(np.float64, _NUMBER, "d"),
    3: _whole(np.int32, "q", _INT32),
    # These three are checked as int32, and then lose their upper bits, as in TensorFlow Serving.
    4: _whole(np.uint8, "q", _INT32),
    5: _whole(np.int16, "q", _INT32),
    6: _whole(np.int8, "q", _INT32),
    STRING: _Type(object, frozenset({str, dict}), "O"),
    9: _whole(np.int64, "q"),
    10: _Type(np.bool_, frozenset({bool}), "?"),
    22: _whole(np.uint32, "q", (0, 2**32 - 1)),
    23: _whole(np.uint64, "Q"),
}


def stacked(column: Sequence[Any], dtype: int) -> Any | None:
    """Make one array of a column: `[len(column), …]`; none if it is not regular."""
    shape = [len(column)]
    while (kinds := _kinds(column)) == {list}:
        sizes = set(map(len, column))
        if len(sizes) > 1:
            return None
        shape.append(sizes.pop())
        column = list(chain.from_iterable(column))
    to = _TYPES.get(dtype)
    if to is None or not kinds <= to.kinds or len(shape) > MOST_DIMENSIONS:
        return None
    array = _array(column, kinds, to)
    return array if array is None or len(shape) == 1 else array.reshape(shape)


def stacked_one(value: Any, dtype: int) -> Any | None:
    """Make an array of a value; none if it is not regular."""
    array = stacked([value], dtype)
    return None if array is None else array.reshape(array.shape[1:])


def is_base64(value: Any) -> bool:
    """Tell whether it is an object that stands for bytes: `{"b64": "…"}`."""
    return type(value) is dict and len(value) == 1 and type(value.get("b64")) is str


def is_object(value: Any) -> bool:
    """Tell whether it is an object that holds members, and does not stand for bytes."""
    return type(value) is dict and not is_base64(value)


def decoded(value: dict[str, Any]) -> bytes:
    """Decode an object that stands for bytes; white space and missing `=` are allowed.

    Raises INVALID_ARGUMENT for one that does not, and for what is no base64.
    """
    if not is_base64(value):
        raise invalid_argument(
            f"JSON Value: {pretty(value)} not formatted correctly for base64 data"
        )
    text = encoded(value["b64"]).translate(None, b" \t\n\v\f\r")
    digits = text.rstrip(b"=.")
    missing = -len(digits) % 4
    if missing == 3 or len(text) - len(digits) not in (0, missing) or not _BASE64.fullmatch(digits):
        raise invalid_argument("Unable to base64 decode")
    return binascii.a2b_base64(digits + b"=" * missing)


def encoded(text: str) -> bytes:
    """Return the bytes that a string of a document stands for."""
    return text.encode("utf-8", "surrogateescape")


def _kinds(column: Sequence[Any]) -> set[type]:
    kinds = list(map(type, column))
    if kinds and kinds.count(kinds[0]) == len(kinds):  # faster than a set of them
        return {kinds[0]}
    return set(kinds)


def _array(scalars: Sequence[Any], kinds: set[type], to: _Type) -> Any | None:
    if to.array is object:
        return _strings(scalars, kinds)
    wide = np.empty(len(scalars), to.wide)
    try:
        # Takes a third of the time of np.array.
        struct.pack_into(f"{len(scalars)}{to.wide}", wide, 0, *scalars)
    except (struct.error, OverflowError):
        return None
    if to.limits and len(wide) and not to.limits[0] <= wide.min() <= wide.max() <= to.limits[1]:
        return None
    return wide.astype(to.array, copy=False)


def _strings(scalars: Sequence[Any], kinds: set[type]) -> Any | None:
    try:
        if dict in kinds:
            texts = [decoded(each) if type(each) is dict else encoded(each) for each in scalars]
        else:
            texts = list(map(str.encode, scalars))
    except UnicodeEncodeError:
        texts = list(map(encoded, scalars))
    except ServingError:
        return None
    return np.array(texts, object)


def is_expressible(dtype: int) -> bool:
    """Tell whether JSON can express a data type, as far as TensorFlow Serving goes."""
    return dtype in _TYPES


def type_name(dtype: int) -> str:
    """Name a data type as TensorFlow does."""
    return _NAMES[dtype] if 0 <= dtype < len(_NAMES) else f"unknown dtype enum ({dtype})"


def json_type(value: Any) -> str:
    """Name the JSON type of a value, as RapidJSON does."""
    return str(value) if type(value) is bool else _JSON_TYPES[type(value)]
