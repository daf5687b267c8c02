"""Numbers of Parquet give the same answers as the same numbers written as texts."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ingestion.conftest import problems_of, table_needs
from tfx_pipeline.ingestion import table_reading
from tfx_pipeline.ingestion.needs import Use
from tfx_pipeline.ingestion.table_reading import read_table

INTEGERS = st.none() | st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5)
FLOATS = st.none() | st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 2.5, 1.125, 12.375, 16777217.0, 2.0**53 + 2, 1e-5, 1e15]),
    st.floats(width=32),
    st.integers(-50, 50).map(float),
)
COLUMNS = st.one_of(
    st.lists(INTEGERS, min_size=1, max_size=12).map(lambda x: pa.array(x, pa.int64())),
    st.lists(FLOATS, min_size=1, max_size=12).map(lambda x: pa.array(x, pa.float64())),
    st.lists(FLOATS, min_size=1, max_size=12).map(lambda x: pa.array(x, pa.float32())),
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(COLUMNS, st.sampled_from(["number", "moment", "unused"]), st.booleans())
def test_numbers_are_summed_up_as_their_texts_would_be(
    tmp_path_factory: pytest.TempPathFactory, column: Any, use: Use, rows_apart: bool
) -> None:
    file = tmp_path_factory.mktemp("numbers") / "t.parquet"
    names = ["x"] * len(column)
    pq.write_table(pa.table({"a": column, "b": names}), file)
    needs = table_needs(a=use, b="category")
    answers = []
    for by_texts in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            size = 1 if rows_apart else 1 << 15
            patch.setattr("tfx_pipeline.ingestion.reading.parquet._BLOCK_ROWS", size)
            if by_texts:
                patch.setattr(table_reading, "add_numbers", lambda *_: False)
            table = read_table(file, needs)
        scan = vars(table.columns[0]) | {"styles": table.columns[0].styles.styles}
        kept = {name: scan[name] for name in scan if name != "first_loose"}
        answers.append((kept, table.plans, table.notes, problems_of(table), table.digest))
    assert answers[0] == answers[1]
