"""What somebody asks who wants a copy of the model: rows like ours, or rows made up.

Terms:
    domain: see `subject.Domain`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.row_matrix import is_text
from tfx_pipeline.evaluation.risk.subject import Columns, Domain, Subject


def made_up_rows(subject: Subject, rows: int, random: np.random.Generator) -> Columns:
    """Draw each feature by itself, every value of its domain alike: `[rows]` each.

    A feature of which no value is known is missing in all rows.
    """
    return {
        name: _drawn(subject.domains.get(name), subject.eval.columns[name], rows, random)
        for name in subject.features
    }


def _drawn(
    domain: Domain | None, known: NDArray[Any], rows: int, random: np.random.Generator
) -> NDArray[Any]:
    if is_text(known):
        return _texts(domain, known, rows, random)
    low, high = _range(domain, known.astype(np.float64))
    if not low <= high:
        return np.full(rows, np.nan)
    numbers = low + random.random(rows) * (high - low)
    return np.round(numbers) if domain is not None and domain.whole else numbers


def _texts(
    domain: Domain | None, known: NDArray[Any], rows: int, random: np.random.Generator
) -> NDArray[Any]:
    values = [*(domain.values if domain else ())] or sorted(set(known.tolist()) - {""})
    result = np.full(rows, "", object)
    if values:
        result[:] = [values[place] for place in random.integers(0, len(values), rows)]
    return result


def _range(domain: Domain | None, known: NDArray[np.float64]) -> tuple[float, float]:
    """Give the domain's bounds; for one that is none, what the rows have; NaN: nothing known."""
    finite = known[np.isfinite(known)]
    rows = (float(finite.min()), float(finite.max())) if len(finite) else (np.nan, np.nan)
    said = (domain.low, domain.high) if domain else (-np.inf, np.inf)
    low, high = (x if np.isfinite(x) else y for x, y in zip(said, rows, strict=True))
    return low, high
