"""Which split a row is of: a seeded hash of the row says so, wherever and whenever it is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.example_encoding import listed_examples

TRAIN, EVAL = "train", "eval"
"""Names of the splits."""


class Splitter:
    """Sends each row to a split by a seeded hash of the whole row: equal rows stay together.

    Attributes:
        names: of the splits.
    """

    def __init__(self, weights: Mapping[str, int], seed: int) -> None:
        self.names = tuple(weights)
        self._bounds = np.array(list(accumulate(weights.values())), np.uint64)
        self._salt = f"{seed}:".encode()

    def assign(self, batch: Any, examples: Any) -> NDArray[np.int8]:
        """Say where rows belong: `[rows]`, places among `names`.

        Args:
            batch: the rows, as a record batch of Arrow.
            examples: the same as serialized examples, `[rows]` of binary.
        """
        sha256, salt = hashlib.sha256, self._salt
        digests = b"".join([sha256(salt + x).digest() for x in listed_examples(examples)])
        buckets = np.frombuffer(digests, ">u8")[::4].astype(np.uint64) % self._bounds[-1]
        return np.searchsorted(self._bounds, buckets, side="right").astype(np.int8)
