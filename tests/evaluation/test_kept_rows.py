"""Rows that are kept for a later comparison."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfx_pipeline.evaluation.kept_rows import KEPT_ROWS_FILE, KeptRows
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.scored_split import ScoredSplit, SliceColumn
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer


def split(ids: list[int]) -> ScoredSplit:
    size = len(ids)
    labels = np.arange(size, dtype=float)
    rows = ScoredRows("regression", 0, labels, labels.astype(np.float32) / 2)
    column = SliceColumn(
        np.arange(size, dtype=np.int32) % 3 - 1, ('q"\n', "🐧"), np.array([[1, 1]])
    )
    return ScoredSplit(
        rows,
        TrivialAnswer("regression", (0.0,)),
        "digest",
        linear=rows,
        slices={"a column": column},
        clusters=np.array(ids, np.int64) // 2,
        ids=np.array(ids, np.uint64),
    )


def test_kept_rows_are_those_with_the_smallest_ids_in_order() -> None:
    kept = KeptRows.of_split(split([9, 2, 7, 2, 5]), most=3)
    assert kept.ids.tolist() == [2, 2, 5]
    assert kept.labels.tolist() == [1, 3, 4]
    assert kept.of == 5
    assert kept.answers["candidate"].tolist() == [0.5, 1.5, 2.0]
    assert "baseline" not in kept.answers
    assert kept.slices["a column"].tolist() == ['q"\n, 🐧', "", 'q"\n']
    assert kept.clusters is not None and kept.clusters.tolist() == [1, 1, 2]


def test_kept_rows_of_equal_ids_are_never_more_than_asked_for() -> None:
    assert len(KeptRows.of_split(split([1] * 10), most=4).ids) == 4


def test_kept_rows_are_read_as_they_were_written(tmp_path: Path) -> None:
    kept = KeptRows.of_split(split([4, 1, 3]))
    kept.write(tmp_path)
    read = KeptRows.read(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [KEPT_ROWS_FILE]
    assert read.of == 3 and read.ids.dtype == np.uint64
    for one, other in (
        (read.ids, kept.ids),
        (read.labels, kept.labels),
        (read.answers["linear"], kept.answers["linear"]),
        (read.slices["a column"], kept.slices["a column"]),
        (read.clusters, kept.clusters),
    ):
        assert np.asarray(one).tolist() == np.asarray(other).tolist()


def test_kept_rows_of_a_damaged_file_are_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        KeptRows.read(tmp_path)
    KeptRows.of_split(split([4, 1, 3])).write(tmp_path)
    file = tmp_path / KEPT_ROWS_FILE
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match="is damaged"):
        KeptRows.read(tmp_path)
