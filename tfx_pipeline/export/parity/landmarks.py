"""Where a model changes its mind: raw numbers and names at which what it computes bends or jumps.

A transformed number at which a tree parts, or a linear piece begins or ends, is led back through
the scaling to the raw number; rounding may leave it one or two floats beside, which is why rows are
made on both sides of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import BlendHead, Head, LinearHead, MlpHead, TreesHead
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    CategoryId,
    NameValues,
    Periodic,
    Scaled,
    Words,
)
from tfx_pipeline.modules.features.calendar_arithmetic import DAY


@dataclass(frozen=True)
class Landmarks:
    """Of a raw column.

    Attributes:
        numbers: float64, of what the column's cells are read as.
        names: that the model knows, the missing one left out.
    """

    numbers: NDArray[np.float64]
    names: tuple[str, ...]


def landmarks(description: ModelDescription) -> dict[str, Landmarks]:
    """Find the landmarks of each raw column."""
    numbers: dict[str, list[NDArray[np.float64]]] = {x.name: [] for x in description.columns}
    names: dict[str, dict[str, None]] = {x.name: {} for x in description.columns}
    transformed = transformed_landmarks(description)
    for operation in description.operations:
        if isinstance(operation, Scaled):
            numbers[operation.column] += [
                np.array([operation.fill, operation.origin, 0.0]),
                _led_back(operation, transformed.get(operation.output, np.zeros(0))),
            ]
        elif isinstance(operation, Bucket):
            numbers[operation.column].append(np.asarray(operation.boundaries, np.float64))
        elif isinstance(operation, CategoryId | NameValues):
            names[operation.column] |= dict.fromkeys(operation.names)
        elif isinstance(operation, Words):
            names[operation.column] |= dict.fromkeys(operation.vocabulary)
        elif isinstance(operation, CalendarId | Periodic):
            numbers[operation.clock.column].append(_moments(operation.clock.per_second))
    return {
        name: Landmarks(
            np.unique(np.concatenate([np.zeros(0), *numbers[name]])),
            tuple(x for x in names[name] if x),
        )
        for name in numbers
    }


def transformed_landmarks(description: ModelDescription) -> dict[str, NDArray[np.float64]]:
    """Find where the head bends or jumps, by transformed column of one number."""
    ends = itertools.accumulate(description.widths.values())
    starts = {
        end - width: name
        for end, (name, width) in zip(ends, description.widths.items(), strict=True)
    }
    found: dict[str, list[NDArray[np.float64]]] = {}
    for places, values in _bends(description.head):
        for place in np.unique(places):
            name = starts.get(place)
            if name is not None:
                found.setdefault(name, []).append(values[places == place])
    return {name: np.unique(np.concatenate(values)) for name, values in found.items()}


def _bends(head: Head) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Give places in `numbers` and, of each, a number."""
    if isinstance(head, BlendHead):
        for member in head.members:
            yield from _bends(member)
    elif isinstance(head, LinearHead):
        for values in (head.lows, head.lows + head.widths):
            yield np.asarray(head.columns, np.int64), np.asarray(values, np.float64)
    elif isinstance(head, MlpHead) and head.numbers is not None:
        numbers = head.numbers
        yield np.asarray(numbers.places, np.int64), np.asarray(numbers.medians, np.float64)
    elif isinstance(head, TreesHead):
        conditions, places = head.conditions, np.asarray(head.columns.places, np.int64)
        columns = np.asarray(conditions.number_columns, np.int64)
        of_numbers = columns < len(places)
        thresholds = np.asarray(conditions.thresholds, np.float64)
        yield places[columns[of_numbers]], thresholds[of_numbers]


def _led_back(operation: Scaled, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the raw numbers that are scaled to these, and to the farthest ones."""
    values = np.concatenate([values, [-operation.farthest, operation.farthest]])
    with np.errstate(over="ignore"):
        raw = values * operation.unit + operation.origin
        raw = np.expm1(raw) if operation.is_log else raw
    return raw[np.isfinite(raw)]


def _moments(per_second: int) -> NDArray[np.float64]:
    """Give beginnings of days, years and leap days, and moments when clocks are moved."""
    years = np.array(
        ["0001", "1582", "1900", "1970", "1999", "2000", "2004", "2026", "2100", "9999"],
        "datetime64[Y]",
    )
    days = years.astype("datetime64[D]").astype(np.int64)
    around = np.concatenate([days, days + 58, days + 59, days + 60, days + 181])
    moved = np.array(["2015-03-08T08", "2015-11-01T07", "2026-03-29T01", "2026-10-25T01"])
    seconds = np.concatenate([around * DAY, moved.astype("datetime64[s]").astype(np.int64)])
    return seconds.astype(np.float64) * per_second
