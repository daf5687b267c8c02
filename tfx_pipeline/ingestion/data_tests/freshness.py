"""Whether the newest row of a table is new enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.moments import MOMENTS_ALLOWED
from tfx_pipeline.ingestion.data_tests.tested_rows import TestedRows
from tfx_pipeline.ingestion.needs import DataTest, IsFresh
from tfx_pipeline.ingestion.reading.arrow_arrays import missing_of, numbers_of
from tfx_pipeline.modules.features.iso_moments import microseconds_of

_PER_S = {"s": 1.0, "ms": 1e3}


def age_of_newest(test: DataTest, check: IsFresh, blocks: Sequence[TestedRows]) -> str:
    """Say how old the newest row is, if it is too old; empty: it is new enough.

    Raises:
        DataError: a text of the column is no moment.
    """
    (name,) = test.columns
    newest = [x for block in blocks if (x := _newest(test, check, block.exact(name))) is not None]
    if not newest:
        return f"`{name}` has no value in any row"
    age_s = check.now_s - max(newest)
    return f"the newest row is {in_words(age_s)} old" if age_s > check.max_age_s else ""


def in_words(seconds: float) -> str:
    """Write a span of time: `7.5 days`."""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds:.4g} seconds"


def _newest(test: DataTest, check: IsFresh, column: Any) -> float | None:
    """Give the newest moment of a block, in seconds since 1970; None: it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return None
    if not pa.types.is_string(column.type):
        found = numbers_of(column)[~missing_of(column)]
        return float(np.max(found)) / _PER_S[check.unit]
    texts = [x for x in pc.unique(column).to_pylist() if x is not None]
    moments = []
    for text in texts:
        moment = microseconds_of(text)
        if moment is None:
            what = f"`{test.columns[0]}` holds what is no moment, so its age is not known"
            raise DataError([Problem(what, test.place, repr(text), MOMENTS_ALLOWED)])
        moments.append(moment)
    return max(moments) / 1e6
