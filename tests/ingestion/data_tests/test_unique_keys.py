"""Keys with one hash are told apart by their values."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ingestion.data_tests.conftest import Run, bad_rows
from tfx_pipeline.ingestion.data_tests import unique_keys
from tfx_pipeline.ingestion.needs import DataTest, IsUnique

UNIQUE = DataTest("unique: a", IsUnique(), ("a",))


@pytest.mark.parametrize("buckets", [1, 2, 3])
def test_repeated_keys_with_equal_hashes_are_compared(
    run: Run, monkeypatch: pytest.MonkeyPatch, buckets: int
) -> None:
    real = unique_keys._mixed
    monkeypatch.setattr(unique_keys, "_mixed", lambda x: real(x) % np.uint64(buckets))
    values = ["a", "b", "a", "c", "b", "a", "d", "", ""]
    table = run("a,x\n" + "".join(f"{value},0\n" for value in values), UNIQUE)
    assert bad_rows(table.tests[0]) == [2, 4, 5]


def test_repeated_keys_are_found_across_blocks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    keys = generator.integers(0, 40_000, 100_000)
    table = run("a,x\n" + "".join(f"k{key},{'y' * 80}\n" for key in keys), UNIQUE)
    first = np.unique(keys, return_index=True)[1]
    assert len(table.tests[0].broken) > 1
    assert bad_rows(table.tests[0]) == sorted(set(range(100_000)) - set(first.tolist()))
