"""Arithmetic of label rules: in float64, with a bound of its rounding error.

A decimal such as 0.2 is no binary fraction: `tips >= 0.2 * fare`, for a fare of 3 and tips of 0.6,
is true on paper and false in any binary arithmetic. So each number carries how far it may be from
what stands on paper, and numbers that float64 cannot tell apart are equal. Whole numbers, and what
follows from them by + - *, are exact up to 2**53.

Arrays of NumPy and tensors of TensorFlow alike: only operators are used.

Terms:
    decimal: the number that the table writes. A float32 is the nearest to its decimal, and the
        decimal of at most 7 digits can be had back from it.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# Twice the largest relative error of one operation, so that errors of second order are covered.
# Higham, Accuracy and Stability of Numerical Algorithms (2002), section 2.2 and 3.3.
_ROUNDING = 2.0**-52
_MAX_PLACES = 10


@dataclass(frozen=True)
class Number:
    """Numbers of a batch, or a constant.

    Attributes:
        value: `[batch] float64`, or a Python float; missing is NaN.
        error: how far `value` may be from what stands on paper, of the same kind.
        is_whole: whether all are whole, and exact up to 2**53.
    """

    value: Any
    error: Any
    is_whole: bool

    @classmethod
    def of(cls, value: Any, *, is_whole: bool) -> Number:
        """Take numbers that are the float64 nearest to what stands on paper."""
        return cls(value, 0.0 if is_whole else _ROUNDING * abs(value), is_whole)

    @classmethod
    def of_column(cls, column: Any, *, is_whole: bool) -> Number:
        """Take a column: NumPy's integers or floats, or a tensor of float64."""
        dtype = getattr(getattr(column, "dtype", None), "name", "")
        if "int" in dtype:
            return cls.of(column.astype("float64"), is_whole=True)
        if dtype == "float32":
            column = as_decimals(column)
        return cls.of(column, is_whole=is_whole)

    def __neg__(self) -> Number:
        return Number(-self.value, self.error, self.is_whole)

    def __pos__(self) -> Number:
        return self

    def __add__(self, other: Number) -> Number:
        return self._sum(self.value + other.value, other)

    def __sub__(self, other: Number) -> Number:
        return self._sum(self.value - other.value, other)

    def __mul__(self, other: Number) -> Number:
        value = self.value * other.value
        if self.is_whole and other.is_whole:
            return Number(value, 0.0, is_whole=True)
        error = self.error * abs(other.value) + other.error * abs(self.value)
        return Number(value, error + _ROUNDING * abs(value), is_whole=False)

    def __truediv__(self, other: Number) -> Number:
        value = self.value / other.value
        error = (self.error + abs(value) * other.error) / abs(other.value)
        return Number(value, error + _ROUNDING * abs(value), is_whole=False)

    def compare(self, op: ast.cmpop, other: Number) -> Any:
        """Compare; numbers that are nearer than their errors are equal. `[batch] bool`."""
        plain = _COMPARISONS[type(op)](self.value, other.value)
        if self.is_whole and other.is_whole:
            return plain
        equal = abs(self.value - other.value) <= self.error + other.error
        if isinstance(op, ast.Eq | ast.LtE | ast.GtE):
            return plain | equal
        return plain & ~equal

    def is_finite(self) -> Any:
        """Say where the number is one: `[batch] bool`."""
        return self.value - self.value == 0  # NaN for NaN and for both infinities

    def _sum(self, value: Any, other: Number) -> Number:
        if self.is_whole and other.is_whole:
            return Number(value, 0.0, is_whole=True)
        return Number(value, self.error + other.error + _ROUNDING * abs(value), is_whole=False)


_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
COMPARISONS = frozenset(_COMPARISONS)
"""Kinds of comparison."""


def as_decimals(values: Any) -> Any:
    """Do what `decimals_with` does with an array of NumPy."""
    import numpy as np  # not needed to parse a rule

    return decimals_with(values, np.rint, np.where, lambda x, dtype: x.astype(dtype))


def decimals_with(
    values: Any,
    rounded: Callable[[Any], Any],
    where: Callable[..., Any],
    cast: Callable[[Any, str], Any],
) -> Any:
    """Give the float64 nearest to the decimal that a float32 was written as.

    The decimal with the fewest places, 10 at most, whose nearest float32 is the value; 0.1 becomes
    0.1 and not 0.10000000149. A value without such a decimal, NaN and infinities stay what they
    are. In the library of `values`, float32 of any shape, `rounded` rounds to whole numbers,
    `where` chooses and `cast` changes the data type.
    """
    exact = cast(values, "float64")
    decimals = exact
    for places in range(_MAX_PLACES, -1, -1):  # the fewest places come last, and win
        candidate = rounded(exact * 10.0**places) / 10.0**places
        decimals = where(cast(candidate, "float32") == values, candidate, decimals)
    return decimals
