"""Rows as a matrix of numbers: what somebody who fits a model of his own makes of raw columns.

Terms:
    column: see `subject`.
    code: of a text: its place among the column's most frequent values; all others share one code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Columns

_MOST_CODES = 250
"""As histograms of gradient boosting hold 255 categories."""
_LARGEST = 1e30
"""Numbers beyond it are taken as it: their squares must be finite."""
_SHOWN_CODES = 20
"""Texts of a column that get a column of their own in `linear_terms`."""


@dataclass(frozen=True)
class RowMatrix:
    """How columns become a matrix; learned from some rows, applied to any.

    Attributes:
        texts: by column of texts, its values in the order of their codes.
        names: of all columns.
    """

    texts: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]

    @classmethod
    def of(cls, columns: Columns, names: Sequence[str]) -> RowMatrix:
        """Learn it from rows."""
        import pandas as pd

        texts = {}
        for name in names:
            column = columns[name]
            if is_text(column):
                counts = pd.Series(column[column != ""], dtype=object).value_counts()
                texts[name] = tuple(counts.index[:_MOST_CODES])
        return cls(texts, tuple(names))

    @property
    def is_code(self) -> list[bool]:
        """Say of each column of the matrix whether it holds codes."""
        return [name in self.texts for name in self.names]

    def matrix(self, columns: Columns) -> NDArray[np.float64]:
        """Give `[rows, columns]`: numbers, or codes; NaN where missing or not finite."""
        rows = len(columns[self.names[0]]) if self.names else 0
        result = np.full((rows, len(self.names)), np.nan)
        for place, name in enumerate(self.names):
            column = columns[name]
            result[:, place] = self._codes(name, column) if name in self.texts else _finite(column)
        return result

    def _codes(self, name: str, column: NDArray[Any]) -> NDArray[np.float64]:
        import pandas as pd

        values = self.texts[name]
        codes = pd.Index(values, dtype=object).get_indexer(column).astype(np.float64)
        codes[codes < 0] = len(values)
        codes[column == ""] = np.nan
        return codes


def is_text(column: NDArray[Any]) -> bool:
    """Say whether a column holds texts."""
    return column.dtype.kind not in "biuf"


def _finite(column: NDArray[Any]) -> NDArray[np.float64]:
    numbers = column.astype(np.float64)
    return np.where(np.isfinite(numbers), np.clip(numbers, -_LARGEST, _LARGEST), np.nan)


@dataclass(frozen=True)
class LinearTerms:
    """What a linear model takes of a matrix: scaled numbers, marks of missing cells and of codes.

    Attributes:
        is_code: of the matrix's columns.
        centre: `[columns]`, of numbers.
        scale: `[columns]`, likewise.
    """

    is_code: Sequence[bool]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, matrix: NDArray[np.float64], is_code: Sequence[bool]) -> LinearTerms:
        """Learn it from rows."""
        known = ~np.isnan(matrix)
        counts = np.maximum(known.sum(axis=0), 1)
        numbers = np.where(known, matrix, 0.0)
        centre = numbers.sum(axis=0) / counts
        spread = np.where(known, matrix - centre, 0.0)
        scale = np.sqrt(np.square(spread).sum(axis=0) / counts)
        return cls(is_code, centre, np.where(scale > 0, scale, 1.0))

    def terms(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give `[rows, terms]`; nothing is NaN."""
        missing = np.isnan(matrix)
        scaled = np.where(missing, 0.0, (matrix - self.centre) / self.scale)
        parts = [missing.astype(np.float64)]
        for place, codes in enumerate(self.is_code):
            if codes:
                parts.append(matrix[:, place, None] == np.arange(_SHOWN_CODES))
            else:
                parts.append(scaled[:, place, None])
        return np.hstack(parts).astype(np.float64)


def stands_alone(columns: Columns, names: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each row whether no other has the same values in all of these columns."""
    import pandas as pd

    frame = pd.DataFrame({place: columns[name] for place, name in enumerate(names)})
    return ~frame.duplicated(keep=False).to_numpy()
