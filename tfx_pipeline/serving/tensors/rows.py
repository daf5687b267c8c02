"""Requests of Predict whose tensors stay bytes until a batch makes arrays of them.

Terms:
    entry: an input in a serialized `PredictRequest`: its alias, then its tensor.
    opening: the bytes of an entry before its value: lengths, alias, dtype, shape, tag. A model's
        requests repeat a few of them: what each means is remembered.
    value: what follows, as in memory: numbers of one size, one after the other, or one string.
    layout: aliases, dtypes and shapes of a request's inputs. Few requests of a model differ in it.

On 14 inputs of one value, reading takes 12 µs a request so, and making the arrays another 1.5 in a
batch of 64; protobuf's maps and an array for each take 120.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from tfx_pipeline.serving.tensors.protos import (
    CONTENT_TAG,
    RAW_TAGS,
    SINGLE_TAGS,
    STRING,
    TYPES,
    decode,
)
from tfx_pipeline.serving.tensors.wire import message_class
from tfx_pipeline.serving.types import Signature

_ENTRY_TAG = 0x12
_DTYPE_TAG, _SHAPE_TAG = 0x08, 0x12
_LONG = 0x80  # lengths from here on take more than one byte
_REMEMBERED = 4096  # of things that take less than 2 kB each
_MOST_LAYOUTS = 128
_MOST_FIELDS = 256
# Wire types of a tag: how the length of the value is known.
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_FIXED_BYTES = {_FIXED64: 8, _FIXED32: 4}
# Some clients write a sole value of a repeated field without a length before it.
_LONE_RAW_TAGS = {1: 0x2D, 2: 0x31}  # of float_val and double_val
_LONE_TAGS = {3: 0x38, 9: 0x50, 10: 0x58}  # of int_val, int64_val and bool_val
_MOST_VARINT = 9  # place of the last byte


class _Field:
    """An input: what its value means. Equal ones are the same object."""

    def __init__(self, alias: str, dtype: Any, shape: tuple[int, ...]) -> None:
        self.alias = alias
        self.dtype = dtype
        self.shape = shape
        self.row_bytes = math.prod(shape[1:]) * dtype.itemsize if shape else 0

    def array(self, values: Sequence[Any], rows: int) -> Any:
        """Put values after one another: `[rows, …]`; without a first axis there is one value."""
        shape = (rows, *self.shape[1:]) if self.shape else ()
        if self.dtype == object:
            array = np.empty(len(values), object)
            array[:] = values
            return array.reshape(shape)
        return np.frombuffer(b"".join(values), self.dtype).reshape(shape)


class _Opening:
    """What an opening says.

    Attributes:
        field: of the value.
        size: of the value in bytes; 0: it ends where the entry does.
        raw: makes a value as in memory of the one that was sent; none: it is one.
    """

    __slots__ = ("field", "raw", "size")

    def __init__(
        self, field: _Field, size: int, raw: Callable[[bytes], bytes | None] | None
    ) -> None:
        self.field = field
        self.size = size
        self.raw = raw


class Layout:
    """The inputs of a request, in the order of their aliases.

    Attributes:
        aliases: of the inputs.
        fields: what each is.
        rows: of all of them; none: they have no first axis in common.
        kind: data types and shapes, first axis apart; requests of one kind share batches.
        sort: brings values from the order of the request into that of the aliases.
    """

    def __init__(self, fields: tuple[_Field, ...]) -> None:
        order = sorted(range(len(fields)), key=lambda each: fields[each].alias)
        self.fields = tuple(fields[each] for each in order)
        self.aliases = tuple(field.alias for field in self.fields)
        sizes = {field.shape[0] if field.shape else None for field in fields}
        self.rows = sizes.pop() if len(sizes) == 1 else None
        self.kind = tuple((field.dtype, field.shape[1:]) for field in self.fields)
        self.sort: Callable[[Sequence[Any]], tuple[Any, ...]] = (
            itemgetter(*order) if len(order) > 1 else tuple
        )


class TensorRows:
    """The inputs of a request.

    Attributes:
        layout: of the inputs.
        values: of each, in the order of the layout.
        signature: what they are for, once that is known.
        count: rows.
    """

    __slots__ = ("count", "layout", "signature", "values")

    def __init__(self, layout: Layout, values: Sequence[Any], count: int) -> None:
        self.layout = layout
        self.values = values
        self.count = count
        self.signature: Signature | None = None

    @property
    def kind(self) -> Any:
        """What must be equal for requests to share a batch."""
        return self.layout.kind

    def fits(self, signature: Signature) -> bool:
        """Tell whether these are rows for all inputs of a signature."""
        return self.layout.rows is not None and self.layout.aliases == signature.sorted_inputs

    def part(self, start: int, stop: int) -> TensorRows:
        """Take the rows from `start` to before `stop`; a request with strings has but one."""
        values = [
            value
            if field.dtype == object
            else value[start * field.row_bytes : stop * field.row_bytes]
            for field, value in zip(self.layout.fields, self.values, strict=True)
        ]
        part = TensorRows(self.layout, values, stop - start)
        part.signature = self.signature
        return part

    def by_alias(self) -> dict[str, Any]:
        """Make the arrays, by alias."""
        return {
            field.alias: field.array((value,), field.shape[0] if field.shape else 1)
            for field, value in zip(self.layout.fields, self.values, strict=True)
        }

    def arrays(self) -> dict[str, Any]:
        """Make the arrays, by tensor name."""
        return self.merged([self], 0)

    @staticmethod
    def merged(parts: Sequence[TensorRows], padding: int) -> dict[str, Any]:
        """Make one array for each input of the rows of all parts, filled up by real rows.

        Args:
            parts: of one kind.
            padding: rows to add, each the first one of the last part.
        """
        first = parts[0]
        assert first.signature is not None
        if padding:
            parts = [*parts, *[parts[-1].part(0, 1)] * padding]
        rows = sum([part.count for part in parts])
        inputs = first.signature.inputs
        columns = zip(*[part.values for part in parts], strict=True)
        return {
            inputs[field.alias].name: field.array(column, rows)
            for field, column in zip(first.layout.fields, columns, strict=True)
        }


def read_entry(body: bytes, position: int, fields: list[_Field], values: list[Any]) -> int:
    """Read an entry with a value of the usual kinds, and add it to the lists.

    Returns:
        Where the entry ends; 0 if it is not of the usual kinds.

    Raises:
        IndexError: it ends too early.
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


