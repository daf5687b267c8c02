"""The cells of rows as tf.Examples in files of TFRecord, each with the number of its row."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Rows
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
from tfx_pipeline.ingestion.examples.record_frames import frame_records
from tfx_pipeline.ingestion.reading.arrow_arrays import cut, numbers
from tfx_pipeline.modules.description.columns import AMBIGUOUS, CellType

_ROWS_A_FILE = 1 << 14
"""A file is read by one worker: so many share a wave of rows."""
_LEVEL = 1  # of compression


class ExampleFiles:
    """Writes examples into a folder."""

    def __init__(self, folder: Path, columns: Mapping[str, CellType]) -> None:
        """Take the columns of the model."""
        self._folder, self._columns, self._row = folder, columns, row_name(columns)
        types: dict[str, ColumnType] = {**columns, self._row: "int64"}
        self._encoder = ExampleEncoder(types)
        self._files = 0

    def write(self, cells: Rows, rows: NDArray[np.int64]) -> None:
        """Write an example of each row, of whose cells `has_example` holds; `rows` numbers them.

        Raises:
            OSError: they cannot be written.
        """
        for start in range(0, len(rows), _ROWS_A_FILE):
            part = slice(start, start + _ROWS_A_FILE)
            self._write({name: x[part] for name, x in cells.items()}, rows[part])

    def _write(self, cells: Rows, rows: NDArray[np.int64]) -> None:
        import pyarrow as pa

        columns = {name: _column(cells[name], type_) for name, type_ in self._columns.items()}
        columns[self._row] = numbers(rows)
        batch = pa.RecordBatch.from_arrays([*columns.values()], names=[*columns])
        records, _ = frame_records(self._encoder.pieces(batch))
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        content = packer.compress(_joined(records)) + packer.flush()
        (self._folder / f"examples-{self._files:06d}.gz").write_bytes(content)
        self._files += 1


def has_example(cells: Rows, columns: Mapping[str, CellType]) -> NDArray[np.bool_]:
    """Tell which rows a tf.Example can say exactly: `[rows]`.

    A feature of whole numbers has no fraction, and what is 2**53 and more is, as a caller's
    number, more than one whole number.
    """
    exact = np.ones(len(next(iter(cells.values()))), bool)
    for name in [name for name, type_ in columns.items() if type_ == "int64"]:
        values = cells[name]
        is_whole = (np.abs(values) < AMBIGUOUS) & (np.rint(values) == values)
        exact &= is_whole | ~np.isfinite(values)
    return exact


def row_name(columns: Iterable[str]) -> str:
    """Name the feature that numbers the rows, for a model with these columns."""
    return unused_name("row", columns)


def unused_name(word: str, names: Iterable[str]) -> str:
    """Give a name that is none of these."""
    name, taken = f"_{word}_", {*names}
    while name in taken:
        name = f"_{name}_"
    return name


def _column(values: NDArray[Any], type_: CellType) -> Any:
    """Give Arrow's column of cells: a missing one is null."""
    if type_ == "string":
        texts = [text.encode() for text in values.tolist()]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        return cut(b"".join(texts), sizes, sizes == 0)
    is_missing = ~np.isfinite(values)
    if type_ == "float32":
        return numbers(values, is_missing)
    return numbers(np.where(is_missing, 0, values).astype(np.int64), is_missing)


def _joined(records: Any) -> memoryview:
    """Give the bytes of records, `[rows]` of binary, one behind the other."""
    _, offsets, content = records.buffers()
    first, last = np.frombuffer(offsets, np.int32)[[records.offset, records.offset + len(records)]]
    return memoryview(content or b"")[first:last]
