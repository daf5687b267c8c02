"""The user's own test: a function of a record batch."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.data_tests.tested_rows import TestedRows
from tfx_pipeline.ingestion.needs import DataTest, OwnFunction
from tfx_pipeline.ingestion.reading.table_files import shown

_ALLOWED = "an array of NumPy or Arrow: true or false for each row of the batch"


def call_own(test: DataTest, check: OwnFunction) -> Callable[[TestedRows], NDArray[np.bool_]]:
    """Give what asks the function where the rows of a block are bad.

    It is called with a record batch of the test's columns: strings, int64 or float64, null where a
    value is missing. Where it answers null, the row is good.

    Raises:
        DataError: by what is given: it raised, or gave something else.
    """
    import pyarrow as pa

    def broken(block: TestedRows) -> NDArray[np.bool_]:
        columns = [block.exact(name) for name in test.columns]
        batch = pa.RecordBatch.from_arrays(columns, names=list(test.columns))
        try:
            answer = check.call(batch)
        except Exception as error:
            raise DataError([_raised(test, check, block, error)]) from error
        return ~_truth(test, check, answer, len(block))

    return broken


def _truth(test: DataTest, check: OwnFunction, answer: Any, rows: int) -> NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    received = f"{type(answer).__name__}"
    if isinstance(answer, pa.ChunkedArray):
        answer = answer.combine_chunks()
    if isinstance(answer, pa.Array):
        received = f"{answer.type} [{len(answer)}]"
        if pa.types.is_boolean(answer.type):
            answer = pc.fill_null(answer, True).to_numpy(zero_copy_only=False)
    if isinstance(answer, np.ndarray):
        received = f"{answer.dtype} {list(answer.shape)}"
        if answer.dtype == np.bool_ and answer.shape == (rows,):
            return answer
    what = f"`{check.name}` gave something else than a truth value for each row"
    raise DataError([Problem(what, test.place, received, f"{_ALLOWED}: bool [{rows}]")])


def _raised(test: DataTest, check: OwnFunction, block: TestedRows, error: Exception) -> Problem:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    own = [x for x in traceback.extract_tb(error.__traceback__) if x.filename != __file__]
    frame = own[0] if own else frame
    where = f"{frame.filename}:{frame.lineno}"
    reason = f"{type(error).__name__}: {error} ({where})"
    what = f"`{check.name}` failed on rows of {shown(block.block.path)}"
    columns = ", ".join(f"{x}: {block.exact(x).type}" for x in test.columns)
    return Problem(what, test.place, reason, f"a record batch with {columns}")
