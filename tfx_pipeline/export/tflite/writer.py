"""The operations that models are written with, on tensors whose shapes are kept track of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfx_pipeline.export.tflite.graph import ROWS, Graph, Quantization, Tensor

_OPTIONS = {
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "DIV": "DivOptions",
}
_COMPARISONS = ("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL")


class Writer(Graph):
    """Writes operations. Where a tensor is taken, so is what NumPy makes an array of."""

    def two(self, operation: str, left: Tensor | Any, right: Tensor | Any) -> Tensor:
        """Compute or compare two tensors, of which one may be a constant; shapes as in NumPy."""
        dtype = left.dtype if isinstance(left, Tensor) else right.dtype
        pair = [x if isinstance(x, Tensor) else self.constant(x, dtype) for x in (left, right)]
        shape = _broadcast(*(each.shape for each in pair))
        result = "bool" if operation in _COMPARISONS else dtype
        return self.add(operation, pair, result, shape, _OPTIONS.get(operation))

    def one(self, operation: str, values: Tensor, options: str | None = None, **to: Any) -> Tensor:
        """Apply an operation to each element."""
        return self.add(operation, [values], values.dtype, values.shape, options, **to)

    def where(self, condition: Tensor, right: Tensor | Any, wrong: Tensor | Any) -> Tensor:
        """Choose elements."""
        dtype = right.dtype if isinstance(right, Tensor) else wrong.dtype
        pair = [x if isinstance(x, Tensor) else self.constant(x, dtype) for x in (right, wrong)]
        shape = _broadcast(condition.shape, *(each.shape for each in pair))
        return self.add("SELECT_V2", [condition, *pair], dtype, shape)

    def cast(self, values: Tensor, dtype: str) -> Tensor:
        """Convert numbers."""
        if values.dtype == dtype:
            return values
        return self.add("CAST", [values], dtype, values.shape)

    def bits(self, values: Tensor, dtype: str) -> Tensor:
        """Take the bits of numbers for those of another type of the same size."""
        return self.add("BITCAST", [values], dtype, values.shape)

    def reshape(self, values: Tensor, shape: Sequence[int]) -> Tensor:
        """Give another shape, of which one size may be -1, that of the rows."""
        if values.shape == tuple(shape):
            return values
        to = self.constant(np.array(shape), np.int32)
        return self.add(
            "RESHAPE", [values, to], values.dtype, shape, "ReshapeOptions", newShape=list(shape)
        )

    def side_by_side(self, columns: Sequence[Tensor]) -> Tensor:
        """Make a matrix of columns `[rows]`."""
        if len(columns) == 1:
            return self.reshape(columns[0], (ROWS, 1))
        count = len(columns)
        return self.add(
            "PACK", columns, columns[0].dtype, (ROWS, count), "PackOptions",
            axis=1, valuesCount=count,
        )  # fmt: skip

    def part(self, matrix: Tensor, place: int, parts: int) -> Tensor:
        """Take one of so many parts of a matrix `[rows, width]`, all as wide."""
        width = matrix.shape[1] // parts
        begin = self.constant(np.array([0, place * width]), np.int32)
        size = self.constant(np.array([ROWS, width]), np.int32)
        return self.add("SLICE", [matrix, begin, size], matrix.dtype, (ROWS, width), "SliceOptions")

    def joined(self, matrices: Sequence[Tensor]) -> Tensor:
        """Put matrices `[rows, …]` side by side."""
        if len(matrices) == 1:
            return matrices[0]
        shape = (ROWS, sum(each.shape[1] for each in matrices))
        return self.add(
            "CONCATENATION", matrices, matrices[0].dtype, shape, "ConcatenationOptions", axis=1
        )

    def taken(self, matrix: Tensor, columns: Sequence[int]) -> Tensor:
        """Take some columns of a matrix."""
        if list(columns) == list(range(matrix.shape[1])):
            return matrix
        places = self.constant(np.asarray(columns), np.int32)
        return self.gathered(matrix, places, axis=1)

    def gathered(
        self, values: Tensor | Any, places: Tensor, axis: int = 0, batch_axes: int = 0
    ) -> Tensor:
        """Take what stands at places along an axis; `values` is a tensor or an array."""
        values = values if isinstance(values, Tensor) else self.constant(values, values.dtype)
        shape = (*values.shape[:axis], *places.shape[batch_axes:], *values.shape[axis + 1 :])
        return self.add(
            "GATHER", [values, places], values.dtype, shape, "GatherOptions",
            axis=axis, batchDims=batch_axes,
        )  # fmt: skip

    def summed(self, values: Tensor, axis: int) -> Tensor:
        """Add up along an axis."""
        axes = self.constant(np.array([axis]), np.int32)
        shape = tuple(size for place, size in enumerate(values.shape) if place != axis)
        return self.add(
            "SUM", [values, axes], values.dtype, shape, "ReducerOptions", keepDims=False
        )

    def product(
        self,
        values: Tensor,
        kernel: Tensor,
        bias: Tensor | None,
        quantization: Quantization | None = None,
        **to: Any,
    ) -> Tensor:
        """Compute values @ kernel + bias; `kernel` is `[units, inputs]`, as TFLite has it."""
        inputs = [values, kernel] if bias is None else [values, kernel, bias]
        return self.add(
            "FULLY_CONNECTED",
            inputs,
            values.dtype,
            (ROWS, kernel.shape[0]),
            "FullyConnectedOptions",
            quantization,
            **to,
        )

    def clipped(self, values: Tensor, low: Any, high: Any) -> Tensor:
        """Let no number be below or above."""
        return self.two("MINIMUM", self.two("MAXIMUM", values, low), high)

    def repeated(self, row: Any) -> Tensor:
        """Give the same row `[width]` of float32 to all rows."""
        first = next(iter(self.inputs.values()))
        count = self.add("SHAPE", [first], "int32", (1,), "ShapeOptions", outType=2)
        zero = self.constant(np.zeros(()), np.float32)
        zeros = self.add("FILL", [count, zero], "float32", (ROWS,), "FillOptions")
        return self.two("ADD", self.reshape(zeros, (ROWS, 1)), np.asarray(row)[np.newaxis])


def _broadcast(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(next((x for x in sizes if x != 1), 1) for sizes in zip(*padded, strict=True))
