"""A table's columns as the pipeline stores them: int64, float32 or strings, null where missing.

The type of a column is that of the schema, as in a pipeline; a cell that it cannot hold is unfit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.needs import SchemaType, TableNeeds
from tfx_pipeline.ingestion.reading.table_files import shown, table_files
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.schemas.conversions import (
    Column,
    Convert,
    by_plan,
    float_names,
    floats,
    integers,
    strings,
    whole_names,
)
from tfx_pipeline.schemas.text_blocks import (
    NotPlainError,
    TextBlock,
    arrow_blocks,
    careful_blocks,
    header_of,
)

_TYPES: dict[SchemaType, ColumnType] = {"INT": "int64", "FLOAT": "float32", "BYTES": "string"}


@dataclass(frozen=True)
class TypedBlock:
    """Successive rows of a file; `first_row` is the index of the first one."""

    path: Path
    first_row: int
    rows: int
    columns: dict[str, Column]


@dataclass
class TypedTable:
    """A table whose columns are read with the types of a schema.

    Attributes:
        needs: what a configuration says of the table.
        files: that it has.
        header: names of its columns.
        types: per column, what it is stored as.
    """

    needs: TableNeeds
    files: tuple[Path, ...]
    header: tuple[str, ...]
    types: dict[str, ColumnType] = field(default_factory=dict)
    _careful: Table | None = None

    @property
    def rows(self) -> int | None:
        """Number of rows, where the table was read with care already."""
        return self._careful.rows if self._careful else None

    def blocks(self) -> Iterator[TypedBlock]:
        """Read all rows.

        Raises:
            NotPlainError: it must be `careful`; what came so far does not count.
        """
        if self._careful:
            converts = {
                plan.name: by_plan(column, plan, self.needs)
                for column, plan in zip(self._careful.columns, self._careful.plans, strict=True)
            }
        else:
            converts = {name: self._plainly(name) for name in self.header}
        for file in self.files:
            read = careful_blocks if self._careful else arrow_blocks
            for block in read(file, self.needs.csv):
                yield _typed(block, converts)

    def careful(self) -> TypedTable:
        """Give the same table, read cell by cell as the scan before a run does.

        Raises:
            DataError: it cannot be read to its end.
        """
        table = read_table(self.files[0].parent, self.needs, self.files)
        if table.unreadable:
            raise DataError(table.unreadable, f"{shown(table.path)} cannot be read")
        types: dict[str, ColumnType] = {plan.name: plan.type for plan in table.plans}
        return TypedTable(self.needs, self.files, table.header, types, table)

    def _plainly(self, name: str) -> Convert:
        use, type_ = self.needs.uses.get(name, "unused"), self.types[name]
        is_number = use in ("number", "moment")
        if type_ == "string":
            if is_number:
                raise NotPlainError("text where there should be numbers")
            return strings
        if is_number and (self.needs.csv.decimal or self.needs.csv.thousands):
            raise NotPlainError("numbers of another style")
        if type_ == "int64":
            return integers if is_number or use == "unused" else whole_names
        return floats if is_number or use == "unused" else float_names


def open_table(path: Path, needs: TableNeeds, files: Sequence[Path] = ()) -> TypedTable:
    """Find the files of a table and their columns, which need not be those of the schema.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    found = tuple(files) or table_files(path).files
    if not found:
        raise DataError(table_files(path).problems, f"{shown(path)} cannot be read")
    header = header_of(found[0], needs.csv)
    types = {name: _TYPES[needs.schema.get(name, "BYTES")] for name in header}
    table = TypedTable(needs, found, tuple(header), types)
    if any(header_of(file, needs.csv) != header for file in found[1:]):
        return table.careful()  # it says which file differs, and how
    return table


def _typed(block: TextBlock, converts: Mapping[str, Convert]) -> TypedBlock:
    columns = {name: converts[name](texts) for name, texts in block.columns.items()}
    return TypedBlock(block.path, block.first_row, block.rows, columns)
