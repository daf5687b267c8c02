"""Arrow and the careful reader see the same cells; what they might see otherwise is not plain."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.schemas.text_blocks import (
    NotPlainError,
    arrow_blocks,
    careful_blocks,
    header_of,
    places_of,
)

USUAL = CsvFormat()


def rows_of(blocks: object) -> list[dict[str, str]]:
    return [row for block in blocks for row in pa.table(block.columns).to_pylist()]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n,y\n",
        "a;b\n1;x\n2;y",
        "a,b\r\n1,x\r\n2,y\r\n",
        'a,b\n"1,5","x ""y"""\n2,"two\nlines"\n',
        "a,b\n1,x\n\n2,y\n\n",
        "\ufeffa,b\n1,ä\n",
        ",a,b\n0,1,x\n1,2,y\n",
        "a,b\n",
        " a , b \n 1 , x \n",
        "a\tb\n1\tNA\n",
        "a,b\nnull,\n",
    ],
)
def test_arrow_blocks_are_the_careful_ones(text: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8", newline="")
    expected = rows_of(careful_blocks(file, USUAL))
    try:
        found = rows_of(arrow_blocks(file, USUAL))
    except NotPlainError:
        assert ", " in text or text.startswith(" ")
        return
    assert found == expected


@pytest.mark.parametrize(
    "content",
    [
        b'a,b\n1,x"y"z\n',
        b'a,b\n""1,x\n',
        b'a,b\n1,"x\n2,"y\n',
        b"a,b\n1,x\x00y\n",
        b"a,b\r1,x\r2,y\r",
        b"a,b\n1,x\n2\n",
        b"a,b\n1,\xff\n",
        b'a,b\n1,"x\n',
        b"# made by hand\na,b\n1,x\n",
        b"PAR1",
    ],
)
def test_arrow_blocks_of_what_is_not_plain_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(NotPlainError):
        list(arrow_blocks(tmp_path / "t.csv", USUAL))


@pytest.mark.parametrize("csv", [CsvFormat(missing_values=("-",)), CsvFormat(names=("a", "b"))])
def test_arrow_blocks_leave_special_formats_to_the_careful_reader(
    csv: CsvFormat, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,-\n", encoding="utf-8")
    with pytest.raises(NotPlainError):
        list(arrow_blocks(tmp_path / "t.csv", csv))


def test_places_of_count_lines_of_quoted_cells_and_blank_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "t.csv"
    file.write_text('a,b\n1,"x\ny"\n\n2,z\n3,w\n', encoding="utf-8")
    cells = [Cell(file, row, "") for row in (2, 0, 1)]
    assert places_of(cells, USUAL) == ["t.csv:6", "t.csv:2", "t.csv:5"]


def test_header_of_a_table_with_two_equal_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,a\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        header_of(tmp_path / "t.csv", USUAL)


@pytest.mark.parametrize("seed", range(200))
def test_arrow_blocks_of_random_bytes_are_careful_ones_or_refused(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfx_pipeline.schemas.text_blocks._BLOCK_BYTES", 16 + seed % 7)
    generator = random.Random(seed)
    pieces = ['"', '""', ",", "\n", "\r\n", "x", "1", " ", "ä", "\r", '"a"', '"b,c"', '"d\n"']
    weights = [1, 2, 20, 20, 5, 20, 20, 3, 3, 0.2, 5, 5, 5]
    text = "a,b\n" + "".join(generator.choices(pieces, weights, k=generator.randint(1, 60)))
    file = tmp_path / "t.csv"
    file.write_bytes(text.encode())
    try:
        found = rows_of(arrow_blocks(file, USUAL))
    except NotPlainError:
        return
    table = read_table(file)
    assert not table.unreadable, text
    assert found == rows_of(careful_blocks(file, USUAL)), text