_LAYOUTS: dict[tuple[_Field, ...], Layout] = {}


def known_layout(fields: tuple[_Field, ...]) -> Layout | None:
    """Return the layout of these fields; none if an alias is there twice."""
    layout = _LAYOUTS.get(fields)
    if layout is None:
        layout = Layout(fields)
        if len(set(layout.aliases)) != len(fields):
            return None
        # Callers choose how many fields there are: what is remembered must not grow with them.
        if len(_LAYOUTS) >= _MOST_LAYOUTS:
            _LAYOUTS.clear()
        if len(fields) <= _MOST_FIELDS:
            _LAYOUTS[fields] = layout
    return layout


@functools.lru_cache(_REMEMBERED)
def _known_field(alias: str, dtype: Any, shape: tuple[int, ...]) -> _Field:
    return _Field(alias, dtype, shape)


@functools.lru_cache(_REMEMBERED)
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
    value = bytes([_LONG] * (size - 1) + [0]) if is_varint else bytes(max(size, 0))
    found = _sole_input(data + value)
    if found is None or size >= _LONG or number not in (STRING, *TYPES):
        return None
    alias, array = found
    is_raw = data[tag] in (CONTENT_TAG, RAW_TAGS.get(number), _LONE_RAW_TAGS.get(number))
    if number != STRING and is_raw and size == array.nbytes > 0:
        return _Opening(_known_field(alias, array.dtype, array.shape), size, None)
    if array.size == 1 and (is_varint or (number == STRING and data[tag] == SINGLE_TAGS[STRING])):
        raw = functools.partial(_known_varint, array.dtype) if is_varint else None
        return _Opening(_known_field(alias, array.dtype, array.shape), size, raw)
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
    head = (_ENTRY_TAG, len(entry) - 2, 0x0A, len(name), *name, 0x12, len(tensor))
    return (alias, array) if max(head) < 256 and entry == bytes(head) + tensor else None


@functools.lru_cache(_REMEMBERED)
def _known_varint(dtype: Any, data: bytes) -> bytes | None:
    """Make the number of a varint as it is in memory; none if it is not one varint."""
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << 7 * place
        if (byte < _LONG) != (place == len(data) - 1) or place > _MOST_VARINT:
            return None
    if dtype.kind == "b":
        return bytes((value != 0,))
    return (value & (1 << 8 * dtype.itemsize) - 1).to_bytes(dtype.itemsize, "little")
