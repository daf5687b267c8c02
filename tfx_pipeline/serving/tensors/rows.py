"""Requests of Predict whose tensors stay bytes until a batch makes arrays of them.

Terms:
    value: of an input as in memory: numbers of one size, one after the other, or one string.
    layout: aliases, dtypes and shapes of a request's inputs. Few requests of a model differ in it.

On 14 inputs of one value, reading (see `entries`) takes 12 µs a request so, and making the arrays
another 1.5 in a batch of 64; protobuf's maps and an array for each take 120.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Hashable, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from tfx_pipeline.serving.types import RequestRows, Signature

_MOST_REMEMBERED = 4096  # fields, which take less than 2 kB each
_MOST_LAYOUTS = 128
_MOST_FIELDS = 256


class Field:
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


@functools.lru_cache(_MOST_REMEMBERED)
def known_field(alias: str, dtype: Any, shape: tuple[int, ...]) -> Field:
    """Return the field of such an input."""
    return Field(alias, dtype, shape)


class Layout:
    """The inputs of a request, in the order of their aliases.

    Attributes:
        rows: of all of them; none: they have no first axis in common.
        kind: data types and shapes, first axis apart; requests of one kind share batches.
        sort: brings values from the order of the request into that of the aliases.
    """

    def __init__(self, fields: tuple[Field, ...]) -> None:
        order = sorted(range(len(fields)), key=lambda each: fields[each].alias)
        self.fields = tuple(fields[each] for each in order)
        self.aliases = tuple(field.alias for field in self.fields)
        sizes = {field.shape[0] if field.shape else None for field in fields}
        self.rows = sizes.pop() if len(sizes) == 1 else None
        self.kind = tuple((field.dtype, field.shape[1:]) for field in self.fields)
        self.sort: Callable[[Sequence[Any]], tuple[Any, ...]] = (
            itemgetter(*order) if len(order) > 1 else tuple
        )


class TensorRows(RequestRows):
    """The inputs of a request: the value of each, in the order of the layout."""

    __slots__ = ("count", "layout", "signature", "values")

    def __init__(self, layout: Layout, values: Sequence[Any], count: int) -> None:
        self.layout = layout
        self.values = values
        self.count = count
        self.signature: Signature | None = None

    @property
    def kind(self) -> Hashable:
        """See `RequestRows`."""
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
        """See `RequestRows`."""
        return self.merged([self], 0)

    @staticmethod
    def merged(parts: Sequence[TensorRows], padding: int) -> dict[str, Any]:
        """See `RequestRows`."""
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


_LAYOUTS: dict[tuple[Field, ...], Layout] = {}


def known_layout(fields: tuple[Field, ...]) -> Layout | None:
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
