"""Whatever bytes a table is made of, it is read, or refused by file and line; nothing is raised."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import problems_of, table_needs
from tfx_pipeline.ingestion.needs import LabelNeeds
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table import read_table

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


@settings(max_examples=400, deadline=None, derandomize=True)
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
    counted = ("more rows have", "more column", "more labels")
    assert all(
        "table.csv" in text or "t.yaml" in text or any(words in text for words in counted)
        for text in problems
    ), problems
    if not table.problems and table.header:
        stage_table(table, folder / "staged")
