"""Cells that mean missing, as a table writes them: `?`, `N/A`, `9999`, `-3.4e38`.

In a column of numbers they are compared as numbers, each rounded as the column was: `9999` is
`9999.0`. In one of texts they are compared exactly, but for blanks around the cell; in one whose
texts are parsed, both ways.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_FLOAT32_MAX = 3.4028234663852886e38
_FLOAT32_ROUNDS_UP = _FLOAT32_MAX * (1 + 2.0**-25)  # what is less than this becomes the largest


@dataclass(frozen=True)
class MissingMarks:
    """Marks of a column.

    Attributes:
        texts: all of them, without blanks around.
        numbers: those that are numbers.
    """

    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    @property
    def whole(self) -> tuple[int, ...]:
        """Those that a column of int64 can hold."""
        exact = [int(x) for x in self.numbers if math.isfinite(x) and x == math.floor(x)]
        return tuple(x for x in exact if -(2**63) < x < 2**63)

    @property
    def held(self) -> tuple[float, ...]:
        """Those that a column of float32 can hold."""
        return tuple(x for x in self.numbers if abs(x) < _FLOAT32_ROUNDS_UP)

    @property
    def unheld(self) -> tuple[str, ...]:
        """Those that no column of numbers can hold: words, and numbers that are too large."""
        held = self.held
        return tuple(x for x in self.texts if not _NUMBER.fullmatch(x) or float(x) not in held)


def read_marks(cells: Sequence[str]) -> MissingMarks:
    """Read marks as the configuration has them."""
    texts = tuple(dict.fromkeys(cell.strip() for cell in cells))
    numbers = tuple(float(text) for text in texts if _NUMBER.fullmatch(text))
    return MissingMarks(texts, numbers)
