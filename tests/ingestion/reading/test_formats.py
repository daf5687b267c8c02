"""Files that are not what their names say: read, or named with a remedy."""

from __future__ import annotations

import bz2
import datetime
import decimal
import gc
import gzip
import io
import lzma
import sys
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, table_needs
from tfx_pipeline.ingestion.reading.formats import SourceBytes, UnreadableError
from tfx_pipeline.ingestion.reading.records import OpenTable
from tfx_pipeline.ingestion.table_reading import read_table

ROWS = "a,b\n1,é\n2,x\n"


def _id(value: object) -> str:
    """Name a case by its words: bytes may hold the time at which they were made."""
    return value if isinstance(value, str) else type(value).__name__


def _workbook() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("[Content_Types].xml", "")
        archive.writestr("xl/workbook.xml", "")
    return sink.getvalue()


def _archive() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("table.csv", ROWS)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (ROWS.encode(), None),
        (ROWS.encode("utf-8-sig"), None),
        (ROWS.encode("utf-16"), "table.csv: decoded from UTF-16-LE"),
        (ROWS.encode("utf-32"), "table.csv: decoded from UTF-32-LE"),
        (ROWS.encode("utf-16-le"), "table.csv: decoded from UTF-16-LE"),
        (ROWS.encode("utf-16-be"), "table.csv: decoded from UTF-16-BE"),
        (ROWS.encode("utf-32-be"), "table.csv: decoded from UTF-32-BE"),
        (gzip.compress(ROWS.encode()), "table.csv: unpacked from gzip"),
        (
            gzip.compress(b"a,b\n1,\xc3\xa9\n") + gzip.compress(b"2,x\n"),
            "table.csv: unpacked from gzip",
        ),
        (bz2.compress(ROWS.encode()), "table.csv: unpacked from bzip2"),
        (lzma.compress(ROWS.encode()), "table.csv: unpacked from xz"),
        (
            gzip.compress(ROWS.encode("utf-16")),
            "table.csv: unpacked from gzip, decoded from UTF-16-LE",
        ),
    ],
    ids=_id,
)
def test_read_packed_or_wide_text_gives_its_rows(
    read: Read, content: bytes, note: str | None
) -> None:
    table = read(content)
    assert (table.header, table.rows, problems_of(table)) == (("a", "b"), 2, [])
    assert table.notes == ((note,) if note else ())


def test_read_zstd_gives_its_rows(read: Read, tmp_path: Path) -> None:
    with pa.output_stream(str(tmp_path / "made.zst"), compression="zstd") as stream:
        stream.write(ROWS.encode())
    table = read((tmp_path / "made.zst").read_bytes(), "table.csv.zst")
    assert (table.rows, table.notes) == (2, ("table.csv.zst: unpacked from zstd",))


def test_read_parquet_gives_its_rows(read: Read, tmp_path: Path) -> None:
    columns = {
        "i": pa.array([1, None, 3]),
        "f": pa.array([1.0, 2.5, None]),
        "f32": pa.array([0.1, 3.0, None], pa.float32()),
        "s": pa.array(["x", "", None]),
        "b": pa.array([True, False, None]),
        "d": pa.array(["x", "y", "x"]).dictionary_encode(),
        "raw": pa.array([b"x", b"\xff", None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "made.parquet")
    table = read((tmp_path / "made.parquet").read_bytes(), "table.parquet", f="number", i="number")
    assert problems_of(table) == []
    assert [(x.name, x.missing) for x in table.columns] == [
        ("i", 1),
        ("f", 1),
        ("f32", 1),
        ("s", 2),
        ("b", 1),
        ("d", 0),
        ("raw", 1),
    ]
    assert [plan.type for plan in table.plans] == ["int64", "float32", "float32"] + ["string"] * 4


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (_workbook(), "an Excel workbook"),
        (_archive(), "a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "an Excel workbook of the old kind"),
        (b"SQLite format 3\0" + b"\0" * 84, "an SQLite database"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"<stata_dta><header>" + b"\0" * 84, "a file of Stata"),
        (b"$FL2@(#) SPSS" + b"\0" * 84, "a file of SPSS"),
        (b"\x93NUMPY\x01\0", "an array of NumPy"),
        (b"@RELATION iris\n@attribute a numeric\n@data\n1\n", "an ARFF file of Weka"),
        (b"% iris\n@relation iris\n@attribute a numeric\n@data\n1\n", "an ARFF file of Weka"),
        (b'\n {"a": 1}', "JSON"),
        (b'[{"a": 1}]', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "a pointer of Git LFS"),
        (b"ARROW1\0\0", "an Arrow file"),
        (b"ORC\x0a", "an ORC file"),
        (b"Obj\x01\x04", "an Avro file"),
        (b"7z\xbc\xaf\x27\x1c\0", "a 7z archive"),
        (gzip.compress(_archive()), "a ZIP archive"),
    ],
    ids=_id,
)
def test_read_what_is_no_table_names_it_and_the_remedy(
    read: Read, content: bytes, what: str
) -> None:
    (problem,) = problems_of(read(content))
    assert problem.startswith(f"table.csv: this is {what}")
    assert "\n    next     " in problem
    assert "UTF-16" not in problem and "NUL" not in problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (gzip.compress(ROWS.encode() * 9999)[:-20], "table.csv: a damaged gzip file"),
        (bz2.compress(ROWS.encode() * 9999)[:-20], "table.csv: a damaged bzip2 file"),
        (lzma.compress(ROWS.encode() * 9999)[:-20], "table.csv: a damaged xz file"),
        (b"PAR1" + b"\0" * 40 + b"PAR1", "table.csv: a damaged Parquet file"),
        (b"a,b\n1,x\n2,x\0y\n", "table.csv:3: a NUL byte\n    received byte 11"),
        (b"a,b\n1,x\n2,caf\xe9\n", "table.csv:3: byte 13 is not UTF-8 text"),
        (b"\xef\xbb\xbfa,b\n2,caf\xe9\n", "table.csv:2: byte 12 is not UTF-8 text"),
    ],
    ids=_id,
)
def test_read_damaged_file_says_why_and_where(read: Read, content: bytes, expected: str) -> None:
    (problem,) = problems_of(read(content))
    assert problem.startswith(expected)


