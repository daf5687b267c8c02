"""Columns that are passed through, as they are written."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.batch.cells.bad_rows import NOT_TEXT
from tfx_pipeline.batch.cells.reader import BadCell
from tfx_pipeline.ingestion.reading.arrow_arrays import binaries, numbers


def is_bytes(type_: Any) -> bool:
    """Tell whether a type of Arrow's is bytes that may be no text."""
    import pyarrow as pa

    checks = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(check(type_) for check in checks)


def kept_column(column: Any, type_: Any) -> tuple[Any, list[BadCell]]:
    """Give a column of a block in the type of the output, and the cells that have no text in it.

    The cells of a text come as binary: an empty one is missing.
    """
    import pyarrow as pa

    if column.type == type_:
        return column, []
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not (is_bytes(column.type) and pa.types.is_string(type_)):
        return column.cast(type_), []
    bad: list[BadCell] = []
    try:
        texts = column.cast(type_)
    except pa.ArrowInvalid:
        values = column.to_pylist()
        for place, value in enumerate(values):
            try:
                b"" if value is None else value.decode()
            except UnicodeDecodeError:
                bad.append(BadCell(place, value.decode("utf-8", "backslashreplace"), NOT_TEXT))
        wrong = {each.place for each in bad}
        clean = [b"" if place in wrong else value or b"" for place, value in enumerate(values)]
        texts = binaries(clean).cast(type_)
    return _empty_ones_missing(texts), bad


def taken(column: Any, places: NDArray[np.int64]) -> Any:
    """Give some cells of a column."""
    import pyarrow.compute as pc

    return pc.take(column, numbers(places))


def shown_cell(column: Any, place: int) -> str:
    """Write a cell for a person; "" where it is missing, or no text."""
    try:
        value = column[place].as_py()
    except UnicodeDecodeError:
        return ""
    return "" if value is None else str(value)


def _empty_ones_missing(texts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    is_empty = pc.equal(pc.binary_length(texts), 0)
    # Not if_else: of a slice, Arrow 18 gives texts that end beyond their bytes.
    return pc.replace_with_mask(texts, is_empty, pa.scalar(None, texts.type))
