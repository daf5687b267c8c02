"""TFDV's histograms, made of its quantiles by NumPy.

The formulas are those of `tensorflow_data_validation.utils.quantiles_util`, whose loops in Python
over each of a thousand quantiles were a quarter of the time for a table of a thousand columns.

Terms:
    quantiles: [q] float, sorted bounds, the smallest and the greatest value included.
    cumulative: [q] float64, how many values are at most as great.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow_data_validation.utils import quantiles_util
from tensorflow_metadata.proto.v0 import statistics_pb2


def quantiles_histogram(quantiles: NDArray[Any], cumulative: NDArray[Any]) -> Any:
    """Make a `statistics_pb2.Histogram` with a bucket between each quantile and the next."""
    result = statistics_pb2.Histogram(type=statistics_pb2.Histogram.QUANTILES)
    weights = _bucket_weights(quantiles, cumulative)
    _add_buckets(result, quantiles[:-1], quantiles[1:], weights)
    return result


def equal_width_histogram(
    quantiles: NDArray[Any], cumulative: NDArray[Any], buckets: int, *, infinite: dict[str, float]
) -> Any:
    """Make a `statistics_pb2.Histogram` of buckets of equal width.

    Values are taken to be spread evenly between two quantiles.

    Args:
        quantiles: see above.
        cumulative: see above.
        buckets: their number.
        infinite: `finite_min`, `finite_max` and `num_pos_inf`, as TFDV's own function takes them.
    """
    lowest, greatest = infinite["finite_min"], infinite["finite_max"]
    if not (np.isfinite(quantiles[0]) and np.isfinite(quantiles[-1])):  # rare, and intricate
        return quantiles_util.generate_equi_width_histogram(
            quantiles, cumulative, num_buckets=buckets, **infinite
        )
    result = statistics_pb2.Histogram(type=statistics_pb2.Histogram.STANDARD)
    bounds = np.array([lowest, greatest], np.float64)
    if lowest != greatest:
        bounds = np.linspace(lowest, greatest, buckets + 1)
    low, high = bounds[:-1], bounds[1:]
    weights = _bucket_weights(quantiles, cumulative)
    shares = _overlaps(quantiles[:-1], quantiles[1:], low, high)
    _add_buckets(result, low, high, (shares * weights).sum(axis=1))
    return result


def _bucket_weights(quantiles: NDArray[Any], cumulative: NDArray[Any]) -> NDArray[Any]:
    """Give how many values lie in each bucket; those that end alike share theirs."""
    weights = np.diff(cumulative.astype(np.float64))
    if not len(weights):
        return weights
    ends = quantiles[1:]
    firsts = np.flatnonzero(np.concatenate([[True], ends[1:] != ends[:-1]]))
    sizes = np.diff(np.append(firsts, len(ends)))
    weights = np.repeat(np.add.reduceat(weights, firsts) / sizes, sizes)
    # The smallest value itself belongs to the first bucket, and to those that are like it.
    is_first = (quantiles[:-1] == quantiles[0]) & (ends == ends[0])
    alike = len(ends) if is_first.all() else int(np.argmin(is_first))
    weights[:alike] += float(cumulative[0]) / alike
    return weights


def _overlaps(
    starts: NDArray[Any], ends: NDArray[Any], low: NDArray[Any], high: NDArray[Any]
) -> NDArray[Any]:
    """Give which share of each quantile bucket lies in each interval: [intervals, buckets].

    A bucket without width belongs to the interval that ends with it, or that it lies in; at the
    very start, to the first.
    """
    starts, ends = starts.astype(np.float64), ends.astype(np.float64)
    low, high = low[:, np.newaxis], high[:, np.newaxis]
    width = ends - starts
    is_point = width == 0
    inside = np.minimum(high, ends) - np.maximum(low, starts)
    shares = np.clip(inside, 0, None) / np.where(is_point, 1, width)
    first = np.arange(len(low))[:, np.newaxis] == 0
    holds = ((starts > low) | (first & (starts == low))) & (starts <= high)
    return np.where(is_point, holds, shares)


def _add_buckets(
    histogram: Any, low: NDArray[Any], high: NDArray[Any], counts: NDArray[Any]
) -> None:
    for start, end, count in zip(low.tolist(), high.tolist(), counts.tolist(), strict=True):
        histogram.buckets.add(low_value=start, high_value=end, sample_count=count)
