from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.model import row_store
from tfx_pipeline.modules.model.row_store import RowStore

BATCHES = [
    {"ids": np.arange(6, dtype=np.int32).reshape(3, 2), "label": np.array([1, 2, 3])},
    {"ids": np.zeros((0, 2), np.int32), "label": np.array([], np.int64)},
    {"ids": np.array([[7, 8]], np.int32), "label": np.array([4])},
]
BYTES = 4 * (2 * 4 + 8)


@pytest.mark.parametrize(
    ("in_memory", "free", "in_files"),
    [
        (True, 0, False),
        (False, 10**12, True),
        ("auto", 4 * BYTES, False),
        ("auto", 4 * BYTES - 4, True),  # only with the last batch too large
    ],
)
def test_store_gives_all_rows_from_where_they_fit(in_memory, free, in_files, tmp_path, monkeypatch):
    monkeypatch.setattr(row_store, "free_memory_bytes", lambda: free)
    store = RowStore(str(tmp_path), in_memory)
    for batch in BATCHES:
        store.add(batch)
    columns = store.columns()
    assert store.in_files == in_files == any(tmp_path.iterdir())
    assert isinstance(columns["ids"], np.memmap) == in_files
    assert columns["ids"].tolist() == [[0, 1], [2, 3], [4, 5], [7, 8]]
    assert columns["label"].tolist() == [1, 2, 3, 4]
    assert columns["ids"].dtype == np.int32
    columns["ids"][0, 0] = 9  # averages are replaced later
    assert store.held_bytes == BYTES


def test_reason_tells_the_size_and_what_it_was_measured_by(tmp_path, monkeypatch):
    monkeypatch.setattr(row_store, "free_memory_bytes", lambda: 2**20)
    store = RowStore(str(tmp_path))
    store.add({"x": np.zeros(2**18, np.float32)})
    assert store.reason == "they take 1.0 MB, and `data.in_memory` is true"
    store = RowStore(str(tmp_path), "auto")
    store.add({"x": np.zeros(2**18, np.float32)})
    expected = "they take 1.0 MB, more than a quarter of the 1 MB of memory that were free"
    assert store.reason == expected
