"""Reading the inputs of a Predict request that are small tensors, without message objects.

Terms:
    entry: an input in a serialized `PredictRequest`: its alias, then its tensor.
    opening: the bytes of an entry before its value: lengths, alias, dtype, shape, tag. A model's
        requests repeat a few of them: what each means is remembered.
    value: what follows; see `rows`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from tfx_pipeline.serving.tensors.reading import (
    CONTENT_TAG,
    RAW_TAGS,
    SINGLE_TAGS,
    STRING,
    TYPES,
    decode,
)
from tfx_pipeline.serving.tensors.rows import Field, known_field
from tfx_pipeline.serving.tensors.wire import message_class

ENTRY_TAG = 0x12
LONG = 0x80
"""Lengths from here on take more than one byte."""
_DTYPE_TAG, _SHAPE_TAG = 0x08, 0x12
_MOST_REMEMBERED = 4096  # of things that take less than 2 kB each
# Wire types of a tag: how the length of the value is known.
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
# Some clients write a sole value of a repeated field without a length before it.
_LONE_RAW_TAGS = {1: 0x2D, 2: 0x31}  # of float_val and double_val
_LONE_TAGS = {3: 0x38, 9: 0x50, 10: 0x58}  # of int_val, int64_val and bool_val
_MOST_VARINT = 9  # place of the last byte


@dataclass(eq=False, slots=True)
class _Opening:
    """What an opening says.

    Attributes:
        field: of the value.
        size: of the value in bytes; 0: it ends where the entry does.
        raw: makes a value as in memory of the one that was sent; none: it is one.
    """

    field: Field
    size: int
    raw: Callable[[bytes], bytes | None] | None


def read_entry(body: bytes, position: int, fields: list[Field], values: list[Any]) -> int:
    """Read an entry with a value of the usual kinds, and add it to the lists.

    Returns where it ends, 0 if it is not of the usual kinds; IndexError: it ends too early.
    """
    tensor = position + 6 + body[position + 3]
    tag = tensor + 4 + body[tensor + 3]
    start = tag + (2 if body[tag] & 7 == _LENGTH else 1)
    opening = _known_opening(body[position:start])
    if opening is None:
        return 0
    end = start + opening.size if opening.size else position + 2 + body[position + 1]
    value = body[start:end]
    if opening.raw is not None:
        raw = opening.raw(value)
        if raw is None:
            return 0
        value = raw
    fields.append(opening.field)
    values.append(value)
    return end


@functools.lru_cache(_MOST_REMEMBERED)
def _known_opening(data: bytes) -> _Opening | None:
    """Read an opening; none where it is none, or the value is not of the usual kinds.

    Protobuf itself says what the entry is, with a value of zeros.

    Raises:
        IndexError: it ends too early.
    """
    tensor = 6 + data[3]
    tag = tensor + 4 + data[tensor + 3]
    if (data[tensor], data[tensor + 2]) != (_DTYPE_TAG, _SHAPE_TAG):
        return None  # where a tag is there twice, the last one counts
    number, kind = data[tensor + 1], data[tag] & 7
    to_the_end = data[1] + 2 - len(data)
    size = data[tag + 1] if kind == _LENGTH else _FIXED_BYTES.get(kind, to_the_end)
    is_varint = data[tag] in (_LONE_TAGS.get(number), SINGLE_TAGS.get(number)) and number != STRING
    if is_varint and size < 1:
        return None
    value = bytes([LONG] * (size - 1) + [0]) if is_varint else bytes(max(size, 0))
    found = _sole_input(data + value)
    if found is None or size >= LONG or number not in (STRING, *TYPES):
        return None
    alias, array = found
    is_raw = data[tag] in (CONTENT_TAG, RAW_TAGS.get(number), _LONE_RAW_TAGS.get(number))
    if number != STRING and is_raw and size == array.nbytes > 0:
        return _Opening(known_field(alias, array.dtype, array.shape), size, None)
    if array.size == 1 and (is_varint or (number == STRING and data[tag] == SINGLE_TAGS[STRING])):
        raw = functools.partial(_known_varint, array.dtype) if is_varint else None
        return _Opening(known_field(alias, array.dtype, array.shape), size, raw)
    return None


def _sole_input(entry: bytes) -> tuple[str, Any] | None:
    """Read an entry by protobuf; none unless it is written as protobuf writes a small one."""
    try:
        inputs = dict(message_class("PredictRequest").FromString(entry).inputs)
        [(alias, tensor)] = inputs.items()
        array = decode(tensor)
    except (DecodeError, ValueError):
        return None
    name = alias.encode()
    head = (ENTRY_TAG, len(entry) - 2, 0x0A, len(name), *name, 0x12, len(tensor))
    return (alias, array) if max(head) < 256 and entry == bytes(head) + tensor else None


@functools.lru_cache(_MOST_REMEMBERED)
def _known_varint(dtype: Any, data: bytes) -> bytes | None:
    """Make the number of a varint as it is in memory; none if it is not one varint."""
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        if (byte < LONG) != (place == len(data) - 1) or place > _MOST_VARINT:
            return None
    if dtype.kind == "b":
        return bytes((value != 0,))
    return (value & (1 << 8 * dtype.itemsize) - 1).to_bytes(dtype.itemsize, "little")
