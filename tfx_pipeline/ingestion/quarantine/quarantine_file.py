"""The file of a quarantine: Parquet, named after the version of the data, whole or not there."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import astuple, fields

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
from tfx_pipeline.ingestion.reading.arrow_arrays import numbers, strings
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.storage import fileio

FOLDER = "quarantine"
"""In the pipeline's root."""
_DIGITS = 16
_INTEGERS = ("line", "byte_offset", "row_number")


def quarantine_place(root: str, table: Table) -> str:
    """Say where the rows go that were put aside of a table; `root` is the pipeline's."""
    return fileio.join(root, FOLDER, f"{table.digest[:_DIGITS]}.parquet")


def write_quarantine(place: str, rows: Sequence[QuarantinedRow]) -> None:
    """Write rows; a reader meets the old or the new file, or none.

    Raises:
        PlaceError: it cannot be written.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [field.name for field in fields(QuarantinedRow)]
    columns = []
    for name, values in zip(names, zip(*map(astuple, rows), strict=True), strict=True):
        if name in _INTEGERS:
            missing = np.array([x is None for x in values])
            columns.append(numbers(np.array([x or 0 for x in values], np.int64), missing))
        else:
            columns.append(strings(values))
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=names), stream, compression="zstd")
    fileio.write_bytes(place, stream.getvalue())


def read_quarantine(place: str) -> list[QuarantinedRow]:
    """Read what `write_quarantine` wrote.

    Raises:
        PlaceError: it cannot be read.
        DataError: it is no such file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    content = fileio.read_bytes(place)
    try:
        rows = pq.read_table(pa.BufferReader(content)).to_pylist()
        return [QuarantinedRow(**row) for row in rows]
    except (pa.ArrowInvalid, TypeError) as error:
        problem = Problem("this is no quarantine", place, str(error).splitlines()[0])
        raise DataError([problem]) from error
