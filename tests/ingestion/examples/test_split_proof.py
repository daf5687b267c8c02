"""What is counted of rows and keys in two splits."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.ingestion.examples import split_proof
from tfx_pipeline.ingestion.examples.split_proof import ProofOfSplits
from tfx_pipeline.ingestion.examples.splits import Division


def test_proof_counts_rows_in_two_splits_once_each() -> None:
    proof = ProofOfSplits(3, 7, has_keys=False)
    hashes = np.array([1, 1, 2, 2, 2, 3, 4], np.uint64)
    codes = np.array([0, 0, 0, 1, 2, 2, 1], np.int8)
    for part in (slice(0, 3), slice(3, 7)):
        proof.add(hashes[part], Division(codes[part], hashes[part]))
    found = proof.result()
    assert (found.rows, found.different_rows, found.rows_in_two) == (7, 4, 1)
    assert (found.keys, found.keys_in_two, found.share) == (0, 0, 1)


def test_proof_of_keys_looks_at_them_and_at_rows() -> None:
    proof = ProofOfSplits(2, 4, has_keys=True)
    rows, keys = np.arange(4, dtype=np.uint64), np.array([7, 7, 8, 8], np.uint64)
    proof.add(rows, Division(np.array([0, 1, 1, 1], np.int8), keys))
    found = proof.result()
    assert (found.rows_in_two, found.keys, found.keys_in_two) == (0, 2, 1)


def test_proof_of_very_many_rows_looks_at_all_or_none_of_the_equal_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(split_proof, "_MOST_HASHES", 1000)
    random = np.random.default_rng(0).integers(0, 2**63, 2000).astype(np.uint64)
    hashes = np.concatenate([random, random])
    proof = ProofOfSplits(2, len(hashes), has_keys=False)
    codes = np.repeat(np.array([0, 1], np.int8), 2000)
    proof.add(hashes, Division(codes, hashes))
    found = proof.result()
    assert found.share == 0.25
    assert found.rows == 2 * found.different_rows == 2 * found.rows_in_two
    assert 400 < found.different_rows < 600
