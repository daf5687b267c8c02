"""Serialized `TensorProto`s to arrays, as TensorFlow's `Tensor::FromProto` reads them.

Terms:
    header: the first bytes of a serialized tensor: dtype, shape, and the tag of what follows. The
        tensors of a model's requests have few different ones: what each means is remembered.
    raw: values one after the other as in memory: `tensor_content`, and the packed `float_val` and
        `double_val`.
    shorthand: fewer values than the shape asks for: the last one is repeated; none: all are 0.
"""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

import numpy as np

STRING, HALF = 7, 19
# DType -> type of the array, field of its values, type of these there.
TYPES = {
    1: ("float32", "float_val", "float32"),
    2: ("float64", "double_val", "float64"),
    3: ("int32", "int_val", "int32"),
    4: ("uint8", "int_val", "int32"),
    5: ("int16", "int_val", "int32"),
    6: ("int8", "int_val", "int32"),
    8: ("complex64", "scomplex_val", "float32"),
    9: ("int64", "int64_val", "int64"),
    10: ("bool", "bool_val", "bool"),
    17: ("uint16", "int_val", "int32"),
    18: ("complex128", "dcomplex_val", "float64"),
    HALF: ("float16", "half_val", "int32"),
    22: ("uint32", "uint32_val", "uint32"),
    23: ("uint64", "uint64_val", "uint64"),
}
CONTENT_TAG = 0x22
RAW_TAGS = {1: 0x2A, 2: 0x32}  # of float_val and double_val, packed
SINGLE_TAGS = {3: 0x3A, 9: 0x52, 10: 0x5A, STRING: 0x42}  # of int_val, int64_val and so on
_MAX_RANK = 32  # of NumPy 1
_MAX_EXPANDED_BYTES = 2**28  # by the shorthand, with which a few bytes could ask for any size
REMEMBERED = 4096  # of things that take less than 1 kB each


class Header(NamedTuple):
    """What a header announces: raw values of so many bytes, or, if that is 0, one value."""

    dtype: Any
    shape: tuple[int, ...]
    raw_bytes: int


def decode(data: bytes) -> Any:
    """Make the array of a serialized `TensorProto`; strings are an object array of `bytes`.

    The array may be read-only, and not aligned: a view of `data`. ValueError: it is no tensor: the
    shape, the type or the number of the values.
    """
    if len(data) > 5:
        end = data[3] + 5
        header = _known_header(data[:end]) if len(data) > end else None
        if header is not None:
            length, start = data[end], end + 1
            if length >= 0x80:
                length, start = _varint(data, end)
            if start + length == len(data):
                if length == header.raw_bytes != 0:
                    return np.ndarray(header.shape, header.dtype, data, start)
                if header.raw_bytes == 0:
                    return _single(header, data, start)
    return _decode_message(data)


@functools.lru_cache(REMEMBERED)
def _known_header(data: bytes) -> Header | None:
    """Read a header; none where the bytes are none, or where its values need protobuf's parser."""
    if data[0] != 0x08 or data[1] >= 0x80 or data[2] != 0x12 or data[3] != len(data) - 5:
        return None
    number, tag = data[1], data[-1]
    try:
        shape = _shape_of(_message(data[:-1]))
    except ValueError:
        return None
    count = math.prod(shape)
    if count == 1 and tag == SINGLE_TAGS.get(number):
        return Header(np.dtype(TYPES[number][0] if number in TYPES else object), shape, 0)
    if count and number in TYPES and tag in (CONTENT_TAG, RAW_TAGS.get(number)):
        dtype = np.dtype(TYPES[number][0])
        return Header(dtype, shape, count * dtype.itemsize)
    return None


def _single(header: Header, data: bytes, start: int) -> Any:
    array = np.empty(header.shape, header.dtype)
    if header.dtype == object:
        array.fill(data[start:])
        return array
    value, end = _varint(data, start)
    if end != len(data):
        return _decode_message(data)
    bits = 8 * header.dtype.itemsize
    value &= (1 << bits) - 1
    array.fill(value - (1 << bits) if value >> (bits - 1) else value)
    return array


def _decode_message(data: bytes) -> Any:
    proto = _message(data)
    shape = _shape_of(proto)
    count = math.prod(shape)
    if proto.dtype == STRING:
        values = _string_list(proto.tensor_content, count) if proto.tensor_content else None
        return _filled(_objects(proto.string_val if values is None else values), count, shape)
    if proto.dtype not in TYPES:
        return _decode_rare(proto, count)
    name, field, stored = TYPES[proto.dtype]
    dtype = np.dtype(name)
    if proto.tensor_content:
        return np.frombuffer(proto.tensor_content, dtype).reshape(shape)
    values = np.fromiter(getattr(proto, field), stored)
    if proto.dtype == HALF:
        values = values.astype("uint16").view(dtype)
    elif dtype.kind == "c":
        values = values[: len(values) // 2 * 2].view(dtype)
    return _filled(values.astype(dtype, copy=False), count, shape)


def _message(data: bytes) -> Any:
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import tensor_pb2

    try:
        return tensor_pb2.TensorProto.FromString(data)
    except DecodeError as error:
        raise ValueError(str(error)) from error


def _shape_of(proto: Any) -> tuple[int, ...]:
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if len(shape) > _MAX_RANK or any(size < 0 for size in shape) or math.prod(shape) >= 2**63:
        raise ValueError(f"shape {shape}")
    return shape


def _filled(values: Any, count: int, shape: tuple[int, ...]) -> Any:
    """Take `count` values, by the shorthand if there are less."""
    if len(values) < count:
        if count * values.dtype.itemsize > _MAX_EXPANDED_BYTES:
            raise ValueError(f"{len(values)} values for {count}")
        empty = b"" if values.dtype == object else 0
        last = values[-1] if len(values) else empty
        expanded = np.full(count, last, values.dtype)
        expanded[: len(values)] = values
        values = expanded
    return values[:count].reshape(shape)


def _objects(strings: Any) -> Any:
    array = np.empty(len(strings), object)
    array[:] = list(strings)
    return array


def _string_list(content: bytes, count: int) -> list[bytes]:
    """Split `tensor_content` of strings: all lengths, then all bytes."""
    if count > len(content):
        raise ValueError("lengths are missing")
    lengths, position = [], 0
    for _ in range(count):
        length, position = _varint(content, position)
        lengths.append(length)
    if position + sum(lengths) != len(content):
        raise ValueError("lengths that are not those of the strings")
    strings = []
    for length in lengths:
        strings.append(content[position : position + length])
        position += length
    return strings


def _decode_rare(proto: Any, count: int) -> Any:
    """Decode bfloat16, quantized types and those of 4 and 8 bits."""
    import tensorflow as tf

    if not proto.tensor_content and count > _MAX_EXPANDED_BYTES // 8:
        raise ValueError(f"shorthand for {count} values")
    try:
        return tf.make_ndarray(proto)
    except (TypeError, KeyError) as error:  # a type that has no values, or is none
        raise ValueError(str(error)) from error


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Read a number; return it and where it ends."""
    value = shift = 0
    while position < len(data) and shift < 64:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a length that does not end")
