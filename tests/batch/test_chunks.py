"""Chunks end where they end, wherever reading begins."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.batch.made_jobs import good_cells, write_text
from tfx_pipeline.batch.cells.reader import CellReader
from tfx_pipeline.batch.chunks import ChunkReader, Position
from tfx_pipeline.batch.reading.blocks import Wanted
from tfx_pipeline.batch.reading.parquet_part import ParquetPart
from tfx_pipeline.batch.reading.text_part import TextPart
from tfx_pipeline.ingestion.needs import CsvFormat

COUNTS = (700, 1, 0, 333)


def reader(parts):
    wanted = Wanted({"x": "float32", "t": "string"}, ("key",))
    readers = {name: CellReader(type_) for name, type_ in wanted.model.items()}
    return ChunkReader(parts, wanted, readers, "key", pa.schema([("key", pa.string())]))


def texts(folder):
    """Regular files, one with ragged rows, and one that must be read with care."""
    parts = []
    for place, count in enumerate(COUNTS):
        file = write_text(folder / f"{place}.csv", good_cells(count, seed=place))
        if place == 0:
            lines = file.read_text().splitlines()
            lines[5:5] = ["k,1", "k,1,2,a,5"]
            file.write_text("\n".join(lines) + "\n")
        if place == 3:  # a line of its own for each record, and blank ones between
            file.write_text(file.read_text().replace("\n", "\n\n"))
        parts.append(TextPart(file, CsvFormat()))
    return parts


def parquets(folder):
    parts = []
    for place, count in enumerate(COUNTS):
        file = folder / f"{place}.parquet"
        pq.write_table(pa.table(good_cells(count, seed=place)), file, row_group_size=100)
        parts.append(ParquetPart(file))
    return parts


@pytest.mark.parametrize(("make", "ragged"), [(texts, 2), (parquets, 0)])
def test_chunks_from_any_end_on_are_those_of_the_whole(tmp_path, make, ragged):
    whole = reader(make(tmp_path))
    rows, chunks = whole.open(Position(), 64)
    assert rows == 64
    found = list(chunks)
    assert [x.count for x in found] == [64] * 16 + [sum(COUNTS) + ragged - 16 * 64]
    assert sum(len(x.bad) for x in found) == ragged
    for done in (0, 1, 5, 10, 11, 15, 16):
        _, rest = whole.open(found[done].end, 64)
        for again, before in zip(rest, found[done + 1 :], strict=True):
            assert (again.end, again.bad) == (before.end, before.bad)
            assert again.kept["key"].equals(before.kept["key"])
            for name, cells in before.cells.items():
                assert np.array_equal(again.cells[name], cells, equal_nan=name == "x")


def test_bad_rows_know_their_lines_behind_cells_of_several_lines(tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text('key,x,t\n"a\nb",1,a\nk,bad,"x\n\ny"\nk,1\nk,worse,a\n')
    _, chunks = reader([TextPart(file, CsvFormat())]).open(Position())
    (chunk,) = chunks
    assert [(x.line, x.record, x.value) for x in chunk.bad] == [
        (4, 1, "bad"),
        (7, 2, ""),
        (8, 3, "worse"),
    ]


def test_chunk_has_fewer_rows_where_they_are_wide_or_long(tmp_path):
    narrow = reader(parquets(tmp_path)).open(Position())[0]
    long = {"key": ["k" * 9000] * 200, "x": [1.0] * 200, "t": ["a"] * 200}
    pq.write_table(pa.table(long), tmp_path / "long.parquet")
    assert narrow == 1 << 18
    assert reader([ParquetPart(tmp_path / "long.parquet")]).open(Position())[0] == 1 << 12
