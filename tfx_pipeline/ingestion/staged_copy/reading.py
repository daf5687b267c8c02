"""The staged copy of a table, as typed record batches; where it is, and who reads it, is open."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.columns.number_text import NumberStyle
from tfx_pipeline.ingestion.columns.typed_columns import typed_batch
from tfx_pipeline.ingestion.columns.types import ColumnPlan, ColumnType
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.storage import fileio

TABLE_FILE = "table.json"
DATA_SUFFIX = ".arrow"
LEFT_OUT_SUFFIX = ".left_out"
"""Of the numbers of rows that are read and not given; of a file without any, there is none."""


@dataclass(frozen=True)
class StagedFile:
    """One file of the copy.

    Attributes:
        name: in the folder.
        rows: in it.
        left_out: how many of them have no label.
        batches: in which they stand.
    """

    name: str
    rows: int
    left_out: int
    batches: int


class StagedTable:
    """A staged copy.

    Attributes:
        folder: a path or a URI.
        types: of the columns, in the order of the header.
        files: of rows.
        quarantined: rows of the source that were put aside, and are in no file.
    """

    def __init__(self, folder: str | Path) -> None:
        """Read what it holds.

        Raises:
            PlaceError: there is none, or it cannot be read.
        """
        self.folder = str(folder)
        facts = json.loads(fileio.read_bytes(fileio.join(self.folder, TABLE_FILE)))
        self.plans = tuple(_plan(column) for column in facts["columns"])
        self.types: dict[str, ColumnType] = {plan.name: plan.type for plan in self.plans}
        self._mark = facts["mark"]
        self.files = tuple(StagedFile(**file) for file in facts["files"])
        self.quarantined = int(facts["rows"]["quarantined"])

    @property
    def rows(self) -> int:
        """Number of rows that `batches` gives."""
        return sum(file.rows - file.left_out for file in self.files)

    @property
    def rows_read(self) -> int:
        """Number of rows that the source has."""
        return sum(file.rows for file in self.files) + self.quarantined

    @property
    def rows_left_out(self) -> int:
        """Number of rows that were read, and have no label."""
        return sum(file.left_out for file in self.files)

    def batches(
        self,
        file: StagedFile,
        first: int = 0,
        count: int | None = None,
        *,
        as_dictionaries: bool = False,
    ) -> Iterator[Any]:
        """Yield the rows of a file with a label: record batches of strings, int64 and float32.

        They are those of as many batches of the file as asked for, from the number `first` on.
        With `as_dictionaries` a column that was text is a dictionary of its different values.
        Columns stand in the order of the header; null is missing.

        Raises:
            PlaceError: it cannot be read.
        """
        import pyarrow as pa

        if not file.rows:
            return
        left_out = self._left_out(file)
        start = 0
        with fileio.opened(fileio.join(self.folder, file.name)) as stream:
            reader = pa.ipc.open_stream(stream)
            for number, batch in enumerate(islice(reader, count and first + count)):
                begin, start = start, start + batch.num_rows
                if number < first:
                    continue
                here = left_out[np.searchsorted(left_out, begin) :]
                here = here[: np.searchsorted(here, start)] - begin
                if len(here):
                    kept = np.ones(batch.num_rows, bool)
                    kept[here] = False
                    batch = batch.filter(pa.array(kept))
                if batch.num_rows:
                    yield typed_batch(
                        batch.columns, self.plans, self._mark, as_dictionaries=as_dictionaries
                    )

    def _left_out(self, file: StagedFile) -> np.ndarray[Any, Any]:
        if not file.left_out:
            return np.array([], np.int64)
        content = fileio.read_bytes(fileio.join(self.folder, f"{file.name}{LEFT_OUT_SUFFIX}"))
        rows: np.ndarray[Any, Any] = np.load(io.BytesIO(content))
        return rows


def describe(table: Table, copies: Mapping[Path, tuple[str, int]]) -> str:
    """Write what `TABLE_FILE` holds; `copies` are of each file the name and number of batches."""
    columns = [
        {
            "name": plan.name,
            "type": plan.type,
            "decimal": plan.style.decimal,
            "thousands": plan.style.thousands,
            "is_number": plan.is_number,
            "is_rewritten": plan.is_rewritten,
        }
        for plan in table.plans
    ]
    files = [
        {
            "name": copies[file.path][0],
            "rows": file.rows,
            "left_out": len(table.labels.left_out(file.path)),
            "batches": copies[file.path][1],
        }
        for file in table.files
    ]
    facts = {
        "mark": table.needs.csv.decimal or ".",
        "columns": columns,
        "files": files,
        "rows": {
            "read": table.rows_read,
            "dropped": table.rows - table.rows_used,
            "quarantined": len(table.aside),
        },
        "tests": [result.facts() for result in table.tests],
    }
    return json.dumps(facts, indent=1)


def describe_tests(text: str, table: Table) -> str:
    """Write what `TABLE_FILE` holds, with other results of tests."""
    return json.dumps(
        {**json.loads(text), "tests": [result.facts() for result in table.tests]}, indent=1
    )


def _plan(column: Mapping[str, Any]) -> ColumnPlan:
    style = NumberStyle(column["decimal"], column["thousands"])
    is_number, is_rewritten = column["is_number"], column["is_rewritten"]
    return ColumnPlan(column["name"], column["type"], style, is_number, is_rewritten)
