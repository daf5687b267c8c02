"""The label of sampled rows, as the rule of the configuration makes it of raw columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.modules.label_rule.rule import LabelRule


def labels_of(columns: Mapping[str, Column], label: Mapping[str, Any]) -> NDArray[np.float64]:
    """Give the label of each row: class ids or numbers, `[rows] float64`; NaN where unknown.

    `label` is `config.sections.label`.

    Raises:
        KeyError: no row has a value in a column that the label is made of.
    """
    rule = LabelRule.parse(label["rule"]) if label["rule"] else None
    if rule is not None:
        read = {name: _numbers(columns[name]) for name in rule.columns - rule.text_columns}
        read |= {name: _texts(columns[name]) for name in rule.text_columns}
        whole = [name for name, x in columns.items() if isinstance(x, Numbers) and x.is_whole]
        values, known = rule.evaluate(read, whole)
        return np.where(known, np.asarray(values, np.float64), np.nan)
    column = columns[label["column"]]
    if isinstance(column, Numbers):
        return column.values.astype(np.float64)
    classes = label["classes"] or sorted(column.names)
    places = {name: float(place) for place, name in enumerate(classes)}
    return np.array([*(places.get(name, np.nan) for name in column.names), np.nan])[column.codes]


def _texts(column: Column) -> NDArray[Any]:
    if isinstance(column, Categories):
        return np.array([*column.names, ""], object)[column.codes]
    raise KeyError("a column of numbers where the rule has texts")


def _numbers(column: Column) -> NDArray[Any]:
    if isinstance(column, Numbers):
        return column.values
    raise KeyError("a column of texts where the rule has numbers")
