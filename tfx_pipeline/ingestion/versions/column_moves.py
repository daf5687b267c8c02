"""How far the values of columns moved between two versions, by TFDV's statistics of a split."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from tensorflow_metadata.proto.v0 import statistics_pb2

from tfx_pipeline.storage import fileio

_FILE = "FeatureStats.pb"


@dataclass(frozen=True)
class ColumnMove:
    """A column that both versions have.

    Attributes:
        name: of the column.
        distance: 0 to 1: of numbers, the largest difference of the cumulated shares, between the
            bounds of TFDV's quantiles; of names, the largest difference of the share of one.
        missing: share of rows without a value, before and after.
        typical: of numbers, the mean; of names, the most frequent one; before and after.
    """

    name: str
    distance: float
    missing: tuple[float, float]
    typical: tuple[str, str]


def column_moves(before: str, after: str, split: str) -> list[ColumnMove]:
    """Compare two Statistics artifacts, paths or URIs; the columns that moved most come first.

    Raises:
        NoSuchPlaceError: one of them has no statistics of the split.
    """
    then, now = _features(before, split), _features(after, split)
    moves = [_move(name, then[name], now[name]) for name in then.keys() & now.keys()]
    return sorted(moves, key=lambda move: (-move.distance, move.name))


def _features(statistics: str, split: str) -> dict[str, Any]:
    content = fileio.read_bytes(fileio.join(statistics, f"Split-{split}", _FILE))
    stats = statistics_pb2.DatasetFeatureStatisticsList.FromString(content)
    return {
        ".".join(feature.path.step) or feature.name: feature
        for feature in stats.datasets[0].features
    }


def _move(name: str, then: Any, now: Any) -> ColumnMove:
    kinds = {then.WhichOneof("stats"), now.WhichOneof("stats")}
    if kinds == {"num_stats"}:
        distance = _number_distance(then.num_stats, now.num_stats)
    elif kinds == {"string_stats"}:
        distance = _name_distance(_shares(then.string_stats), _shares(now.string_stats))
    else:  # another type: nothing is as it was
        distance = 1.0
    missing = (_missing(then), _missing(now))
    distance = max(distance, abs(missing[0] - missing[1]))
    return ColumnMove(name, round(distance, 6), missing, (_typical(then), _typical(now)))


def _missing(feature: Any) -> float:
    common = getattr(feature, feature.WhichOneof("stats")).common_stats
    rows = common.num_missing + common.num_non_missing
    return float(common.num_missing / rows) if rows else 1.0


def _typical(feature: Any) -> str:
    if feature.WhichOneof("stats") == "num_stats":
        return f"{feature.num_stats.mean:.6g}"
    values = feature.string_stats.top_values
    return str(values[0].value) if values else ""


def _name_distance(then: Mapping[str, float], now: Mapping[str, float]) -> float:
    names = then.keys() | now.keys()
    return max((abs(then.get(x, 0.0) - now.get(x, 0.0)) for x in names), default=0.0)


def _shares(stats: Any) -> dict[str, float]:
    total = stats.common_stats.num_non_missing
    buckets = stats.rank_histogram.buckets
    return {x.label: x.sample_count / total for x in buckets} if total else {}


def _number_distance(then: Any, now: Any) -> float:
    """Compare cumulated shares at all bounds of both."""
    curves = [_curve(stats) for stats in (then, now)]
    if any(len(bounds) == 0 for bounds, _ in curves):
        return 0.0 if all(len(bounds) == 0 for bounds, _ in curves) else 1.0
    points = np.unique(np.concatenate([bounds for bounds, _ in curves]))
    shares = [np.interp(points, bounds, share, left=0.0, right=1.0) for bounds, share in curves]
    return float(np.abs(shares[0] - shares[1]).max())


def _curve(stats: Any) -> tuple[Any, Any]:
    """Give bounds, ascending, and the share of values up to each: `[bounds] float64` both."""
    bounds, counts = [], []
    for bucket in _buckets(stats):
        if not bounds:
            bounds.append(bucket.low_value)
            counts.append(0.0)
        bounds.append(bucket.high_value)
        counts.append(bucket.sample_count)
    total = sum(counts)
    if not total:
        return np.array([]), np.array([])
    share = np.cumsum(counts) / total
    unique, last = np.unique(np.array(bounds)[::-1], return_index=True)  # of equal bounds, the last
    return unique, share[::-1][last]


def _buckets(stats: Any) -> Iterator[Any]:
    kind = statistics_pb2.Histogram.QUANTILES
    for histogram in stats.histograms:
        if histogram.type == kind:
            yield from histogram.buckets
            return
