"""A table's columns as the pipeline stores them: int64, float32 or strings, null where missing.

The type of a column is that of the schema, as in a pipeline; a cell that it cannot hold is unfit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.header import (
    clean_names,
    header_problems,
    left_out,
    no_names_problem,
)
from tfx_pipeline.ingestion.needs import CsvFormat, SchemaType, TableNeeds
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown, table_files
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.schemas.conversions import (
    Column,
    Convert,
    NotPlainError,
    by_plan,
    float_names,
    floats,
    integers,
    strings,
    whole_names,
)

_TYPES: dict[SchemaType, ColumnType] = {"INT": "int64", "FLOAT": "float32", "BYTES": "string"}


@dataclass(frozen=True)
class TypedBlock:
    """Successive rows of a file.

    Attributes:
        path: of the file.
        indices: `[rows]`, of their records in the file.
        columns: by name.
    """

    path: Path
    indices: Any
    columns: dict[str, Column]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.indices)


@dataclass
class TypedTable:
    """A table whose columns are read with the types of a schema.

    Attributes:
        needs: what a configuration says of the table.
        files: that it has.
        header: names of its columns.
        types: per column, what it is stored as.
        read: the same, read by the scan before a run; none: not yet.
    """

    needs: TableNeeds
    files: tuple[Path, ...]
    header: tuple[str, ...]
    types: dict[str, ColumnType] = field(default_factory=dict)
    read: Table | None = None

    @property
    def rows(self) -> int | None:
        """Number of rows, where the scan has read them already."""
        return self.read.rows if self.read else None

    def blocks(self) -> Iterator[TypedBlock]:
        """Read all rows.

        Raises:
            NotPlainError: it must be `careful`; what came so far does not count.
            DataError: it cannot be read to its end.
        """
        converts = self._converts()
        for path in self.files:
            try:
                file = TableBlocks(path, self.needs.csv)
                skipped = left_out(clean_names(file.header))
                for block in file.blocks():
                    if block.ragged:
                        self.careful()  # it says which rows, and why
                    if not len(block.indices):
                        continue
                    kept = [x for i, x in enumerate(block.columns) if i not in skipped]
                    columns = zip(self.header, kept, strict=True)
                    typed = {name: converts[name](column) for name, column in columns}
                    yield TypedBlock(path, block.indices, typed)
            except UnreadableError as error:
                raise DataError([error.problem], f"{shown(path)} cannot be read") from error

    def careful(self) -> TypedTable:
        """Give the same table, read cell by cell as the scan before a run does.

        Raises:
            DataError: it cannot be read to its end.
        """
        table = read_table(self.files[0].parent, self.needs, self.files)
        if table.unreadable:
            raise DataError(table.unreadable, f"{shown(self.files[0])} cannot be read")
        return read_before(table)

    def _converts(self) -> dict[str, Convert]:
        mark = self.needs.csv.decimal or "."
        if self.read is None:
            return {name: self._plain(name, mark) for name in self.header}
        pairs = zip(self.read.columns, self.read.plans, strict=True)
        return {plan.name: by_plan(scan, plan, self.needs, mark) for scan, plan in pairs}

    def _plain(self, name: str, mark: str) -> Convert:
        use, type_ = self.needs.uses.get(name, "unused"), self.types[name]
        is_number = use in ("number", "moment")
        if type_ == "string":
            if is_number:
                raise NotPlainError("text where there should be numbers")
            return partial(strings, mark=mark)
        if is_number and (self.needs.csv.decimal or self.needs.csv.thousands):
            raise NotPlainError("numbers of another style")
        is_free = is_number or use == "unused"
        if type_ == "int64":
            return partial(integers if is_free else whole_names, mark=mark)
        return partial(floats if is_free else float_names, mark=mark)


def open_table(path: Path, needs: TableNeeds, files: Sequence[Path] = ()) -> TypedTable:
    """Find the files of a table and their columns, which need not be those of the schema.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    found = tuple(files) or table_files(path).files
    if not found:
        raise DataError(table_files(path).problems, f"{shown(path)} cannot be read")
    header = _header(found[0], needs.csv)
    types = {name: _TYPES[needs.schema.get(name, "BYTES")] for name in header}
    table = TypedTable(needs, found, tuple(header), types)
    if any(_header(file, needs.csv) != header for file in found[1:]):
        return table.careful()  # it says which file differs, and how
    return table


def read_before(table: Table) -> TypedTable:
    """Give the columns of a table that the scan has read."""
    files = tuple(file.path for file in table.files)
    types: dict[str, ColumnType] = {plan.name: plan.type for plan in table.plans}
    return TypedTable(table.needs, files, table.header, types, table)


def _header(path: Path, csv: CsvFormat) -> list[str]:
    """Give the names of a file's columns that are read.

    Raises:
        DataError: the file, or its header, cannot be used.
    """
    try:
        header = TableBlocks(path, csv).header
    except UnreadableError as error:
        raise DataError([error.problem], f"{shown(path)} cannot be read") from error
    names = clean_names(header)
    nameless = no_names_problem(path, header)
    if problems := [nameless] if nameless else header_problems(path, names):
        raise DataError(problems, f"{shown(path)} cannot be read")
    skipped = left_out(names)
    return [name for i, name in enumerate(names) if i not in skipped]
