"""Which split a row is of: a seeded hash of the row says so, wherever and whenever it is asked."""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Mapping
from itertools import accumulate

TRAIN, EVAL = "train", "eval"
"""Names of the splits."""


class Splitter:
    """Sends each row to a split by a seeded hash of the whole row: equal rows stay together."""

    def __init__(self, weights: Mapping[str, int], seed: int) -> None:
        self._names = list(weights)
        self._bounds = list(accumulate(weights.values()))
        self._salt = f"{seed}:".encode()

    def split(self, example: bytes) -> str:
        """Name the split of a serialized example."""
        digest = hashlib.sha256(self._salt + example).digest()
        bucket = int.from_bytes(digest[:8], "big") % self._bounds[-1]
        return self._names[bisect.bisect(self._bounds, bucket)]
