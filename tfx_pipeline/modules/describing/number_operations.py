"""Operations on numbers and moments, by the configuration and what was learned."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    Clock,
    IsMissing,
    Operation,
    Periodic,
    Scaled,
)
from tfx_pipeline.modules.features.columns import FARTHEST
from tfx_pipeline.modules.features.numbers import (
    BOUNDARIES,
    DEVIATIONS,
    HIGHS,
    LOWS,
    MEANS,
    alike_bucketed,
    in_order_of_scales,
)
from tfx_pipeline.modules.features.timestamps import PER_SECOND
from tfx_pipeline.modules.preprocessing import bucketed, of_kind, scaled

Specs = Mapping[str, Mapping[str, Any]]
Learned = Mapping[str, NDArray[Any]]


def number_operations(features: Specs, learned: Learned) -> Iterator[Operation]:
    """Describe all features that are made from numbers."""
    yield from _scaled(scaled(features), learned)
    for place, names in enumerate(alike_bucketed(bucketed(features)).values()):
        for name, row in zip(names, learned[BOUNDARIES.format(place)], strict=True):
            yield Bucket(f"{name}_bucket", name, row.astype(np.float64))
    for name, feature in of_kind(features, "timestamp").items():
        unit = "s" if feature.get("parse") else feature["unit"]
        clock = Clock(name, PER_SECOND[unit], feature.get("zone"))
        for part in feature["parts"]:
            yield CalendarId(f"{name}_{part}_part", clock, part)
        if feature.get("periodic"):
            yield Periodic(f"{name}_periodic", clock)


def _scaled(features: Specs, learned: Learned) -> Iterator[Operation]:
    ranges = iter(zip(learned.get(LOWS, ()), learned.get(HIGHS, ()), strict=True))
    names = in_order_of_scales(features)
    for i, name in enumerate(names):
        scale, mean = features[name]["scale"], float(learned[MEANS][i])
        origin, unit, farthest = mean, float(learned[DEVIATIONS][i]), FARTHEST
        if scale == "minmax":
            low, high = (float(x) for x in next(ranges))
            origin, unit = low, high - low
        elif scale == "none":
            origin, unit, farthest = 0.0, 1.0, float(np.finfo(np.float32).max)
        if not (math.isfinite(unit) and unit > 0):
            origin = unit = 0.0
        yield Scaled(f"{name}_scaled", name, scale == "log_zscore", mean, origin, unit, farthest)
        yield IsMissing(f"{name}_missing", name)
