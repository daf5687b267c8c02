"""The copy that ExampleGen reads: what is written, and under which name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.ingestion.conftest import Read, staged_rows, table_needs
from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.needs import LabelNeeds
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table

SMALL = b"a,b,c\n1,2.5,x\n,,\n3,,y\n"


@pytest.mark.parametrize(
    "content",
    [
        SMALL,
        b"\xef\xbb\xbf" + SMALL,
        SMALL.replace(b"\n", b"\r\n"),
        SMALL.replace(b"\n", b"\r"),
        SMALL.replace(b"a,b,c", b'"a", b ,"c"'),
        SMALL.replace(b"\n", b"\n\n").replace(b"a,b", b'"a",b'),
        SMALL[:-1].replace(b"x", b'"x"'),
        SMALL.replace(b",", b";"),
        SMALL.replace(b",", b"\t"),
        b"sep=,\n" + SMALL,
        b"# by hand\n" + SMALL,
        SMALL.decode().encode("utf-16"),
        SMALL.replace(b"2.5", b'"2,5"').replace(b"a,b,c", b"a,b,c"),
        SMALL.replace(b",,\n", b",NA,\n"),
    ],
)
def test_stage_odd_file_writes_the_plain_one(read: Read, tmp_path: Path, content: bytes) -> None:
    table = read(content, a="number", b="number", c="category")
    staged = stage_table(table, tmp_path / "staged")
    assert (table.header, table.rows, table.problems) == (("a", "b", "c"), 3, ())
    copy = StagedTable(staged)
    assert copy.types == {"a": "int64", "b": "float32", "c": "string"}
    (file,) = copy.files
    (batch,) = copy.batches(file)
    assert batch.to_pydict() == {"a": [1, None, 3], "b": [2.5, None, None], "c": ["x", None, "y"]}
    assert [str(x) for x in batch.schema.types] == ["int64", "float", "string"]


def test_stage_lone_quote_and_line_break_are_kept(read: Read) -> None:
    assert staged_rows(read(b'a,b\n5" disk,"x\r\ny"\n')) == [['5" disk', "x\r\ny"]]


def test_stage_twice_keeps_one_copy_named_after_its_content(taxi: Path, tmp_path: Path) -> None:
    target = tmp_path / "staged"
    first = stage_table(read_table(taxi), target)
    os.utime(taxi / "data.csv", (1, 1))
    assert stage_table(read_table(taxi), target) == first
    with (taxi / "data.csv").open("a") as table:
        table.write(",".join(["1"] * 18) + "\n")
    changed = read_table(taxi)
    second = stage_table(changed, target)
    assert second.name == changed.digest[:16] != first.name
    assert [entry.name for entry in target.iterdir()] == [second.name]
    assert StagedTable(second).rows == 51
    assert {file.stat().st_mtime for file in second.iterdir()} == {0}


def test_stage_refused_table_raises_and_writes_nothing(read: Read, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 columns have the name `a`"):
        stage_table(read(b"a,a\n1,2\n"), tmp_path / "staged")
    assert not (tmp_path / "staged").exists()


def test_stage_files_that_differ_in_suffix_alone_are_both_written(
    read: Read, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    read("a\n1\n", "folder/t.csv")
    read("a\n2\n", "folder/t.CSV")
    read("a\tb\n", "folder/t.tsv")
    (tmp_path / "folder/t.tsv").write_text("a\n3\n")
    table = read_table(tmp_path / "folder", table_needs(a="number"))
    staged = stage_table(table, tmp_path / "staged")
    copy = StagedTable(staged)
    found = {x.name: [b.to_pydict() for b in copy.batches(x)] for x in copy.files}
    assert found == {
        "t.csv.arrow": [{"a": [1]}],
        "t.CSV.arrow": [{"a": [2]}],
        "t.tsv.arrow": [{"a": [3]}],
    }


def test_stage_leaves_rows_without_a_label_out(read: Read, tmp_path: Path) -> None:
    label = LabelNeeds("y", "binary")
    table = read("x,y\n1,0\n2,\n3,1\n", label=label, y="number", x="number")
    assert staged_rows(table) == [[1, 0], [3, 1]]
    copy = StagedTable(stage_table(table, tmp_path / "staged"))
    assert (copy.rows, copy.rows_left_out) == (2, 1)


def test_stage_for_another_label_leaves_other_rows_out(read: Read, tmp_path: Path) -> None:
    text = "x,y,z\n1,,1\n2,1,\n3,0,0\n4,1,1\n"
    copies = []
    for column in ("y", "z"):
        table = read(text, label=LabelNeeds(column, "binary"), y="number", z="number")
        copies.append(staged_rows(table))
    last = [[3, 0, 0], [4, 1, 1]]
    assert copies == [[[2, 1, None], *last], [[1, None, 1], *last]]
