"""All cells of one column of a large table: one that is rare may be in no row that is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.columns.header import clean_names
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.parquet import ParquetFile, as_texts


def count_cells(files: Sequence[Path], csv: CsvFormat, name: str) -> Counter[str] | None:
    """Count the cells of a column, as CSV has them, "" for empty ones; None: it would take long.

    Of a regular text, Arrow parses 600 MB in a second and converts one column.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found: Counter[str] = Counter()
    try:
        for file in files:
            columns = _column(TableBlocks(file, csv), file, csv, name)
            if columns is None:
                return None
            for column in columns:
                for entry in pc.value_counts(as_texts(column, csv.decimal or ".")).to_pylist():
                    found[entry["values"] or ""] += entry["counts"]
    except (pa.ArrowInvalid, UnreadableError, OSError, ValueError):
        return None  # whoever reads all rows will say what is wrong, and where
    return found


def _column(table: TableBlocks, file: Path, csv: CsvFormat, name: str) -> Iterator[Any] | None:
    place = clean_names(table.header).index(name)
    if not table.has_lines:
        parquet = ParquetFile(file, csv.decimal or ".")
        return (columns[0] for columns in parquet.columns(only=table.header[place]))
    text = table.spread()
    return text.column(place) if text else None
