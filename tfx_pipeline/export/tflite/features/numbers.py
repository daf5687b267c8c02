"""Scaled numbers, marks of missing ones, and buckets.

Terms:
    high, low: two float32 whose sum is a float64 but for 2**-48 of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.names import Codes
from tfx_pipeline.export.tflite.features.search import counts_at_most
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import LARGEST_WHOLE, Ranks
from tfx_pipeline.modules.description.operations import Bucket, IsMissing, Scaled

Array: TypeAlias = NDArray[np.float64]
Part: TypeAlias = tuple[list[str], Tensor]
"""Names of transformed columns, and the columns side by side."""

_RANKS = "ranks"
_FARTHEST = np.iinfo(np.int64).max
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_Of = TypeVar("_Of", Scaled, IsMissing, Bucket)


def write_scaled(
    writer: Writer, cells: Cells, codes: Codes | None, operations: Sequence[Scaled]
) -> list[Part]:
    """Scale numbers: `[rows, outputs] float32`, by kind of column."""
    parts = []
    for kind, each in _by_kind(cells, operations).items():
        if kind == _RANKS:
            parts.append(_of_ranks(writer, cells, codes, each, scale))
            continue
        for is_log in (False, True):
            if group := [x for x in each if x.is_log == is_log]:
                matrix = _scaled(writer, cells, kind, group)
                parts.append(([x.output for x in group], matrix))
    return parts


def write_missing(
    writer: Writer, cells: Cells, codes: Codes | None, operations: Sequence[IsMissing]
) -> list[Part]:
    """Mark missing numbers; see `write_scaled`."""
    parts = []
    for kind, each in _by_kind(cells, operations).items():
        if kind == _RANKS:
            parts.append(_of_ranks(writer, cells, codes, each, lambda _, x: float(math.isnan(x))))
            continue
        numbers = cells.numbers(kind)
        taken = writer.taken(numbers.missing, [numbers.places[x.column] for x in each])
        parts.append(([x.output for x in each], writer.cast(taken, "float32")))
    return parts


def write_buckets(
    writer: Writer, cells: Cells, codes: Codes | None, operations: Sequence[Bucket]
) -> list[Part]:
    """Find buckets: `[rows, outputs] int32`."""
    parts = []
    for kind, each in _by_kind(cells, operations).items():
        if kind == _RANKS:
            names, matrix = _of_ranks(writer, cells, codes, each, _bucket)
            parts.append((names, writer.cast(matrix, "int32")))
            continue
        numbers = cells.numbers(kind)
        places = [numbers.places[x.column] for x in each]
        ceil = _ceil_float32 if kind == "float32" else _ceil_int64
        ascending = [ceil(np.asarray(x.boundaries, np.float64)) for x in each]
        counts = counts_at_most(writer, writer.taken(numbers.values, places), ascending)
        ids = writer.two("ADD", counts, np.array(1))
        missing = writer.taken(numbers.missing, places)
        parts.append(([x.output for x in each], writer.where(missing, np.zeros(()), ids)))
    return parts


def scale(operation: Scaled, number: float) -> float:
    """Scale a number as the operation says, in float64."""
    x = math.log1p(max(number, 0.0)) if operation.is_log else number
    x = operation.fill if math.isnan(number) else x
    scaled = (x - operation.origin) / operation.unit if operation.unit else 0.0
    return min(max(scaled, -operation.farthest), operation.farthest)


def _by_kind(cells: Cells, operations: Sequence[_Of]) -> dict[str, list[_Of]]:
    groups: dict[str, list[_Of]] = {}
    for each in operations:
        column = cells.columns[each.column]
        kind = _RANKS if isinstance(column.parse, Ranks) else column.type
        groups.setdefault(kind, []).append(each)
    return groups


def _of_ranks(
    writer: Writer,
    cells: Cells,
    codes: Codes | None,
    operations: Sequence[_Of],
    function: Callable[[_Of, float], float],
) -> Part:
    """Look up what a function of a rank, NaN for missing, gives: there are only so many."""
    assert codes is not None
    columns = [each.column for each in operations]
    tables = [
        [function(each, rank) for rank in _ranks(cells, each.column, codes.of(each.column))]
        for each in operations
    ]
    matrix = codes.looked_up(writer, columns, [np.array(x, np.float32) for x in tables])
    return [each.output for each in operations], matrix


def _ranks(cells: Cells, column: str, names: Sequence[str | None]) -> list[float]:
    ranks = cells.columns[column].parse
    assert isinstance(ranks, Ranks)
    places = {name: float(place) for place, name in enumerate(ranks.values)}
    return [math.nan if name is None else places.get(name, math.nan) for name in names]


def _bucket(operation: Bucket, number: float) -> int:
    if math.isnan(number):
        return 0
    return 1 + int(np.searchsorted(operation.boundaries, number, "right"))


def _scaled(writer: Writer, cells: Cells, kind: str, group: Sequence[Scaled]) -> Tensor:
    """Scale columns of one type, all by their logarithm or none."""
    numbers = cells.numbers(kind)
    places = [numbers.places[x.column] for x in group]
    values = writer.taken(numbers.values, places)
    origins, units = (np.array([getattr(x, y) for x in group]) for y in ("origin", "unit"))
    away = _log_away if group[0].is_log else _away
    scaled = away(writer, values, origins, units)
    farthest = np.array([[min(x.farthest, _FLOAT32_MAX) for x in group]])
    fills = np.array([[scale(x, math.nan) for x in group]])
    clipped = writer.clipped(scaled, -farthest, farthest)
    return writer.where(writer.taken(numbers.missing, places), fills, clipped)


def _away(writer: Writer, values: Tensor, origins: Array, units: Array) -> Tensor:
    """Give (values - origins) / units; the difference is exact where it is small."""
    return _in_units(writer, _differences(writer, values, origins), units)


def _differences(writer: Writer, values: Tensor, origins: Array) -> Tensor:
    """Give values - origins as float32."""
    if values.dtype == "int64":
        nearest = np.clip(np.rint(origins), -(2.0**62), 2.0**62)
        middles = nearest.astype(np.int64)
        # So no difference is beyond int64; cut off is no larger a share than that of the origin.
        lows, highs = np.maximum(middles, 0) - _FARTHEST, np.minimum(middles, 0) + _FARTHEST
        near = writer.clipped(values, lows[np.newaxis], highs[np.newaxis])
        whole = writer.two("SUB", near, middles[np.newaxis])
        return writer.two("SUB", writer.cast(whole, "float32"), (origins - nearest)[np.newaxis])
    high = np.clip(origins, -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)
    first = writer.two("SUB", values, high[np.newaxis])
    low = (origins - high).astype(np.float32)
    return writer.two("SUB", first, low[np.newaxis]) if low.any() else first


def _in_units(writer: Writer, values: Tensor, units: Array) -> Tensor:
    """Divide by units of any size: 0 where a unit is 0.

    The exponent of a unit that float32 has not, or hardly, goes to the numbers beforehand.
    """
    exponents = np.where(units > 0, np.frexp(units)[1], 0)
    outside = np.where(np.abs(exponents) > 60, exponents, 0)
    for _ in range(4):  # 2**-1074 to 2**1023 in steps that float32 has
        step = np.clip(outside, -120, 120)
        if step.any():
            values = writer.two("MUL", values, np.ldexp(1.0, -step)[np.newaxis])
        outside = outside - step
    rest = np.ldexp(units, -np.where(np.abs(exponents) > 60, exponents, 0))
    values = writer.two("DIV", values, np.where(units > 0, rest, 1.0)[np.newaxis])
    if not units.all():
        values = writer.two("MUL", values, (units > 0).astype(np.float64)[np.newaxis])
    return values


def _log_away(writer: Writer, values: Tensor, origins: Array, units: Array) -> Tensor:
    """Give (log(1 + max(values, 0)) - origins) / units.

    Near the origin it is log(1 + d) with the share d by which 1 + x is more than exp(origin), taken
    as d log(u) / (u - 1) with u = 1 + d as float32 rounds it: W. Kahan, in D. Goldberg, What every
    computer scientist should know about floating-point arithmetic (1991), theorem 4.
    """
    positive = writer.two("MAXIMUM", values, np.zeros(()))
    scales = np.exp(origins)
    away = _differences(writer, positive, scales - 1)
    share = writer.two("DIV", away, scales[np.newaxis])
    rounded = writer.two("ADD", share, np.ones(()))
    kept = writer.two("SUB", rounded, np.ones(()))
    is_same = writer.two("EQUAL", kept, np.zeros(()))
    ratio = writer.two("DIV", share, writer.where(is_same, np.ones(()), kept))
    near = writer.two("MUL", writer.one("LOG", rounded), ratio)
    near = writer.where(is_same, share, near)
    total = writer.two("ADD", writer.cast(positive, "float32"), np.ones(()))
    far = writer.one("LOG", writer.two("MUL", total, np.exp(-origins)[np.newaxis]))
    is_near = writer.two("LESS", writer.one("ABS", share), np.array(0.5))
    return _in_units(writer, writer.where(is_near, near, far), units)


def _ceil_float32(numbers: Array) -> NDArray[np.float32]:
    """Round up: of float32, the same are at least this as are at least the float64."""
    with np.errstate(over="ignore"):
        rounded = numbers.astype(np.float32)
    return np.where(rounded < numbers, np.nextafter(rounded, np.float32(np.inf)), rounded)


def _ceil_int64(numbers: Array) -> NDArray[np.int64]:
    """Round up likewise; what is beyond all whole numbers that are sent is the next beyond."""
    inside = np.clip(np.ceil(numbers), -(2.0**63), LARGEST_WHOLE)
    whole = inside.astype(np.int64)
    return np.where(numbers > LARGEST_WHOLE, np.iinfo(np.int64).max, whole)
