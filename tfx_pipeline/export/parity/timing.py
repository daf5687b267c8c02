"""How long one row takes."""

from __future__ import annotations

import statistics
import time

from tfx_pipeline.export.rows import Rows, Runtime

_CALLS = 200
_LONGEST_S = 0.5


def one_row_ms(runtime: Runtime, rows: Rows) -> float:
    """Give the median time of one row: of 200 calls, or of as many as half a second has.

    The rows, of which there is at least one, take turns.
    """
    count = len(next(iter(rows.values())))
    singles = [
        {name: cells[row : row + 1] for name, cells in rows.items()}
        for row in range(min(count, _CALLS))
    ]
    runtime(singles[0])  # what the first call prepares
    taken: list[float] = []
    began = time.perf_counter()
    while len(taken) < _CALLS and (not taken or time.perf_counter() - began < _LONGEST_S):
        single = singles[len(taken) % len(singles)]
        start = time.perf_counter()
        runtime(single)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000
