"""Where the copy of a table is that ExampleGen reads, and how its rows will be divided."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.typed_columns import typed_batch
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder, listed_examples
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.reading.arrow_arrays import kept_rows
from tfx_pipeline.ingestion.reading.opened import opened_blocks
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staged_copy.writing import remove_copies
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table


def stage_table(table: Table, target_dir: Path) -> Path:
    """Give the copy of a table without problems, and remove earlier ones.

    It was written while the table was read, if `read_table` was asked to; else it is read again.

    Returns:
        A folder, `target_dir/<digest>`, see `staged`. It is complete or absent, and is used again
        for the same content.

    Raises:
        DataError: the table has problems, or is not what it was.
        PlaceError: it cannot be written.
    """
    if table.problems:
        raise DataError(table.problems)
    staged = target_dir / staged_name(table)
    if not staged.is_dir():
        files = [file.path for file in table.files]
        again = read_table(
            table.path, table.needs, files, target_dir, table.spans, table.aside, table.query
        )
        if again.problems or again.staged != staged:
            problem = Problem("the table changed while it was read", shown(table.path))
            raise DataError([*again.problems, problem])
    remove_copies(target_dir, staged)
    return staged


def staged_name(table: Table) -> str:
    """Name the folder of a table's copy, by its content."""
    return table.digest[:16]


def count_splits(table: Table) -> dict[str, int]:
    """Count the rows of each split of a table that can be staged; read again, or its copy.

    Raises:
        DataError: a row is of no split.
    """
    splitter = Splitter.of_rows(table.needs.split, _typed_batches(table))
    encoder = ExampleEncoder({plan.name: plan.type for plan in table.plans})
    counts = np.zeros(len(splitter.names), np.int64)
    for batch in _typed_batches(table):
        hashes = np.zeros(len(batch), np.uint64)
        if splitter.needs.by in ("row", "key"):
            hashes = splitter.row_hashes(listed_examples(encoder.encode(batch)))
        codes = splitter.divide(batch, hashes).codes
        counts += np.bincount(codes, minlength=len(counts))
    return dict(zip(splitter.names, counts.tolist(), strict=True))


def _typed_batches(table: Table) -> Iterator[Any]:
    if table.staged:
        copy = StagedTable(table.staged)
        yield from (batch for file in copy.files for batch in copy.batches(file))
        return
    files = {file.path: file for file in table.files}
    for path, opened in opened_blocks([*files], table.needs.csv, table.query):
        left_out, start = table.labels.left_out(path), 0
        aside = table.aside.indices(path)
        for block in opened().blocks():
            if not len(block.indices):
                continue
            kept = ~np.isin(np.asarray(block.indices), aside)
            rows = np.arange(start, start + kept.sum())
            start += len(rows)
            kept[kept] = ~np.isin(rows, left_out)
            if not kept.any():
                continue
            positions = files[path].positions
            columns = [kept_rows(block.columns[position], kept) for position in positions]
            yield typed_batch(columns, table.plans, table.needs.csv.decimal or ".")
