"""Columns of a sample as the features read them: texts parsed, and marks of missing cells gone.

Prices as text are all different, and moments are too: as names they would look like ids, and no
two splits would seem to have the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.modules.features.missing_marks import read_marks
from tfx_pipeline.modules.features.moment_style import seconds_of
from tfx_pipeline.modules.features.number_style import numbers_of, read_style


def as_read(
    columns: Mapping[str, Column], features: Mapping[str, Mapping[str, Any]]
) -> dict[str, Column]:
    """Read columns as `features` say: by column, `kind`, `missing`, `parse` and `zone`."""
    read = dict(columns)
    for name in features.keys() & columns.keys():
        column, feature = columns[name], features[name]
        if isinstance(column, Categories) and feature["parse"]:
            values = np.append(_parsed(column.names, feature), np.nan)[column.codes]
            column = Numbers(values)
        if isinstance(column, Numbers) and (numbers := read_marks(feature["missing"]).held):
            is_mark = np.isin(column.values, np.array(numbers, column.values.dtype))
            column = Numbers(np.where(is_mark, np.nan, column.values), column.is_whole)
        read[name] = column
    return read


def _parsed(texts: tuple[str, ...], feature: Mapping[str, Any]) -> NDArray[np.float64]:
    import pyarrow as pa

    if feature["kind"] == "timestamp":
        return seconds_of(pa.array(texts, pa.string()), feature["parse"], feature["zone"])
    return numbers_of(pa.array(texts, pa.string()), read_style(feature["parse"]))
