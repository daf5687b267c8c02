"""Whether values stand in another file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.header import clean_names
from tfx_pipeline.ingestion.columns.typed_columns import exact_column
from tfx_pipeline.ingestion.data_tests.tested_rows import TestedRows
from tfx_pipeline.ingestion.needs import CsvFormat, DataTest, IsInFile
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.wording import listed, nearest


def reference_header(check: IsInFile) -> list[str]:
    """Give the names of the columns of the other file.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return clean_names(TableBlocks(check.file, CsvFormat()).header)
    except UnreadableError as error:
        raise DataError([error.problem]) from error
    except OSError as error:
        raise DataError([os_problem(check.file, error)]) from error


def values_in_file(
    test: DataTest, check: IsInFile, blocks: Sequence[TestedRows], csv: CsvFormat
) -> Callable[[TestedRows], NDArray[np.bool_]]:
    """Read the other file; give what tells where a value of a block does not stand in it.

    Raises:
        DataError: the file cannot be read, or has no such column, or its values are of another
            type.
    """
    import pyarrow.compute as pc

    (name,) = test.columns
    known = _known(test, check, blocks[0], csv) if blocks else None

    def broken(block: TestedRows) -> NDArray[np.bool_]:
        values = block.exact(name)
        found = pc.is_in(values, value_set=known).to_numpy(zero_copy_only=False)
        return ~found & ~block.missing(name)

    return broken


def _known(test: DataTest, check: IsInFile, block: TestedRows, csv: CsvFormat) -> Any:
    """Give the different values of the other file, of the type of the column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    plan = replace(block.plans[test.columns[0]], is_rewritten=True)
    header = reference_header(check)
    if check.key not in header:
        what = f"`{check.key}` is not a column of {shown(check.file)}"
        near = nearest(check.key, header)
        raise DataError([Problem(what, test.place, None, listed(header, 20), near)])
    parts = []
    try:
        for rows in TableBlocks(check.file, CsvFormat(missing_values=csv.missing_values)).blocks():
            if rows.ragged:
                what = f"a row of {shown(check.file)} has a wrong number of cells"
                raise DataError([Problem(what, test.place, ",".join(rows.ragged[0][1]))])
            if len(rows.indices):
                column = rows.columns[header.index(check.key)]
                parts.append(pc.unique(exact_column(column, plan, block.mark)))
    except (UnreadableError, OSError) as error:
        problem = os_problem(check.file, error) if isinstance(error, OSError) else error.problem
        raise DataError([problem]) from error
    except ValueError as error:
        what = f"`{check.key}` of {shown(check.file)} is not of the type of `{plan.name}`"
        step = "compare columns of one type"
        raise DataError([Problem(what, test.place, str(error), plan.type, step)]) from error
    if not parts:
        raise DataError([Problem(f"{shown(check.file)} has no rows", test.place)])
    return pc.drop_null(pc.unique(pa.concat_arrays(parts)))