def test_read_other_encoding_is_refused_with_the_setting_that_reads_it(read: Read) -> None:
    content = "a,b\n1,café\n2,x\n".encode("windows-1252")
    (problem,) = problems_of(read(content))
    assert "data.csv.encoding: windows-1252" in problem
    table = read(content, csv={"encoding": "windows-1252"})
    assert (table.rows, problems_of(table)) == (2, [])


def test_read_nested_parquet_names_the_columns(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [[1], [2]], "b": [1, 2]}), tmp_path / "made.parquet")
    (problem,) = problems_of(read((tmp_path / "made.parquet").read_bytes(), "t.parquet"))
    assert problem.startswith("t.parquet: columns of lists or structures\n    received a")


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        (pa.array([decimal.Decimal("1.50"), None]), ["1.50", ""]),
        (pa.array([decimal.Decimal("0.00000000001"), None]), ["0.00000000001", ""]),
        (pa.array([decimal.Decimal("-1.50"), None], pa.decimal256(40, 2)), ["-1.50", ""]),
        (pa.array([decimal.Decimal("7"), None]).dictionary_encode(), ["7", ""]),
        (pa.array([True, None]), ["True", ""]),
        (pa.array([True, False]).dictionary_encode(), ["True", "False"]),
        (pa.array([7, None]).dictionary_encode(), ["7", ""]),
        (pa.array([7.0, None]).dictionary_encode(), ["7.0", ""]),
        (pa.array([b"ab", b"\xffb"], pa.binary(2)), ["ab", "\\xffb"]),
        (pa.array([datetime.date(2020, 1, 2), None]), ["2020-01-02", ""]),
        (pa.array([2**63, None], pa.uint64()), [str(2**63), ""]),
        (pa.array([-0.0, 1e300]), ["-0.0", "1e+300"]),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_read_parquet_of_any_type_gives_texts_as_csv_has_them(
    read: Read, tmp_path: Path, column: Any, cells: list[str]
) -> None:
    pq.write_table(pa.table({"a": column, "b": ["x", "y"]}), tmp_path / "made.parquet")
    table = read((tmp_path / "made.parquet").read_bytes(), "table.parquet")
    with OpenTable(table.path, table.needs.csv) as opened:
        assert list(opened.records) == [[cells[0], "x"], [cells[1], "y"]]


def test_read_parquet_with_spans_of_time_names_them(read: Read, tmp_path: Path) -> None:
    spans = pa.array([datetime.timedelta(seconds=1)])
    pq.write_table(pa.table({"a": spans}), tmp_path / "made.parquet")
    (problem,) = problems_of(read((tmp_path / "made.parquet").read_bytes(), "t.parquet"))
    assert problem.startswith("t.parquet: columns of spans of time\n    received a")


def test_read_parquet_damaged_behind_its_footer_is_named(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": list(range(9000))}), tmp_path / "made.parquet")
    content = bytearray((tmp_path / "made.parquet").read_bytes())
    content[8:600] = b"\xff" * 592
    (problem,) = problems_of(read(bytes(content), "t.parquet"))
    assert problem.startswith("t.parquet: a damaged Parquet file\n    received ")


def test_read_packed_parquet_says_to_unpack_it(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "made.parquet")
    packed = gzip.compress((tmp_path / "made.parquet").read_bytes())
    (problem,) = problems_of(read(packed, "t.parquet.gz"))
    assert problem.startswith("t.parquet.gz: this is a packed Parquet file")


def test_read_index_of_a_pandas_frame_is_left_out(read: Read, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "__index_level_0__": [7]}), tmp_path / "made.parquet")
    table = read((tmp_path / "made.parquet").read_bytes(), "t.parquet")
    assert table.header == ("a",)
    assert table.notes == ("__index_level_0__ left out: the index of a pandas frame",)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "punycode"])
def test_read_text_that_is_not_in_its_encoding_is_named(read: Read, encoding: str) -> None:
    (problem,) = problems_of(read("a,b\n1,x\n2,y\n", csv={"encoding": encoding}))
    assert problem.startswith("table.csv")
    assert f"not {encoding.upper()} text" in problem
    assert "data.csv.encoding" in problem


def test_read_parquet_beside_text_with_a_decimal_comma_has_its_values(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"a": [1.5, 1.125], "d": [decimal.Decimal("2.5"), None]}), tmp_path / "a.parquet"
    )
    (tmp_path / "b.csv").write_text("a;d\n7,5;1,125\n")
    needs = table_needs(csv={"decimal": ","}, a="number", d="number")
    table = read_table(tmp_path, needs)
    assert problems_of(table) == []
    assert staged_rows(table) == [[1.5, 2.5], [1.125, None], [7.5, 1.125]]
    (first, *_) = problems_of(read_table(tmp_path, table_needs(a="number", d="unused")))
    assert "cannot be read as a number" in first  # and never 1125


def test_source_bytes_of_no_file_raises_and_leaves_no_other_exception_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", ignored.append)
    with pytest.raises(UnreadableError, match="it cannot be read"):
        SourceBytes(tmp_path / "none.csv")
    gc.collect()
    assert not ignored
