"""What a query gives, in the order of the query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.batch.reading.blocks import Block, Wanted, without_records
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery


class QueryPart:
    """A query, which runs each time its blocks are asked for; see `Part`.

    Raises:
        UnreadableError: the database cannot be reached, or refuses the query.
    """

    note = ""
    rows: int | None = None

    def __init__(self, query: SqlQuery) -> None:
        from tfx_pipeline.ingestion.reading.sql.result import SqlResult

        self.path, self.share = Path(query.name), 0.0
        self._query = query
        self._result: Any = SqlResult(query)  # the first reading is of this one
        self._reading: Any = None
        self.names: list[str] = self._result.names
        self._types = dict(zip(self.names, self._result.types, strict=True))

    def type_of(self, name: str) -> Any:
        """See `Part`."""
        return self._types[name]

    def blocks(self, wanted: Wanted, skip: int) -> Iterator[Block]:
        """See `Part`; what is skipped is asked for."""
        yield from without_records(self._blocks(wanted), skip)
        self.share = 1.0

    def close(self) -> None:
        """Let go of the database."""
        for result in (self._result, self._reading):
            if result:
                result.close()

    def _blocks(self, wanted: Wanted) -> Iterator[Block]:
        from tfx_pipeline.ingestion.reading.sql.result import SqlResult

        result, self._result = self._result or SqlResult(self._query), None
        self._reading, start = result, 0
        with result:
            for batch in result.batches():
                rows = batch.num_rows
                columns = {
                    name: column
                    for name, column in zip(self.names, batch.columns, strict=True)
                    if name in wanted.names
                }
                yield Block(columns, np.arange(start, start + rows))
                start += rows
