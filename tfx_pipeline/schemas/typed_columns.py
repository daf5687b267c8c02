"""A table's columns as the pipeline stores them: int64, float32 or strings, null where missing.

The type of a column is that of the schema, as in a pipeline; a cell that it cannot hold is unfit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.columns.header import (
    clean_names,
    header_problems,
    left_out,
    no_names_problem,
)
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.needs import SchemaType, TableNeeds
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.opened import opened_blocks
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import shown, table_files
from tfx_pipeline.ingestion.table import Table, cell_places
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.schemas.conversions import (
    Convert,
    NotPlainError,
    TypedBlock,
    by_plan,
    float_names,
    floats,
    integers,
    strings,
    whole_names,
)

_TYPES: dict[SchemaType, ColumnType] = {"INT": "int64", "FLOAT": "float32", "BYTES": "string"}


@dataclass
class TypedTable:
    """A table whose columns are read with the types of a schema.

    Attributes:
        needs: what a configuration says of the table.
        files: that it has.
        header: names of its columns.
        types: per column, what it is stored as.
        read: the same, read by the scan before a run; none: not yet.
        query: gives the rows, in the place of the files.
        numbered: files in which the number of a row is its place, for they have no lines.
    """

    needs: TableNeeds
    files: tuple[Path, ...]
    header: tuple[str, ...]
    types: dict[str, ColumnType] = field(default_factory=dict)
    read: Table | None = None
    query: SqlQuery | None = None
    numbered: frozenset[Path] = frozenset()

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
        for path, opened in opened_blocks(self.files, self.needs.csv, self.query):
            try:
                file = opened()
                names = clean_names(file.header)
                skipped = left_out(names)
                for block in file.blocks():
                    if block.ragged:
                        self.careful()  # it says which rows, and why
                    if not len(block.indices):
                        continue
                    # Their order may be another one than in the file before.
                    pairs = enumerate(zip(names, block.columns, strict=True))
                    columns = {name: x for i, (name, x) in pairs if i not in skipped}
                    typed = {name: converts[name](columns[name]) for name in self.header}
                    yield TypedBlock(path, block.indices, typed)
            except UnreadableError as error:
                raise DataError([error.problem], f"{shown(path)} cannot be read") from error

    def careful(self) -> TypedTable:
        """Give the same table, read cell by cell as the scan before a run does.

        Raises:
            DataError: it cannot be read to its end.
        """
        path = self.files[0] if self.query else self.files[0].parent
        table = read_table(path, self.needs, self.files, query=self.query)
        if table.unreadable:
            raise DataError(table.unreadable, f"{shown(self.files[0])} cannot be read")
        return read_before(table)

    def places(self, cells: Sequence[Cell]) -> list[str]:
        """Name the files and the lines of cells."""
        return cell_places(cells, self.needs.csv, self.numbered)

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


def open_table(
    path: Path, needs: TableNeeds, files: Sequence[Path] = (), query: SqlQuery | None = None
) -> TypedTable:
    """Find the files of a table and their columns, which need not be those of the schema.

    Args:
        path: the file or folder.
        needs: what a configuration says of it.
        files: those of the table, where `path` is a pattern.
        query: gives the table instead of files.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    found = (query.path,) if query else tuple(files) or table_files(path).files
    if not found:
        raise DataError(table_files(path).problems, f"{shown(path)} cannot be read")
    headers: list[list[str]] = []
    numbered: list[Path] = []
    for file, opened in opened_blocks(found, needs.csv, query):
        try:
            blocks = opened()
        except UnreadableError as error:
            raise DataError([error.problem], f"{shown(file)} cannot be read") from error
        headers.append(_header(file, blocks.header))
        if not blocks.has_lines:
            numbered.append(file)
    header = headers[0]
    types = {name: _TYPES[needs.schema.get(name, "BYTES")] for name in header}
    table = TypedTable(needs, found, tuple(header), types, None, query, frozenset(numbered))
    if any(other != header for other in headers):
        return table.careful()  # it says which file differs, and how
    return table


def read_before(table: Table) -> TypedTable:
    """Give the columns of a table that the scan has read."""
    files = tuple(file.path for file in table.files)
    types: dict[str, ColumnType] = {plan.name: plan.type for plan in table.plans}
    return TypedTable(table.needs, files, table.header, types, table, table.query, table.numbered)


def _header(path: Path, written: Sequence[str]) -> list[str]:
    """Give the names of a file's columns that are read.

    Raises:
        DataError: the header cannot be used.
    """
    names = clean_names(list(written))
    nameless = no_names_problem(path, list(written))
    if problems := [nameless] if nameless else header_problems(path, names):
        raise DataError(problems, f"{shown(path)} cannot be read")
    skipped = left_out(names)
    return [name for i, name in enumerate(names) if i not in skipped]
