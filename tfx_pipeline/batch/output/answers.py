"""What a model answers, as columns of a table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.rows import Answers
from tfx_pipeline.ingestion.reading.arrow_arrays import numbers, strings


def answer_columns(answers: Answers) -> dict[str, Any]:
    """Give Arrow's columns: of a class string, of probabilities of several classes a list a row.

    The lists are in the order of the model's classes.
    """
    return {name: _column(values) for name, values in answers.items()}


def as_schema(kept: Any, answers: Mapping[str, Any], facts: Mapping[str, str]) -> Any:
    """Give the schema of the output: what is passed through, the answers, and the facts.

    Args:
        kept: `pyarrow.Schema`.
        answers: columns, of no row will do.
        facts: of the model: the schema's metadata.
    """
    import pyarrow as pa

    fields = [*kept, *(pa.field(name, column.type) for name, column in answers.items())]
    return pa.schema(fields, metadata=dict(facts))


def _column(values: NDArray[Any]) -> Any:
    import pyarrow as pa

    if values.dtype == object:
        return strings([x.decode() if isinstance(x, bytes) else x for x in values.tolist()])
    if values.ndim == 1:
        return numbers(values)
    width = math.prod(values.shape[1:])
    ends = np.arange(len(values) + 1, dtype=np.int32) * np.int32(width)
    return pa.ListArray.from_arrays(numbers(ends), numbers(values.reshape(-1)))
