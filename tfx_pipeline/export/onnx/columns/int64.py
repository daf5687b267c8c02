"""Whole numbers of a graph that are reckoned with as NumPy's are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph


@dataclass(frozen=True)
class Int64:
    """A value of int64, or of bool where it was compared; beside it stand others and integers."""

    graph: Graph
    value: str

    def __add__(self, other: Int64 | int) -> Int64:
        return self._with("Add", other)

    def __radd__(self, other: int) -> Int64:
        return self._with("Add", other)

    def __sub__(self, other: Int64 | int) -> Int64:
        return self._with("Sub", other)

    def __rsub__(self, other: int) -> Int64:
        return Int64(self.graph, self.graph.add("Sub", self._value(other), self.value))

    def __mul__(self, other: Int64 | int) -> Int64:
        return self._with("Mul", other)

    def __rmul__(self, other: int) -> Int64:
        return self._with("Mul", other)

    def __floordiv__(self, other: int) -> Int64:
        return Int64(self.graph, self.graph.floor_div(self.value, self._value(other))[0])

    def __mod__(self, other: int) -> Int64:
        return self._with("Mod", other)

    def __lt__(self, other: Int64 | int) -> Int64:
        return self._with("Less", other)

    def __ge__(self, other: Int64 | int) -> Int64:
        return self._with("GreaterOrEqual", other)

    def __and__(self, other: Int64) -> Int64:
        return self._with("And", other)

    def _with(self, operator: str, other: Int64 | int) -> Int64:
        return Int64(self.graph, self.graph.add(operator, self.value, self._value(other)))

    def _value(self, other: Int64 | int) -> str:
        if isinstance(other, Int64):
            return other.value
        return self.graph.table(other, np.int64)
