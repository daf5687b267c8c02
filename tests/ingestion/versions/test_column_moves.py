"""Distances between the statistics that TFDV makes of two tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfx_pipeline.ingestion.versions.column_moves import ColumnMove, column_moves
from tfx_pipeline.storage.fileio import NoSuchPlaceError

pytestmark = pytest.mark.slow


def write_statistics(folder: Path, **columns: object) -> str:
    import pandas as pd
    import tensorflow_data_validation as tfdv

    stats = tfdv.generate_statistics_from_dataframe(pd.DataFrame(columns))
    (folder / "Split-train").mkdir(parents=True)
    (folder / "Split-train/FeatureStats.pb").write_bytes(stats.SerializeToString())
    return str(folder)


def test_moves_are_the_distances_of_the_values(tmp_path: Path) -> None:
    made = np.random.default_rng(0)
    uniform = made.uniform(size=4000)
    names = np.where(np.arange(4000) % 4 == 0, "a", "b")
    before = write_statistics(
        tmp_path / "before",
        same=uniform,
        moved=uniform,
        name=names,
        mixed=uniform,
        constant=np.ones(4000),
        gone=uniform,
    )
    after = write_statistics(
        tmp_path / "after",
        same=made.uniform(size=4000),
        moved=uniform + 0.3,
        name=np.where(np.arange(4000) % 2 == 0, "a", "b"),
        mixed=names,
        constant=np.ones(4000),
        new=uniform,
    )
    moves = {move.name: move for move in column_moves(before, after, "train")}
    assert set(moves) == {"same", "moved", "name", "mixed", "constant"}
    assert 0.2 <= moves["moved"].distance <= 0.31
    assert moves["name"] == ColumnMove("name", 0.25, (0.0, 0.0), ("b", moves["name"].typical[1]))
    assert moves["mixed"].distance == 1.0
    assert moves["same"].distance < 0.05
    assert moves["constant"].distance == 0.0
    assert next(iter(moves)) == "mixed"


def test_number_that_many_rows_share_is_no_move(tmp_path: Path) -> None:
    made = np.random.default_rng(1)
    areas = made.choice([6, 7, 8, 28, 32, 33, 76], 6000, p=[0.1, 0.05, 0.35, 0.2, 0.2, 0.05, 0.05])
    before = write_statistics(tmp_path / "before", area=areas.astype(float))
    after = write_statistics(tmp_path / "after", area=areas[:5400].astype(float))
    (move,) = column_moves(before, after, "train")
    assert move.distance < 0.02


def test_values_that_went_missing_are_a_move(tmp_path: Path) -> None:
    values = np.arange(100.0)
    before = write_statistics(tmp_path / "before", x=values)
    after = write_statistics(tmp_path / "after", x=np.where(values % 2 == 0, np.nan, values))
    (move,) = column_moves(before, after, "train")
    assert move.missing == (0.0, 0.5)
    assert move.distance == 0.5
    with pytest.raises(NoSuchPlaceError):
        column_moves(before, after, "eval")
