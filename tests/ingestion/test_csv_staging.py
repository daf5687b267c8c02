"""The copy that TFX reads: what is written, and under which name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.csv_source import content_digest, inspect_csv, stage_csv

SMALL = b"a,b,c\n1,2.5,x\n,,\n3,,y\n"


def write(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + SMALL,
        SMALL.replace(b"\n", b"\r\n"),
        SMALL.replace(b"\n", b"\r"),
        SMALL.replace(b"a,b,c", b'"a", b ,"c"'),
        SMALL.replace(b"\n", b"\n\n").replace(b"a,b", b'"a",b'),
        SMALL[:-1].replace(b"x", b'"x"'),
    ],
)
def test_stage_odd_file_writes_the_plain_one(tmp_path: Path, content: bytes) -> None:
    table = inspect_csv(write(tmp_path, content))
    staged = stage_csv(table, tmp_path / "staged")
    assert (table.header, table.rows, table.problems) == (("a", "b", "c"), 3, ())
    assert (staged / "table.csv").read_bytes() == SMALL


def test_stage_lone_quote_and_line_break_are_quoted(tmp_path: Path) -> None:
    table = inspect_csv(write(tmp_path, b'a,b\n5" disk,"x\r\ny"\n'))
    staged = stage_csv(table, tmp_path / "staged")
    assert (staged / "table.csv").read_bytes() == b'a,b\n"5"" disk","x\r\ny"\n'


def test_stage_twice_keeps_one_copy_named_after_its_content(taxi: Path, tmp_path: Path) -> None:
    target = tmp_path / "staged"
    first = stage_csv(inspect_csv(taxi), target)
    os.utime(taxi / "data.csv", (1, 1))
    assert stage_csv(inspect_csv(taxi), target) == first
    with (taxi / "data.csv").open("a") as table:
        table.write(",".join(["1"] * 18) + "\n")
    second = stage_csv(inspect_csv(taxi), target)
    assert second.name == content_digest(taxi)[:16] != first.name
    assert [entry.name for entry in target.iterdir()] == [second.name]
    assert (second / "data.csv").read_bytes() == (taxi / "data.csv").read_bytes()
    assert (second / "data.csv").stat().st_mtime == 0


def test_stage_refused_table_raises_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 columns have the name `a`"):
        stage_csv(inspect_csv(write(tmp_path, b"a,a\n1,2\n")), tmp_path / "staged")
    assert not (tmp_path / "staged").exists()


def test_content_digest_is_the_summarys_and_follows_names_and_bytes(tmp_path: Path) -> None:
    path = write(tmp_path, b"\xef\xbb\xbf" + SMALL)
    digest = content_digest(path)
    assert digest == inspect_csv(path).digest == content_digest(tmp_path)
    assert digest != content_digest(path.rename(tmp_path / "other.csv"))
    assert digest != content_digest(write(tmp_path, SMALL))
