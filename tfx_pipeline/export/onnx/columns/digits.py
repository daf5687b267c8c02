"""Texts that are written as known, taken apart into digits and what stands between them.

Terms:
    pieces: of a text, from left to right: `[batch, the most of a row]`, int64: a digit, or a number
        of another piece, from 10 on.
    mask: bool, of the pieces.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tfx_pipeline.export.onnx.columns.texts import NO_TOKEN, looked_up, row_sum, tokens
from tfx_pipeline.export.onnx.graph import ML, Graph

_MOST_DIGITS = 100
"""Of a number, with room: styles read at most 40 before and 40 behind the decimal mark."""


def is_written(graph: Graph, texts: str, pattern: str) -> str:
    """Tell which texts a pattern matches: bool `[batch]`."""
    places = looked_up(graph, tokens(graph, texts, pattern), [NO_TOKEN])
    is_token = graph.add("Equal", places, graph.table(0, np.int64))
    count = row_sum(graph, graph.cast(is_token, np.int32))
    return graph.add("Greater", count, graph.table(0, np.int32))


def only(graph: Graph, is_kept: str, texts: str) -> str:
    """Put "0" where a text is not kept: so no cell is too long to be taken apart."""
    return graph.add("Where", is_kept, texts, graph.table(np.array(["0"], object)))


class Pieces:
    """Pieces of texts `[batch]`, none of which is empty."""

    def __init__(self, graph: Graph, texts: str, pattern: str, others: Mapping[str, int]) -> None:
        """Take texts apart by a pattern of one piece; `others` are pieces that are no digits."""
        self.graph = graph
        numbers = {str(digit): digit for digit in range(10)} | dict(others)
        self.pieces = graph.add(
            "LabelEncoder",
            tokens(graph, texts, pattern),
            domain=ML,
            keys_strings=list(numbers),
            values_int64s=list(numbers.values()),
            default_int64=-1,
        )
        self.is_digit = self.are(range(10))

    def are(self, numbers: Sequence[int]) -> str:
        """Mask what is one of these pieces, which follow one another."""
        first, last = (self.graph.table(x, np.int64) for x in (numbers[0], numbers[-1]))
        is_high = self.graph.add("GreaterOrEqual", self.pieces, first)
        return self.both(is_high, self.graph.add("LessOrEqual", self.pieces, last))

    def both(self, *masks: str) -> str:
        """Mask what all masks do."""
        found = masks[0]
        for mask in masks[1:]:
            found = self.graph.add("And", found, mask)
        return found

    def neither(self, mask: str) -> str:
        """Mask the others."""
        return self.graph.add("Not", mask)

    def seen(self, mask: str) -> str:
        """Count, from the left on, what is masked: int64, of each piece with itself."""
        return self.graph.add("CumSum", self.graph.cast(mask, np.int64), self._axis)

    def count(self, mask: str) -> str:
        """Count what is masked: int64 `[batch, 1]`."""
        return self.graph.add("ReduceSum", self.graph.cast(mask, np.int64), self._axes, keepdims=1)

    def has(self, mask: str) -> str:
        """Tell whether something is masked: bool `[batch]`."""
        is_any = self.graph.add("Greater", self.count(mask), self.graph.table(0, np.int64))
        return self.graph.add("Squeeze", is_any, self._axes)

    def number(self, mask: str) -> str:
        """Read the masked digits as one whole number: float64 `[batch]`, exact up to 2**53."""
        left = self.graph.add("Sub", self.count(mask), self.seen(mask))
        powers = self.graph.table([10.0**power for power in range(_MOST_DIGITS)])
        power = self.graph.add("Gather", powers, left, axis=0)
        nothing = self.graph.table(0, np.int64)
        digit = self.graph.cast(self.graph.add("Where", mask, self.pieces, nothing), np.float64)
        product = self.graph.add("Mul", digit, power)
        return self.graph.add("ReduceSum", product, self._axes, keepdims=0)

    @property
    def _axis(self) -> str:
        return self.graph.table(1, np.int64)

    @property
    def _axes(self) -> str:
        return self.graph.table([1], np.int64)


def times_ten_to(graph: Graph, numbers: str, exponents: str) -> str:
    """Multiply by a power of ten, in one step: as exact as if it had been read so.

    `numbers` are float64, `exponents` int64, `[batch]`; 10**22 is the last exact power.
    """
    powers = graph.table([10.0**power for power in range(2 * _MOST_DIGITS)])
    power = graph.add("Gather", powers, graph.add("Abs", exponents), axis=0)
    is_small = graph.add("Less", exponents, graph.table(0, np.int64))
    quotient, product = (graph.add(x, numbers, power) for x in ("Div", "Mul"))
    return graph.add("Where", is_small, quotient, product)
