"""Of a large table rows from all over it are looked at, and which is said."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.tables import sampling
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.sampling import read_sample

_ROWS = 60_000


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "_MOST_CELLS", 20_000)
    monkeypatch.setattr(sampling, "_FIRST_BYTES", 1 << 15)
    monkeypatch.setattr(sampling, "_FEWEST_BYTES", 1 << 10)


def lines(quoted: bool) -> list[str]:
    """Make rows whose first cell is their number; the second may hold line ends and delimiters."""
    rng = random.Random(1)
    words = ['"a, b"', '"two\nlines, with ""quotes"""', "plain"] if quoted else ["x", "y", "z"]
    return [f"{row},{rng.choice(words)},{rng.random():.4f}" for row in range(_ROWS)]


def _texts(column: ColumnSample) -> list[str]:
    codes, texts = column.coded
    return [texts[code] for code in codes]


@pytest.mark.parametrize("quoted", [False, True])
def test_read_sample_of_large_text_reads_whole_rows_from_all_over_it(
    tmp_path: Path, quoted: bool
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("number,word,x\n" + "\n".join(lines(quoted)) + "\n", "utf-8")
    sample = read_sample(path, CsvFormat(), None, 1_000_000)
    numbers = sample.by_name["number"].numbers
    assert numbers is not None
    assert 4_000 < sample.looked_at < 12_000
    assert abs(sample.rows - _ROWS) < 0.03 * _ROWS
    assert not sample.is_all
    assert "32 places all over the file" in sample.which
    shares = np.histogram(numbers, bins=10, range=(0, _ROWS))[0] / len(numbers)
    assert shares.min() > 0.05
    found = set(sample.by_name["word"].counted[0])
    assert found == ({"a, b", 'two\nlines, with "quotes"', "plain"} if quoted else {*"xyz"})


def test_read_sample_of_large_parquet_reads_rows_of_many_groups(tmp_path: Path) -> None:
    table = pa.table({"number": np.arange(_ROWS), "x": np.random.default_rng(1).random(_ROWS)})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=5_000)
    sample = read_sample(tmp_path / "t.parquet", CsvFormat(), None, 1_000_000)
    assert sample.rows == _ROWS
    assert 9_000 < sample.looked_at < 11_000
    numbers = sample.by_name["number"].numbers
    assert numbers is not None
    assert len(np.unique(numbers // 5_000)) == 12


def test_read_sample_of_large_packed_text_takes_the_first_rows_and_estimates_the_others(
    tmp_path: Path,
) -> None:
    import gzip

    path = tmp_path / "t.csv.gz"
    text = "number,word,x\n" + "\n".join(lines(False) * 20) + "\n"
    path.write_bytes(gzip.compress(text.encode(), 1))
    sample = read_sample(path, CsvFormat(), None, 1_000_000)
    assert sample.looked_at < sample.rows
    assert abs(sample.rows - 20 * _ROWS) < 0.5 * 20 * _ROWS
    assert "the first ones" in sample.which


def test_read_sample_of_folder_reads_each_file_by_its_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,p\n2,q\n", "utf-8")
    (tmp_path / "b.csv").write_text("y,x\nr,3\n", "utf-8")
    sample = read_sample(tmp_path, CsvFormat(), None, 1_000_000)
    assert sample.is_all
    assert sample.by_name["x"].coded[1] == ["1", "2", "3"]
    assert sample.by_name["y"].coded[1] == ["p", "q", "r"]


def test_read_sample_of_most_rows_reads_no_more(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("number,word,x\n" + "\n".join(lines(False)) + "\n", "utf-8")
    sample = read_sample(path, CsvFormat(), None, 1_000)
    assert sample.looked_at < 2_500


def test_read_sample_of_large_text_passes_short_rows_over_and_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = lines(False)
    rows[::500] = ["1,short"] * len(rows[::500])
    path.write_text("number,word,x\n" + "\n".join(rows) + "\n", "utf-8")
    sample = read_sample(path, CsvFormat(), None, 1_000_000)
    assert 4_000 < sample.looked_at < 12_000
    assert 5 <= sample.ragged <= 40
    assert set(sample.by_name["word"].coded[1]) == {*"xyz"}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_count_cells_of_large_table_counts_all_rows(tmp_path: Path, kind: str) -> None:
    words = ["common"] * _ROWS
    words[31_234] = words[7] = "rare"
    words[5] = ""
    path = tmp_path / f"t.{kind}"
    if kind == "csv":
        rows = "\n".join(f"{row},{word}" for row, word in enumerate(words))
        path.write_text(f"number,word\n{rows}\n", "utf-8")
    else:
        pq.write_table(pa.table({"number": range(_ROWS), "word": words}), path)
    sample = read_sample(path, CsvFormat(), None, 1_000_000)
    assert not sample.is_all
    counted = sample.count_cells("word")
    assert counted == {"common": _ROWS - 3, "rare": 2, "": 1}
