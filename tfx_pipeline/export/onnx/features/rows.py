"""Transformed columns that are made together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rows:
    """What one kind of operation makes of several columns.

    Attributes:
        value: `[rows, batch]`, float32, or int32 ids.
        parts: of each row, the transformed column's name, and which of its numbers it is.
    """

    value: str
    parts: Sequence[tuple[str, int]]
