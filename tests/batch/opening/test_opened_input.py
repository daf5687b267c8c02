"""Columns of Parquet files that are not as a job would have them."""

from __future__ import annotations

import csv

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.batch.made_jobs import expected, good_cells, run
from tfx_pipeline.errors import ConfigError

CELLS = good_cells(4)


def made(file, **more):
    pq.write_table(pa.table({**CELLS, **more}), file)
    return file


def test_job_refuses_two_columns_of_one_name_in_parquet(tmp_path, model):
    table = pa.table(CELLS)
    table = pa.Table.from_arrays([*table.columns, table["x"]], names=[*table.column_names, "x"])
    pq.write_table(table, tmp_path / "rows.parquet")
    with pytest.raises(ConfigError, match="two columns have the name `x`"):
        run(model, tmp_path / "out", tmp_path / "rows.parquet")


def test_job_refuses_to_keep_what_is_not_there_and_says_what_is(tmp_path, model):
    file = made(tmp_path / "rows.parquet")
    with pytest.raises(ConfigError, match=r"which is to be kept\n +allowed +of key, x, n, t"):
        run(model, tmp_path / "out", file, kept=["bogus"])


def test_job_tells_a_column_from_a_field_of_the_same_path(tmp_path, model):
    file = made(tmp_path / "rows.parquet", **{"a": [{"b": 9}] * 4, "a.b": [1, 2, 3, 4]})
    run(model, tmp_path / "out", file, kept=["a.b", "key"])
    found = pq.read_table(tmp_path / "out")
    assert found["a.b"].to_pylist() == [1, 2, 3, 4]
    assert found["key"].to_pylist() == CELLS["key"]
    wanted = expected(CELLS)["probability"]
    assert np.abs(found["probability"].to_numpy() - wanted).max() < 1e-6


@pytest.mark.parametrize("type_", [pa.binary(), pa.large_binary(), pa.binary(2)])
def test_job_writes_bytes_to_csv_where_they_are_text(tmp_path, model, type_):
    cells = pa.array([b"ab", b"\xff\x00", None, "é".encode()], type_)
    file = made(tmp_path / "rows.parquet", raw=cells)
    outcome = run(model, tmp_path / "out", file, kept=["raw", "key"], written="csv")
    assert outcome.manifest["rows"] == {"read": 4, "written": 3, "bad": 1}
    with open(tmp_path / "out" / "part-00000.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(x["raw"], x["key"]) for x in rows] == [("ab", "k0"), ("", "k2"), ("é", "k3")]
    assert "k1" not in str(rows)
