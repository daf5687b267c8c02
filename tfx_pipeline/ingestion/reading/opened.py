"""What gives the rows of each part of a table, whatever it is: text, Parquet, TFRecord, a query."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.batch_blocks import BatchBlocks
from tfx_pipeline.ingestion.reading.blocks import RowBlock, TableBlocks
from tfx_pipeline.ingestion.reading.examples import Examples
from tfx_pipeline.ingestion.reading.formats import SourceBytes, UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.sql.result import SqlResult
from tfx_pipeline.ingestion.reading.table_files import shown


class Blocks(Protocol):
    """See `TableBlocks`."""

    header: list[str]
    note: str
    digest: str
    has_lines: bool
    share: float | None

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows."""


OpenBlocks = Callable[[], Blocks]
"""Opens a part; raises UnreadableError where it holds no table that can be read."""


def opened_blocks(
    files: Sequence[Path],
    wanted: CsvFormat,
    query: SqlQuery | None,
    most_records: int | None = None,
) -> Iterator[tuple[Path, OpenBlocks]]:
    """Yield each part of a table, with what opens it; to be opened before the next one is.

    Of a file of TFRecord, which is decoded as a whole, `most_records` limits how many are.
    """
    if query:
        with contextlib.ExitStack() as stack:
            yield query.path, partial(_of_query, query, wanted, stack)
        return
    kinds = {file: _holds_records(file) for file in files}
    if True not in kinds.values():
        yield from ((file, partial(TableBlocks, file, wanted)) for file in files)
        return
    with contextlib.ExitStack() as stack:
        records = [file for file in files if kinds[file] is not False]
        of_records = _Records(records, wanted, stack, most_records)
        for file in files:
            if kinds[file] is False:
                yield file, partial(_refuse, file)
            else:
                yield file, partial(of_records.open, file)


def _of_query(query: SqlQuery, wanted: CsvFormat, stack: contextlib.ExitStack) -> Blocks:
    result = stack.enter_context(SqlResult(query))
    return BatchBlocks(result.names, result.batches(), wanted)


def _holds_records(file: Path) -> bool | None:
    """Tell whether a file is TFRecord; None: it is empty, as a shard without records is."""
    try:
        with SourceBytes(file) as source:
            return source.is_records or (None if source.is_empty else False)
    except UnreadableError:
        return False  # which will be told when it is opened


def _refuse(file: Path) -> Blocks:
    what = "it is no TFRecord, and other files of the table are"
    raise UnreadableError(Problem(what, shown(file), allowed="files of one kind in a folder"))


class _Records:
    """Files of records, all of which are read when the first one is opened."""

    def __init__(
        self,
        files: Sequence[Path],
        wanted: CsvFormat,
        stack: contextlib.ExitStack,
        most: int | None,
    ) -> None:
        self._files, self._wanted, self._stack, self._most = files, wanted, stack, most
        self._examples: Examples | None = None

    def open(self, file: Path) -> Blocks:
        if self._examples is None:
            self._examples = Examples(self._files, self._most)
            self._stack.callback(self._examples.close)
        examples = self._examples
        return BatchBlocks(
            examples.names, examples.batches(file), self._wanted, examples.digests[file]
        )
