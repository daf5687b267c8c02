"""Rows of a split, read and drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.components.statistics_gen.example_files import write_split
from tfx_pipeline.components.evaluator.split_files import blocks_of, sampled_rows

pytestmark = pytest.mark.slow


def written(folder: Path, rows: list[bytes], shards: int = 1) -> list[str]:
    cuts = np.array_split(np.arange(len(rows)), shards)
    return list(map(str, write_split(folder, [[rows[i] for i in cut] for cut in cuts])))


def test_blocks_of_files_are_their_records_in_order(tmp_path: Path) -> None:
    rows = [b"%d" % i for i in range(1000)]
    files = written(tmp_path, rows, 3)
    assert [row for block in blocks_of(files) for row in block] == rows
    assert list(blocks_of([])) == []


def test_sampled_rows_are_drawn_evenly_and_in_order(tmp_path: Path) -> None:
    rows = [b"%07d" % i for i in range(100_000)]
    files = written(tmp_path, rows, 2)
    drawn, total = sampled_rows(files, 5000)
    places = np.array([int(row) for row in drawn])
    assert total == 100_000 and len(places) == 5000
    assert (np.diff(places) > 0).all()
    # Of 5,000 rows, 500 are expected in each tenth; the deviation is 21.
    assert np.abs(np.histogram(places, 10, (0, 100_000))[0] - 500).max() < 100
    assert sampled_rows(files, 5000) == (drawn, total)


def test_sampled_rows_of_equal_rows_are_not_all_or_none(tmp_path: Path) -> None:
    files = written(tmp_path, [b"a", b"b"] * 5000)
    drawn, _ = sampled_rows(files, 1000)
    assert 400 < drawn.count(b"a") < 600


def test_sampled_rows_of_few_rows_are_all(tmp_path: Path) -> None:
    files = written(tmp_path, [b"a", b"b", b"c"])
    assert sampled_rows(files, 1000) == ([b"a", b"b", b"c"], 3)
    assert sampled_rows([], 10) == ([], 0)
