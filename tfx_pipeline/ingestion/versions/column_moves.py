"""How far the values of columns moved between two versions, by TFDV's statistics of a split."""

from __future__ import annotations

from collections.abc import Mapping
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
        distance: 0 to 1: of numbers, the largest difference of the cumulated shares, or less: so
            much as TFDV's histograms prove; of names, the largest difference of the share of one.
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
    """Give the largest difference of cumulated shares that the histograms leave no doubt of.

    Between two bounds of a histogram, a share may be anything from the one to the other.
    """
    histograms = [[_Shares(x) for x in stats.histograms] for stats in (then, now)]
    points = np.unique(np.concatenate([x.bounds for both in histograms for x in both] or [[]]))
    if not len(points):
        return 0.0
    least = [np.max([x.least(points) for x in each], axis=0, initial=0.0) for each in histograms]
    most = [np.min([x.most(points) for x in each], axis=0, initial=1.0) for each in histograms]
    return float(max(0.0, (least[0] - most[1]).max(), (least[1] - most[0]).max()))


class _Shares:
    """What a histogram of TFDV says of the share of values up to a number.

    A value at a bound is in the bucket below it; where several bounds are one, their buckets share
    its rows, and all of them together are up to it.
    """

    def __init__(self, histogram: Any) -> None:
        counts = np.array([x.sample_count for x in histogram.buckets])
        highs = np.array([x.high_value for x in histogram.buckets])
        self.bounds, last = np.unique(highs[::-1], return_index=True)
        self._shares = (np.cumsum(counts) / max(counts.sum(), 1.0))[::-1][last]

    def least(self, points: Any) -> Any:
        """Give the least share of values up to each point."""
        return np.r_[0.0, self._shares][np.searchsorted(self.bounds, points, "right")]

    def most(self, points: Any) -> Any:
        """Give the most that it can be."""
        return np.r_[self._shares, 1.0][np.searchsorted(self.bounds, points, "left")]
