"""Proof that no row, and nothing that must stay together, is in two splits.

Hashes of 64 bits stand for rows and keys: of 10 million different ones, two are equal with a
chance of 3 in a million (Knuth, The Art of Computer Programming 3, 6.4, the birthday problem).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.examples.splits import Division

_MOST_HASHES = 1 << 23  # 64 MiB of them
Hashes: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True)
class SplitProof:
    """What was counted.

    Attributes:
        rows: that were looked at.
        different_rows: how many of them differ.
        rows_in_two: different rows that are in two splits.
        keys: different keys; 0 where the division does not go by key.
        keys_in_two: those in two splits.
        share: of the hashes that were looked at: 1, or less of very many rows.
    """

    rows: int
    different_rows: int
    rows_in_two: int
    keys: int
    keys_in_two: int
    share: float


class ProofOfSplits:
    """Counts while rows are divided."""

    def __init__(self, splits: int, rows: int, *, has_keys: bool) -> None:
        """Take the number of splits, and about how many rows there will be."""
        self._every = max(1, -(-rows // _MOST_HASHES))
        self._has_keys = has_keys
        self._rows: list[list[Hashes]] = [[] for _ in range(splits)]
        self._keys: list[list[Hashes]] = [[] for _ in range(splits)]

    def add(self, row_hashes: Hashes, division: Division) -> None:
        """Look at the next rows."""
        self._add(self._rows, row_hashes, division.codes)
        if self._has_keys:
            self._add(self._keys, division.keys, division.codes)

    def result(self) -> SplitProof:
        """Sum up."""
        different, in_two = _different(self._rows)
        keys, keys_in_two = _different(self._keys)
        rows = sum(len(x) for parts in self._rows for x in parts)
        return SplitProof(rows, different, in_two, keys, keys_in_two, 1 / self._every)

    def _add(self, kept: list[list[Hashes]], hashes: Hashes, codes: NDArray[np.int8]) -> None:
        if self._every > 1:  # equal ones are all looked at, or none of them
            chosen = (hashes >> np.uint64(32)) % np.uint64(self._every) == 0
            hashes, codes = hashes[chosen], codes[chosen]
        for code, parts in enumerate(kept):
            parts.append(hashes[codes == code])


def _different(splits: Sequence[Sequence[Hashes]]) -> tuple[int, int]:
    """Count different hashes, and those in two splits or more."""
    of_splits = [np.unique(np.concatenate(parts)) for parts in splits if parts]
    if not of_splits:
        return 0, 0
    hashes, counts = np.unique(np.concatenate(of_splits), return_counts=True)
    return len(hashes), int((counts > 1).sum())
