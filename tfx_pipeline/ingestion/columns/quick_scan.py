"""Texts that say nothing new of their column, looked at all together instead of one by one.

Of most blocks, all that follows is known from those before: their cells have shapes that were met,
and sizes below the largest. That is told by Arrow and two regular expressions over all different
cells at once; whatever is new is left to `scan`, which names the cell.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.number_text import (
    FLOAT32_MAX,
    FLOAT64_WHOLE,
    MISSING_MARKS,
    PLAIN,
    Shape,
    are_numbers,
    shape_of_all,
)
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.reading.arrow_arrays import joined_lines, numbers_of

_FRACTIONS = re.compile(r"(?:[+-]?[0-9]*\.0*[1-9][0-9]*\n)+")
"""Some of the cells of this shape; all that it matches are."""
_BLANK = re.compile(r"\n\s*\n")


def add_known(scan: ColumnScan, column: Any, path: Path) -> bool:
    """Take in texts that say nothing new; false: nothing was taken in, `scan.add` must look.

    Args:
        scan: of the column.
        column: `[rows]`, `dictionary<int32, string>`.
        path: their file.
    """
    values = column.dictionary
    if len(values):
        if not scan.shapes or (scan.is_number and scan.style not in (None, PLAIN)):
            return False
        joined = joined_lines(values)
        if shape := shape_of_all(joined):
            is_known = _are_known_wholes(scan, values, shape)
        elif scan.is_number:
            is_known = are_numbers(joined) and _are_known_numbers(scan, values, joined, path)
        else:
            is_known = _are_known_names(scan, joined)
        if not is_known:
            return False
        if scan.is_number and shape != "integer":
            scan.styles.add(joined, plain=True)
            scan.has_exponents |= shape is None and "e" in joined.lower()
    scan.rows += len(column)
    scan.missing += column.indices.null_count
    return True


def _are_known_wholes(scan: ColumnScan, values: Any, shape: Shape) -> bool:
    if shape not in scan.shapes or (scan.is_number and scan.largest > FLOAT32_MAX):
        return False
    if shape == "integer":
        found = _read(values, "int64")
        return found is not None and -scan.largest <= found.min() and found.max() <= scan.largest
    found = _read(values, "double")
    largest = np.inf if found is None else np.abs(found).max()
    return bool(largest < FLOAT64_WHOLE and largest <= scan.largest)


def _are_known_numbers(scan: ColumnScan, values: Any, joined: str, path: Path) -> bool:
    import pyarrow.compute as pc

    if "fraction" not in scan.shapes or (path not in scan.pointed and "." in joined):
        return False
    if len(scan.shapes) < 2 and not _FRACTIONS.fullmatch(joined):
        return False
    found = _read(values, "double")
    if found is None or not np.abs(found).sum() <= FLOAT32_MAX:
        return False
    if joined.count(".") == len(values):
        return True
    has_point = pc.match_substring(values, ".").to_numpy(zero_copy_only=False)
    # Those without a point, and a power of ten among them at most seems to be a whole number.
    largest = np.abs(found[~has_point]).max()
    return bool(largest < FLOAT64_WHOLE and largest <= scan.largest)


def _are_known_names(scan: ColumnScan, joined: str) -> bool:
    if "text" not in scan.shapes:
        is_known = "fraction" in scan.shapes and scan.first_loose is not None
        return is_known and _FRACTIONS.fullmatch(joined) is not None
    lines = f"\n{joined}"
    if _BLANK.search(lines):
        return False
    is_name = scan.use in ("category", "spelling")
    return not (is_name and any(f"\n{mark}\n" in lines for mark in MISSING_MARKS))


def _read(values: Any, type_: str) -> NDArray[Any] | None:
    """Read texts as numbers of 64 bits; None: Arrow does not read one of them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return numbers_of(pc.cast(values, type_))
    except pa.ArrowInvalid:  # `+17`, or too large
        return None
