"""What a query gives, read to its end."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.sql.result import SqlResult

PLACE = "pipeline.yaml:4"


def answer(url: str, text: str, password: str = "") -> pa.Table:
    """Give all rows."""
    with SqlResult(SqlQuery(url, text, place=PLACE, password=password)) as result:
        batches = list(result.batches())
    return pa.Table.from_batches(batches)


def types(table: pa.Table) -> dict[str, str]:
    return {field.name: str(field.type) for field in table.schema}


def values(table: pa.Table, row: int = 0) -> dict[str, Any]:
    return table.slice(row, 1).to_pylist()[0]


def refusal(url: str, text: str, password: str = "") -> Problem:
    """Give why there is no answer."""
    with pytest.raises(UnreadableError) as raised:
        answer(url, text, password)
    if password:
        assert password not in str(raised.getrepr(chain=True))
        assert password not in repr(raised.value.problem)
    assert raised.value.problem.place == PLACE
    return raised.value.problem
