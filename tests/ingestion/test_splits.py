"""Which split a row is of."""

from __future__ import annotations

import bisect
import hashlib

import numpy as np
import pyarrow as pa

from tfx_pipeline.ingestion.splits import Splitter

ROWS = [f"row {number}".encode() for number in range(3000)]


def splits(weights: dict[str, int], seed: int) -> list[str]:
    splitter = Splitter(weights, seed)
    codes = splitter.assign(None, pa.array(ROWS, pa.binary()))
    assert codes.dtype == np.int8
    return [splitter.names[code] for code in codes]


def test_split_follows_seed_and_weights() -> None:
    found = splits({"train": 2, "eval": 1}, seed=0)
    assert 1900 < found.count("train") < 2100
    assert found == splits({"train": 2, "eval": 1}, seed=0)
    assert found != splits({"train": 2, "eval": 1}, seed=1)


def test_split_is_that_of_the_first_eight_bytes_of_a_salted_sha256() -> None:
    expected = []
    for row in ROWS:
        digest = hashlib.sha256(b"7:" + row).digest()
        bucket = int.from_bytes(digest[:8], "big") % 15
        expected.append(("train", "eval", "test")[bisect.bisect([10, 13, 15], bucket)])
    assert splits({"train": 10, "eval": 3, "test": 2}, seed=7) == expected
