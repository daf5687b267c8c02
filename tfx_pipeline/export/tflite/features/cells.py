"""Inputs, and their cells as matrices: a thousand columns are then a few operations.

Terms:
    bits: of a float64, as an int64: below 0 where it is negative. Those of finite numbers are at
        most `_LARGEST_BITS`, or, negative, at most `_LEAST_BITS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import STRING, Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import AMBIGUOUS, LARGEST_WHOLE, Column
from tfx_pipeline.modules.features.missing_marks import read_marks

_INPUTS = {"float32": "float32", "int64": "float64", "string": STRING}
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_LARGEST_BITS = int(np.float64(np.finfo(np.float64).max).view(np.int64))
_LEAST_BITS = int(np.float64(np.finfo(np.float64).min).view(np.int64))
_ONE_EXPONENT = 1 << 52  # added to the bits of a number it doubles it
_END = int(LARGEST_WHOLE)


@dataclass(frozen=True)
class Numbers:
    """Columns of numbers of one type, side by side.

    Attributes:
        places: of each column, by name.
        values: `[rows, columns]` float32, or int64 of whole numbers; 0 where missing.
        missing: `[rows, columns] bool`.
    """

    places: dict[str, int]
    values: Tensor
    missing: Tensor


class Cells:
    """The cells of all columns."""

    def __init__(self, writer: Writer, columns: Sequence[Column]) -> None:
        """Add an input for each column."""
        self._writer = writer
        self.columns = {column.name: column for column in columns}
        self.inputs = {x.name: writer.input(x.name, _INPUTS[x.type]) for x in columns}
        self._made: dict[str, Numbers] = {}

    def numbers(self, kind: str) -> Numbers:
        """Read all columns of float32 or int64; there is one at least."""
        if kind not in self._made:
            columns = [x for x in self.columns.values() if x.type == kind]
            make = self._fractions if kind == "float32" else self._whole_numbers
            values, missing = make(columns)
            places = {column.name: place for place, column in enumerate(columns)}
            values = self._writer.where(missing, np.zeros(()), values)
            self._made[kind] = Numbers(places, values, missing)
        return self._made[kind]

    def _fractions(self, columns: Sequence[Column]) -> tuple[Tensor, Tensor]:
        writer = self._writer
        values = writer.side_by_side([self.inputs[x.name] for x in columns])
        size = writer.one("ABS", values)
        finite = writer.two("LESS_EQUAL", size, np.array(_FLOAT32_MAX))  # of NaN nothing is true
        missing = writer.one("LOGICAL_NOT", finite)
        marks = [np.array(read_marks(x.marks).held, np.float32) for x in columns]
        return values, self._or_marked(values, missing, marks, np.nan)

    def _whole_numbers(self, columns: Sequence[Column]) -> tuple[Tensor, Tensor]:
        """Round to the nearest whole number, half to even; see `description.columns`."""
        writer = self._writer
        inputs = [writer.bits(self.inputs[x.name], "int64") for x in columns]
        bits = writer.side_by_side(inputs)
        is_negative = writer.two("LESS", bits, np.zeros(()))
        last = writer.where(is_negative, self._int64(_LEAST_BITS), self._int64(_LARGEST_BITS))
        missing = writer.two("GREATER", bits, last)
        bits = writer.where(missing, self._int64(0), bits)
        whole, is_whole = self._rounded(bits)
        # What is beyond int64 has no defined cast: it is put in its place by its bits.
        end = int(np.float64(_END).view(np.int64))
        ends = writer.where(is_negative, self._int64(-_END), self._int64(_END))
        lasts = writer.where(
            is_negative, self._int64(int(np.float64(-_END).view(np.int64))), self._int64(end)
        )
        is_far = writer.two("GREATER", bits, lasts)
        whole = writer.where(is_far, ends, whole)
        names = np.array([column.is_name for column in columns])
        if names.any():
            low = writer.two("GREATER", whole, np.array(-AMBIGUOUS))
            high = writer.two("LESS", whole, np.array(AMBIGUOUS))
            known = writer.two("LOGICAL_AND", writer.two("LOGICAL_AND", low, high), is_whole)
            known = writer.two("LOGICAL_OR", known, ~names[np.newaxis])
            whole = writer.where(known, whole, self._int64(2**63 - 1))
        marks = [np.array(read_marks(x.marks).whole, np.int64) for x in columns]
        return whole, self._or_marked(whole, missing, marks, None)

    def _rounded(self, bits: Tensor) -> tuple[Tensor, Tensor]:
        """Give whole numbers, and which numbers were whole; beyond int64 both are undefined.

        The kernel cuts fractions off, so the double of a number says whether it has a half, and
        whether there is more to it.
        """
        writer = self._writer
        cut = writer.cast(writer.bits(bits, "float64"), "int64")
        is_whole = writer.two("EQUAL", writer.bits(writer.cast(cut, "float64"), "int64"), bits)
        zero = writer.two("EQUAL", bits, np.array(-(2**63)))  # -0.0
        is_whole = writer.two("LOGICAL_OR", is_whole, zero)
        doubled = writer.two("ADD", bits, np.array(_ONE_EXPONENT))
        double = writer.cast(writer.bits(doubled, "float64"), "int64")
        half = writer.two("SUB", double, writer.two("ADD", cut, cut))  # 1, 0 or -1
        again = writer.bits(writer.cast(double, "float64"), "int64")
        is_half = writer.two("EQUAL", again, doubled)
        is_even = writer.two("EQUAL", self._parity(cut), np.zeros(()))
        stays = writer.two("LOGICAL_OR", is_whole, writer.two("LOGICAL_AND", is_half, is_even))
        return writer.two("ADD", cut, writer.where(stays, np.zeros(()), half)), is_whole

    def _parity(self, whole: Tensor) -> Tensor:
        return self._writer.two("FLOOR_MOD", whole, np.array(2))

    def _or_marked(
        self,
        values: Tensor,
        missing: Tensor,
        marks: Sequence[NDArray[np.generic]],
        none: float | None,
    ) -> Tensor:
        """Let marks be missing too; a column with fewer has `none`, or its first, in their place.

        Without any, whole numbers have the least, which is none of theirs.
        """
        writer = self._writer
        for place in range(max(map(len, marks), default=0)):
            least = np.iinfo(np.int64).min if none is None else none
            found = [x[place] if place < len(x) else least for x in marks]
            is_mark = writer.two("EQUAL", values, np.array([found]))
            missing = writer.two("LOGICAL_OR", missing, is_mark)
        return missing

    def _int64(self, value: int) -> Tensor:
        return self._writer.constant(np.array(value), np.int64)
