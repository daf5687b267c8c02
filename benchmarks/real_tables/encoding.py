"""A CSV table as the baselines read it: numbers and the ids of categories, split as ours.

What a careful user of scikit-learn would do, and no more: columns of text are categories, dates
are numbers, everything else is a number already.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from real_tables.listed import BenchmarkTable

MISSING_CELLS = ("", "NA")
_DATE = r"\s*\d{1,4}[-/]\d{1,2}[-/]\d{1,4}(?:[T ].*)?"
_DATE_SHARE = 0.95  # of the cells of a column of dates


@dataclass(frozen=True)
class Rows:
    """Rows as arrays.

    Attributes:
        numbers: `[rows, numbers] float64`, NaN where missing.
        ids: `[rows, categories] int32`: 0 is missing, then the categories of the training rows by
            frequency; the last id is any other one.
        label: `[rows]`, a class id, or float64.
    """

    numbers: NDArray[np.float64]
    ids: NDArray[np.int32]
    label: NDArray[Any]


@dataclass(frozen=True)
class SplitTable:
    """A table in two splits.

    Attributes:
        sizes: ids of each column of categories.
        classes: by id; none in regression.
        places: `[eval rows]` of the rows of `eval` in the file.
    """

    train: Rows
    eval: Rows
    number_names: tuple[str, ...]
    category_names: tuple[str, ...]
    sizes: tuple[int, ...]
    classes: tuple[str, ...]
    places: NDArray[np.int64]


def split_table(table: BenchmarkTable, file: Path, is_eval: NDArray[np.bool_]) -> SplitTable:
    """Read a CSV file, and encode it by what its training rows hold."""
    frame = read_frame(file, table.label)
    label, classes = _label(frame.pop(table.label), table.task)
    numbers, number_names, ids, category_names, sizes = [], [], [], [], []
    for name in frame:
        values = _as_numbers(frame[name])
        if values is not None:
            numbers.append(values)
            number_names.append(str(name))
        else:
            encoded, size = _as_ids(frame[name], ~is_eval)
            ids.append(encoded)
            category_names.append(str(name))
            sizes.append(size)
    rows = len(label)
    all_numbers = np.stack(numbers, 1) if numbers else np.zeros((rows, 0))
    all_ids = np.stack(ids, 1) if ids else np.zeros((rows, 0), np.int32)
    train, judged = (
        Rows(all_numbers[which], all_ids[which], label[which]) for which in (~is_eval, is_eval)
    )
    names = (tuple(number_names), tuple(category_names))
    return SplitTable(train, judged, *names, tuple(sizes), classes, np.flatnonzero(is_eval))


def read_frame(file: Path, label: str) -> Any:
    """Read a data frame; the label as it is written."""
    import pandas as pd

    kept = {"keep_default_na": False, "na_values": list(MISSING_CELLS)}
    return pd.read_csv(file, dtype={label: str}, low_memory=False, **kept)


def _label(column: Any, task: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    if task == "regression":
        return column.astype(float).to_numpy(), ()
    classes = sorted(column.unique())
    return column.map({x: i for i, x in enumerate(classes)}).to_numpy(), tuple(classes)


def _as_numbers(column: Any) -> NDArray[np.float64] | None:
    """Make numbers of numbers, booleans and dates (days); None: they are names."""
    import pandas as pd

    if column.dtype != object:
        return np.asarray(column, np.float64)
    cells = column.dropna().astype(str)
    if not len(cells) or cells.str.fullmatch(_DATE).mean() < _DATE_SHARE:
        return None
    moments = pd.to_datetime(column, errors="coerce", utc=True)
    days = moments.to_numpy("datetime64[s]").astype(np.float64) / 86_400
    return np.where(moments.isna(), np.nan, days)


def _as_ids(column: Any, is_train: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    counts = column[is_train].value_counts()
    ids = {category: place for place, category in enumerate(counts.index, 1)}
    unknown = len(ids) + 1
    encoded = column.map(ids).fillna(unknown).where(column.notna(), 0)
    return encoded.to_numpy(np.int32), unknown + 1
