"""The columns of a Parquet file, and their values as texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import recoded
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown

Record = list[str]

_BLOCK_ROWS = 1 << 15
_BLOCK_BYTES = 1 << 25


class ParquetFile:
    """A file whose values can be had as texts; `mark` stands before the fractions of those.

    Attributes:
        names: of its columns.
        rows: how many there are.

    Raises:
        UnreadableError: it is damaged, or has columns of lists or structures.
    """

    def __init__(self, path: Path, mark: str = ".") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path, self._mark = path, mark
        try:
            self._file = pq.ParquetFile(path)
            schema = self._file.schema_arrow
        except (OSError, ValueError) as error:
            problem = Problem("a damaged Parquet file", shown(path), str(error).splitlines()[0])
            raise UnreadableError(problem) from error
        self.names: Record = schema.names
        self.rows: int = self._file.metadata.num_rows
        for is_refused, what, step in (
            (pa.types.is_nested, "lists or structures", "write a plain column for each value"),
            (pa.types.is_duration, "spans of time", "write seconds: df[c].dt.total_seconds()"),
        ):
            if refused := [x.name for x in schema if is_refused(x.type)]:
                what = f"columns of {what}"
                problem = Problem(what, shown(path), ", ".join(refused), next_step=step)
                raise UnreadableError(problem)

    def columns(
        self, groups: Sequence[int] | None = None, only: str | None = None
    ) -> Iterator[list[Any]]:
        """Yield blocks of rows as columns: 64-bit numbers as they are, all else as texts.

        Texts are dictionaries; null is missing, and so is NaN. Of some row groups, or one column,
        only, if `groups` or `only` says so.

        Raises:
            UnreadableError: it is damaged.
        """
        try:
            columns = None if only is None else [only]
            rows = self._rows_of_a_block()
            for batch in self._file.iter_batches(rows, groups, columns):
                yield [plain_column(column, self._mark) for column in batch.columns]
        except (OSError, ValueError) as error:
            what, step = "a damaged Parquet file", "fetch or write it again"
            reason = str(error).splitlines()[0]
            raise UnreadableError(
                Problem(what, shown(self._path), reason, next_step=step)
            ) from error

    @property
    def group_rows(self) -> list[int]:
        """Number of rows of each row group, which can be read without the others."""
        facts = self._file.metadata
        return [facts.row_group(group).num_rows for group in range(facts.num_row_groups)]

    def records(self) -> Iterator[Record]:
        """Yield rows, each value as CSV would have it."""
        for columns in self.columns():
            texts = [as_texts(column, self._mark) for column in columns]
            cells = [
                [x or "" for x in text.dictionary.take(text.indices).to_pylist()] for text in texts
            ]
            yield from map(list, zip(*cells, strict=True))

    def _rows_of_a_block(self) -> int:
        """Give fewer rows where they are long."""
        facts = self._file.metadata
        size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        return max(1, min(_BLOCK_ROWS, _BLOCK_BYTES * max(facts.num_rows, 1) // max(size, 1)))


def plain_column(column: Any, mark: str) -> Any:
    """Give a column as 64-bit integers, as floats, or as texts."""
    import pyarrow as pa

    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return column.cast(pa.int64())
    if column.type in (pa.float32(), pa.float64()):
        return column
    if pa.types.is_dictionary(column.type):  # it may hold values that no row has
        column = column.dictionary_decode()
    return as_texts(column, mark)


def is_text(column: Any) -> bool:
    """Tell texts, as `as_texts` gives them, from numbers."""
    import pyarrow as pa

    return bool(column.type == pa.dictionary(pa.int32(), pa.string()))


def as_texts(column: Any, mark: str) -> Any:
    """Write the values of a column as CSV has them: `dictionary<int32, string>`.

    `1.0` stays a fraction, NaN is missing; `mark` stands before the fraction of a number.
    """
    import pyarrow as pa

    if is_text(column):
        return column
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return recoded(column, _texts(column.dictionary, mark))


def _texts(values: Any, mark: str) -> list[str]:
    import pyarrow as pa

    if pa.types.is_floating(values.type):
        texts = values.to_numpy(zero_copy_only=False).astype(str).tolist()
        return ["" if text == "nan" else text.replace(".", mark) for text in texts]
    if pa.types.is_boolean(values.type):  # pandas writes them into CSV so
        return ["" if x is None else str(x) for x in values.to_pylist()]
    if pa.types.is_decimal(values.type):  # pyarrow's own cast is missing before version 13
        return ["" if x is None else f"{x:f}".replace(".", mark) for x in values.to_pylist()]
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    if any(test(values.type) for test in tests):
        found = values.to_pylist()
        return ["" if x is None else x.decode("utf-8", "backslashreplace") for x in found]
    return [x or "" for x in values.cast(pa.string()).to_pylist()]
