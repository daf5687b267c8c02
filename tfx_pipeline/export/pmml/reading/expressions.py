"""Expressions of PMML.

https://dmg.org/pmml/v4-4-1/Transformations.html
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.pmml.reading.batches import (
    NUMBER_TYPES,
    Batch,
    Compute,
    Values,
    cast,
    is_missing,
)
from tfx_pipeline.export.pmml.reading.elements import (
    UnknownConstructError,
    attributes,
    children,
    only,
    tag,
)
from tfx_pipeline.export.pmml.reading.functions import FUNCTIONS

Places: TypeAlias = NDArray[np.intp]
_COLUMNS = (("k", "v"), ("data:input", "data:output"))


def expression(element: Element) -> Compute:
    """Read an expression.

    Raises:
        UnknownConstructError: it is none that is known.
    """
    read = EXPRESSIONS.get(tag(element))
    if read is None:
        raise UnknownConstructError("an expression", tag(element), EXPRESSIONS)
    return read(element)


def derived_field(element: Element) -> tuple[str, Compute]:
    """Read a derived field: its name, and what computes it."""
    said = attributes(element, "name", "optype", "dataType")
    compute = expression(only(element, *EXPRESSIONS))
    return said.get("name", ""), typed(compute, said["dataType"])


def typed(compute: Compute, data_type: str) -> Compute:
    """Make what is computed a value of a data type."""
    if data_type not in (*NUMBER_TYPES, "string"):
        raise UnknownConstructError("a data type", data_type, (*NUMBER_TYPES, "string"))
    return lambda batch, places: cast(compute(batch, places), data_type)


def _field_ref(element: Element) -> Compute:
    name = attributes(element, "field")["field"]
    children(element)
    return lambda batch, places: batch[name][places]


def _constant(element: Element) -> Compute:
    data_type = attributes(element, "dataType")["dataType"]
    children(element)
    if data_type not in ("double", "string"):
        raise UnknownConstructError("the type of a constant", data_type, ("double", "string"))
    value: Any = element.text or ""
    if data_type == "double":
        value = float(value)

    def compute(batch: Batch, places: Places) -> Values:
        values = np.empty(len(places), object if data_type == "string" else float)
        values[:] = value
        return values

    return compute


def _apply(element: Element) -> Compute:
    name = attributes(element, "function", invalidValueTreatment="asIs")["function"]
    arguments = [expression(each) for each in children(element, *EXPRESSIONS)]
    if name == "if":
        return _if(*arguments)
    if name in ("isMissing", "isNotMissing"):
        is_asked = name == "isMissing"
        (argument,) = arguments
        return lambda batch, places: (is_missing(argument(batch, places)) == is_asked).astype(float)
    if name not in FUNCTIONS:
        raise UnknownConstructError("a function", name, FUNCTIONS)
    function = FUNCTIONS[name]

    def compute(batch: Batch, places: Places) -> Values:
        values = [argument(batch, places) for argument in arguments]
        if any(is_missing(each).any() for each in values):
            raise ValueError(f"the function {name!r} is given a missing value")
        return function(*values)

    return compute


def _if(condition: Compute, true: Compute, false: Compute | None = None) -> Compute:
    """Compute each of both for its own rows; where there is no second one, those are missing."""

    def compute(batch: Batch, places: Places) -> Values:
        is_true = condition(batch, places) > 0
        first = true(batch, places[is_true])
        others = places[~is_true]
        if false is not None:
            second = false(batch, others)
        else:
            second = np.full(len(others), None if first.dtype == object else np.nan, first.dtype)
        values = np.empty(len(places), first.dtype)
        values[is_true], values[~is_true] = first, second
        return values

    return compute


def _map_values(element: Element) -> Compute:
    said = attributes(element, "dataType", "defaultValue", "mapMissingTo", "outputColumn")
    pair, table = children(element, "FieldColumnPair", "InlineTable")
    columns = attributes(pair, "field", "column")
    field, names = columns["field"], (columns["column"], said["outputColumn"])
    if names not in _COLUMNS:
        raise UnknownConstructError(
            "the columns of a table", str(names), [str(x) for x in _COLUMNS]
        )
    rows = [children(row, *names) for row in children(table, "row")]
    texts = {key.text or "": value.text or "" for key, value in rows}
    data_type = said["dataType"]
    if data_type not in NUMBER_TYPES:
        raise UnknownConstructError("the type of a table", data_type, NUMBER_TYPES)
    default, missing = (float(said.get(name, "nan")) for name in ("defaultValue", "mapMissingTo"))
    tables: dict[str, dict[Any, float]] = {}  # by the type of the field, once it is known

    def compute(batch: Batch, places: Places) -> Values:
        key_type = batch.types[field]
        if key_type not in tables:
            keys = cast(np.array(list(texts), object), key_type).tolist()
            tables[key_type] = dict(zip(keys, map(float, texts.values()), strict=True))
        values = batch[field][places]
        table = tables[key_type]
        found = np.array([table.get(key, default) for key in values.tolist()], float)
        return np.where(is_missing(values), missing, found)

    return typed(compute, data_type)


def _discretize(element: Element) -> Compute:
    """Read bins, each from where the last one ends, the last to infinity."""
    said = attributes(element, "field", "dataType")
    bins = children(element, "DiscretizeBin")
    names = [attributes(each, "binValue")["binValue"] for each in bins]
    intervals = [only(each, "Interval").attrib for each in bins]
    is_below = intervals[0]["closure"] == "openClosed"
    closures = ["openClosed", *["openOpen"] * (len(bins) - 1)]
    if not is_below:
        closures = ["openOpen", *["closedOpen"] * (len(bins) - 1)]
    bounds = [float(each["leftMargin"]) for each in intervals[1:]]
    ends = [float(each["rightMargin"]) for each in intervals[:-1]]
    open_ends = intervals[0].get("leftMargin"), intervals[-1].get("rightMargin")
    if bounds != ends or open_ends != (None, None):
        raise UnknownConstructError("bins with a gap between them", str(intervals))
    if [each["closure"] for each in intervals] != closures or (is_below and len(bins) > 2):
        raise UnknownConstructError("the closures of bins", str(intervals), closures)
    is_text = said["dataType"] == "string"
    steps = np.array(names, object) if is_text else np.array(names).astype(float)
    field = said["field"]
    side: Literal["left", "right"] = "left" if is_below else "right"

    def compute(batch: Batch, places: Places) -> Values:
        numbers = batch[field][places]
        found = steps[np.searchsorted(bounds, numbers, side).clip(max=len(steps) - 1)]
        return np.where(np.isnan(numbers), None if is_text else np.nan, found)

    return typed(compute, said["dataType"])


def _norm_discrete(element: Element) -> Compute:
    said = attributes(element, "field", "value")
    children(element)
    field, value = said["field"], float(said["value"])
    return lambda batch, places: (batch[field][places] == value).astype(float)


EXPRESSIONS = {
    "FieldRef": _field_ref,
    "Constant": _constant,
    "Apply": _apply,
    "MapValues": _map_values,
    "Discretize": _discretize,
    "NormDiscrete": _norm_discrete,
}
"""By name of the element, what reads it."""
