"""Rows that were looked at, as a table of their own, for what reads tables."""

from __future__ import annotations

from pathlib import Path

from tfx_pipeline.tables.table_sample import TableSample


def write_sample(sample: TableSample, folder: Path, most_cells: int) -> Path:
    """Write rows from everywhere in a sample as CSV in UTF-8, commas between, and give the file.

    Args:
        sample: rows of a table.
        folder: where the file goes.
        most_cells: all columns together.
    """
    import pyarrow as pa
    from pyarrow import csv

    share = min(1.0, most_cells / (len(sample.columns) * sample.looked_at))
    columns = {
        column.name: pa.chunked_array(
            [
                chunk.slice(0, max(1, round(len(chunk) * share))).cast(pa.string())
                for chunk in column.chunks
            ]
        )
        for column in sample.columns
    }
    file = folder / "sample.csv"
    csv.write_csv(pa.table(columns), file)
    return file
