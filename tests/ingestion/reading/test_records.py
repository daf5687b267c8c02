"""Records of a file, with the lines on which they begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.records import lines_of, numbered_records

HASH: dict[str, Any] = {"comment": "#"}
NAMES: dict[str, Any] = {"names": ("a", "b")}


@pytest.mark.parametrize(
    ("text", "csv", "lines"),
    [
        ("a,b\n1,2\n3,4\n", {}, [2, 3]),
        ("a,b\r1,2\r3,4", {}, [2, 3]),
        ("a,b\r\n1,2\r\n3,4\r\n", {}, [2, 3]),
        ('a,b\n1,"x\ny"\n3,4\n', {}, [2, 4]),
        ("# by hand\na,b\n1,2\n\n3,4\n", {}, [3, 5]),
        ("1,2\n3,4\n", NAMES, [1, 2]),
        ('\n\n1,"2\n"\n3,4\n', NAMES, [3, 5]),
        ("a,b\n#k\n1,2\n#l\n#m\n3,4\n", HASH, [3, 6]),
        ('a,b\n#k\n1,"2\n#l\n"\n#m\n3,4\n#n\n', HASH, [3, 7]),
        ("#k\n1,2\n#l\n3,4\n", {**HASH, **NAMES}, [2, 4]),
    ],
)
def test_numbered_records_begin_where_an_editor_shows_them(
    tmp_path: Path, text: str, csv: dict[str, Any], lines: list[int]
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode())
    numbered = list(numbered_records(file, CsvFormat(**csv)))
    assert [line for line, record in numbered if record] == lines
    indices = [index for index, (_, record) in enumerate(numbered) if record]
    assert list(lines_of(file, indices, CsvFormat(**csv)).values()) == lines


@pytest.mark.parametrize(
    ("text", "csv", "line"),
    [
        ('a,b\n1,2\n3,"4\n', {}, 3),
        ('a,b\n1,2\n\n3,"4"x\n', {}, 4),
        ('a,b\n#k\n1,2\n#l\n#m\n3,"4\n#n\n', HASH, 6),
    ],
)
def test_records_with_a_broken_quote_name_where_it_begins(
    tmp_path: Path, text: str, csv: dict[str, Any], line: int
) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(text.encode())
    with pytest.raises(UnreadableError) as caught:
        list(numbered_records(file, CsvFormat(**csv)))
    assert caught.value.problem.place == f"{file}:{line}"
