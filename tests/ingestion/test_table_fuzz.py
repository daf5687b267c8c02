"""Whatever bytes a table is made of, it is read, or refused by file and line; nothing is raised."""

from __future__ import annotations

import csv
import gzip
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import problems_of, table_needs
from tfx_pipeline.ingestion.needs import BadRowNeeds, LabelNeeds
from tfx_pipeline.ingestion.quarantine.reading import read_usable
from tfx_pipeline.ingestion.reading import blocks
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table_reading import read_table

PIECES = st.sampled_from(
    [
        *("a", "b", "y", "1", "0", "2.5", "-7", "é", " ", "", "NA", "?", "1,5", "1.234", "o'clock"),
        *(",", ",", ",", ";", "\t", "|", "\n", "\n", "\n", "\r\n", "\r", '"', '"', "#", "sep=;\n"),
        *("a,b,y\n", "1,2,0\n", "3,x,1\n", "\0", "\ufeff", "\u2028", "\x1a", "=1+1", "'"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
BYTES = st.one_of(
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: ("a,b,y\n1,x,0\n" + text).encode()),
    TEXTS.map(lambda text: text.encode("utf-16")),
    TEXTS.map(lambda text: gzip.compress(text.encode())[:-3]),
    TEXTS.map(lambda text: text.encode("latin-1", "replace")),
    st.binary(max_size=80),
    st.binary(max_size=80).map(lambda tail: b"PAR1" + tail),
)
LABELS = st.sampled_from(
    [
        None,
        LabelNeeds("y", "binary", place="t.yaml:9"),
        LabelNeeds("y", "binary", classes=("0", "1"), place="t.yaml:9"),
        LabelNeeds("y", "binary", "y / a > 0.5", place="t.yaml:9"),
        LabelNeeds("y", "regression", place="t.yaml:9"),
    ]
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(BYTES, LABELS, st.sampled_from(["number", "category", "moment", "text"]))
def test_read_any_bytes_refuses_by_place_or_stages(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, label: LabelNeeds | None, use: str
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "table.csv").write_bytes(content)
    uses = {"a": use, "b": "category"}
    if label:
        uses["y"] = "category" if label.classes else "number"
        uses["a"] = "number" if label.rule else use
    needs = table_needs(label, splits={"train": 2, "eval": 1}, **uses)  # type: ignore[arg-type]
    table = read_table(folder / "table.csv", needs)
    problems = problems_of(table)
    counted = ("more row", "more column", "more label")
    assert all(
        "table.csv" in text or "t.yaml" in text or any(words in text for words in counted)
        for text in problems
    ), problems
    if not table.problems and table.header:
        stage_table(table, folder / "staged")


CELLS = st.sampled_from(
    [
        *("1", "0", "2.0", "2.50", "7", "007", "+7", "-3", "", "", " ", "NA", "?", "a", "x y"),
        *("1,5", "1.234", "1e3", "1e39", "inf", "16777217", "16777219.0", "9007199254740993"),
    ]
)
COLUMNS = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=12)
TYPES = st.dictionaries(st.sampled_from("aby"), st.sampled_from(["INT", "FLOAT", "BYTES"]))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(COLUMNS, LABELS, st.sampled_from(["number", "category", "text"]), TYPES, st.integers(1, 3))
def test_read_in_blocks_of_any_size_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    label: LabelNeeds | None,
    use: str,
    schema: dict[str, str],
    block: int,
) -> None:
    file = tmp_path_factory.mktemp("blocks") / "table.csv"
    lines = [",".join(f'"{cell}"' for cell in row) for row in [["a", "b", "y"], *rows]]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    kind = "category" if label and label.classes else "number"
    needs = table_needs(label, schema, a=use, b="category", y=kind)  # type: ignore[arg-type]
    readings = []
    for size in (blocks._BLOCK_ROWS, block):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "_BLOCK_ROWS", size)
            patch.setattr(blocks.RegularFormat, "of", lambda *_: None)
            table = read_table(file, needs)
            labels = table.labels
            left_out = [
                [rows.tolist() for rows in x.values()] for x in (labels.without, labels.dropped)
            ]
            rest = (left_out, labels.first_without, labels.counts)
            readings.append((table.plans, table.notes, problems_of(table), table.digest, rest))
    assert readings[0] == readings[1]


ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(ROWS, TYPES, LABELS, st.sampled_from(["number", "category", "moment"]))
def test_read_any_rows_with_a_quarantine_loses_and_doubles_none(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[list[str]],
    schema: dict[str, Any],
    label: LabelNeeds | None,
    use: str,
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    lines = [["a", "b", "y"], *rows]
    with (folder / "table.csv").open("w", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(lines)
    uses = {"a": use, "b": "category"}
    if label:
        uses["y"] = "category" if label.classes else "number"
    needs = table_needs(label, schema, splits={"train": 2, "eval": 1}, **uses)  # type: ignore[arg-type]
    needs = replace(needs, bad_rows=BadRowNeeds(True, 1.0))
    table, aside = read_usable(folder / "table.csv", needs, staging=folder / "staged")
    indices = [row.row_number for row in aside]
    assert indices == sorted(set(indices))
    assert table.rows + len(aside) == table.rows_read == len(rows)
    ragged = {i for i, row in enumerate(rows) if len(row) != 3}
    assert ragged <= set(indices)
    for row in aside:
        assert next(csv.reader([row.row])) == rows[row.row_number]
    if not problems_of(table):
        copy = StagedTable(stage_table(table, folder / "staged"))
        assert (copy.rows_read, copy.quarantined) == (len(rows), len(aside))
        assert copy.rows + copy.rows_left_out + copy.quarantined == len(rows)
