"""What Arrow reads is what `csv.reader` reads; where that is not sure, `csv.reader` goes on."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading import blocks as module
from tfx_pipeline.ingestion.reading import regular_text
from tfx_pipeline.ingestion.reading.blocks import RegularFormat, TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError

PIECES = st.sampled_from(
    [
        *("a", "1", "2.5", "é", " ", "", "NA", "x y", "o'clock", "\u2028", "\ufeff", "\x0b"),
        *(",", ",", ",", ",", "\n", "\n", "\n", "\r\n", "\r", '"', '"', '""', '"x"', "'", "\0"),
        *("1,2,3\n", '1,"x,y",3\n', '"1","",""\n', ',,\n"a\nb",2,3\n', "\n\n", "#", "\\"),
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)
SIZES = st.sampled_from([16, 60, 1 << 22])
FORMATS = st.sampled_from(
    [
        *({}, {}, {"missing_values": ("NA", "1")}, {"names": ("p", "q", "r")}, {"quote": "'"}),
        *({"delimiter": ";"}, {"delimiter": " "}, {"missing_in": {"b": ("NA", "1"), "d": ("a",)}}),
    ]
)


def rows_of(file: Path, wanted: CsvFormat) -> tuple[Any, ...]:
    """Everything that reading a file gives, row by row; what is wrong with it, too."""
    rows: list[Any] = []
    try:
        table = TableBlocks(file, wanted)
        for block in table.blocks():
            columns = [column.to_pylist() for column in block.columns]
            rows += zip(map(int, block.indices), *columns, strict=True)
            rows += [(index, "ragged", row) for index, row in block.ragged]
    except UnreadableError as error:
        return ([], str(error.problem))
    return (sorted(rows, key=lambda row: row[0]), table.header, table.note, table.digest)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(TEXTS, FORMATS, SIZES, st.booleans())
@example('1,"a"b,3\n', {}, 16, False)
@example("1,2,3\n\n\n", {}, 16, False)
@example("1,2,3\n\n4,5,6\n", {}, 16, False)
@example('1,"x', {}, 1 << 22, False)
def test_regular_text_is_read_as_with_care(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    csv: dict[str, Any],
    size: int,
    has_blanks: bool,
) -> None:
    file = tmp_path_factory.mktemp("regular") / "t.csv"
    start = "a, b, c\n1, 2, 3\n" if has_blanks else "a,b,c\n1,2,3\n"
    file.write_bytes((start + text).encode())
    wanted = CsvFormat(**csv)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular_text, "_BLOCK_BYTES", size)
        by_arrow = rows_of(file, wanted)
        patch.setattr(module.RegularFormat, "of", lambda *_: None)
        assert by_arrow == rows_of(file, wanted)


@pytest.mark.parametrize(
    ("text", "is_regular"),
    [
        ("1,2\n3,4\n", True),
        ("1,2\r\n3,4\r\n", True),
        ('"1","x, ""y"""\n3,4', True),
        ('1,"x\ny"\n', True),
        ("1,2\n3,4\n\n\n", True),
        ('1,5" disk\n', False),
        ("1,2\r3,4\n", False),
        ("1,2\n\n3,4\n", False),
        ("1,2\n3\n", False),
    ],
)
def test_text_that_arrow_reads_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_regular: bool
) -> None:
    content = b"a,b\n" + text.encode("utf-8", "surrogateescape")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(content))
    again: list[int] = []
    monkeypatch.setattr(TableBlocks, "_careful_blocks", lambda _, start: again.append(start) or [])
    table = TableBlocks(tmp_path / "t.csv.gz", CsvFormat())
    list(table.blocks())
    assert (again == []) is is_regular
    assert (table.digest == hashlib.sha256(content).hexdigest()) is is_regular


def test_format_that_arrow_does_not_know_is_none() -> None:
    dialect = regular_text.Dialect
    assert RegularFormat.of(dialect(), 1, 2) is not None
    assert RegularFormat.of(dialect(delimiter="§"), 1, 2) is None
    assert RegularFormat.of(dialect(comment="#"), 1, 2) is None
    assert RegularFormat.of(dialect(quote=","), 1, 2) is None
