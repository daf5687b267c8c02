"""The records of a Parquet file, as texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown

Record = list[str]


def parquet_records(path: Path, mark: str = ".") -> tuple[Record, Iterator[Record]]:
    """Give names and rows of a Parquet file, each value as CSV would have it.

    `mark` stands before the fraction of a number, as text files of the same table have it.

    Raises:
        UnreadableError: it is damaged, or has columns of lists or structures.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
    except (OSError, ValueError) as error:
        problem = Problem("a damaged Parquet file", shown(path), str(error).splitlines()[0])
        raise UnreadableError(problem) from error
    for is_refused, what, step in (
        (pa.types.is_nested, "lists or structures", "write a plain column for each value"),
        (pa.types.is_duration, "spans of time", "write seconds: df[c].dt.total_seconds()"),
    ):
        if refused := [x.name for x in file.schema_arrow if is_refused(x.type)]:
            what = f"columns of {what}"
            raise UnreadableError(Problem(what, shown(path), ", ".join(refused), next_step=step))
    return names, _rows(path, file, mark)


def _rows(path: Path, file: Any, mark: str) -> Iterator[Record]:
    try:
        for batch in file.iter_batches(batch_size=4096):
            columns = [_texts(column, mark) for column in batch.columns]
            yield from map(list, zip(*columns, strict=True))
    except (OSError, ValueError) as error:
        what, step = "a damaged Parquet file", "fetch or write it again"
        reason = str(error).splitlines()[0]
        raise UnreadableError(Problem(what, shown(path), reason, next_step=step)) from error


def _texts(column: Any, mark: str) -> list[str]:
    """Write the values of a column as CSV has them; `1.0` stays a fraction, NaN is missing."""
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        texts = column.to_numpy(zero_copy_only=False).astype(str).tolist()
        return ["" if text == "nan" else text.replace(".", mark) for text in texts]
    if pa.types.is_dictionary(column.type):
        return _texts(column.dictionary_decode(), mark)
    if pa.types.is_boolean(column.type):  # pandas writes them into CSV so
        return ["" if x is None else str(x) for x in column.to_pylist()]
    if pa.types.is_decimal(column.type):  # pyarrow's own cast is missing before version 13
        return ["" if x is None else f"{x:f}".replace(".", mark) for x in column.to_pylist()]
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    if any(test(column.type) for test in tests):
        values = column.to_pylist()
        return ["" if x is None else x.decode("utf-8", "backslashreplace") for x in values]
    return [x or "" for x in column.cast(pa.string()).to_pylist()]
