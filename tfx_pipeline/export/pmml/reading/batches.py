"""The fields of some rows.

Terms:
    values: `[rows]`: numbers and truths are float64, NaN where missing; texts `object` of `str`,
        None where missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[Any]
Compute = Callable[["Batch", NDArray[np.intp]], Values]
"""Computes an expression for the rows at some places."""

NUMBER_TYPES = ("float", "double", "integer")


class Batch:
    """Rows, whose derived fields are computed when they are asked for, once.

    Attributes:
        rows: how many there are.
        types: the data type of each field.
    """

    def __init__(
        self,
        fields: Mapping[str, Values],
        derived: Mapping[str, Compute],
        types: Mapping[str, str],
    ) -> None:
        """Take what is known, how the other fields are computed, and the types of all."""
        self.types = types
        self.rows = len(next(iter(fields.values())))
        self._fields, self._derived = dict(fields), derived

    def __getitem__(self, name: str) -> Values:
        """Give the values of a field.

        Raises:
            ValueError: there is no such field.
        """
        if name not in self._fields:
            if name not in self._derived:
                raise ValueError(f"the document has no field {name!r}")
            self._fields[name] = self._derived[name](self, np.arange(self.rows))
        return self._fields[name]

    def __setitem__(self, name: str, values: Values) -> None:
        self._fields[name] = values


def is_missing(values: Values) -> NDArray[np.bool_]:
    """Tell which values are missing."""
    if values.dtype == object:
        return np.array([value is None for value in values], bool).reshape(len(values))
    return np.isnan(values)


def cast(values: Values, data_type: str) -> Values:
    """Make values those of a data type; a text is read as a number.

    Raises:
        ValueError: a text is no number.
    """
    if data_type == "string":
        if values.dtype != object:
            raise ValueError("a number stands where the document says that there is a text")
        return values
    if values.dtype == object:
        values = np.array([np.nan if x is None else float(x) for x in values], float)
        values = values.reshape(-1)
    if data_type == "float":
        with np.errstate(over="ignore"):
            return values.astype(np.float32).astype(np.float64)
    return values
