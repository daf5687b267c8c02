"""Which split a row is of."""

from __future__ import annotations

from tfx_pipeline.ingestion.splits import Splitter


def test_split_follows_seed_and_weights() -> None:
    rows = [f"row {number}".encode() for number in range(3000)]
    splitter = Splitter({"train": 2, "eval": 1}, seed=0)
    splits = [splitter.split(row) for row in rows]
    assert splits == [Splitter({"train": 2, "eval": 1}, seed=0).split(row) for row in rows]
    assert 1900 < splits.count("train") < 2100
    assert splits != [Splitter({"train": 2, "eval": 1}, seed=1).split(row) for row in rows]
