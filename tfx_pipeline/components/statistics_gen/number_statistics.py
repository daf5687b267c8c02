"""What TFDV says of a feature of numbers, with its sketch and its formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tensorflow_data_validation.utils import quantiles_util, variance_util
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.sketches import QuantilesSketch

from tfx_pipeline.components.statistics_gen.histograms import (
    equal_width_histogram,
    quantiles_histogram,
)

_FINE = 100
"""Quantiles asked of the sketch for each that is shown; buckets of equal width are made of them."""


def make_sketch(options: StatsOptions) -> QuantilesSketch:
    """Make TFDV's sketch of quantiles; fed in the same order, it gives the same quantiles."""
    return QuantilesSketch(eps=options.epsilon, max_num_elements=1 << 32, num_streams=1)


def read_sketch(sketch: QuantilesSketch, buckets: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give quantiles and cumulative counts, [buckets + 1] each."""
    quantiles, counts = sketch.GetQuantilesAndCumulativeWeights(buckets)
    return (
        quantiles.flatten().to_numpy(zero_copy_only=False),
        counts.flatten().to_numpy(zero_copy_only=False),
    )


class NumberStatistics:
    """Takes the numbers of block after block, as int64 or float32."""

    def __init__(self, options: StatsOptions) -> None:
        self._options = options
        self._sketch = make_sketch(options)
        self._moments = variance_util.MeanVarAccumulator()
        self._number = self._nan = self._zeros = self._positive_infinite = 0
        self._low, self._high = math.inf, -math.inf
        self._finite_low, self._finite_high = math.inf, -math.inf

    def add(self, values: NDArray[Any]) -> None:
        """Take the values of one more block; the order of blocks is part of the result."""
        if values.dtype.kind == "f":
            is_nan = np.isnan(values)
            nan = int(np.count_nonzero(is_nan))
            self._nan += nan
            values = values[~is_nan] if nan else values
        if not len(values):
            return
        with np.errstate(invalid="ignore"):  # infinity less infinity
            self._moments.update(values)
        self._number += len(values)
        self._zeros += len(values) - int(np.count_nonzero(values))
        low, high = values.min(), values.max()
        self._low, self._high = min(self._low, low), max(self._high, high)
        if not (math.isfinite(low) and math.isfinite(high)):
            self._positive_infinite += int(np.count_nonzero(np.isposinf(values)))
            finite = values[np.isfinite(values)]
            low = finite.min() if len(finite) else math.inf
            high = finite.max() if len(finite) else -math.inf
        self._finite_low = min(self._finite_low, low)
        self._finite_high = max(self._finite_high, high)
        self._sketch.AddValues(pa.array(values))

    def message(self) -> Any:
        """Make a `statistics_pb2.NumericStatistics` without what all kinds have in common."""
        result = statistics_pb2.NumericStatistics()
        kinds = (statistics_pb2.Histogram.STANDARD, statistics_pb2.Histogram.QUANTILES)
        if not self._number:
            for kind in kinds if self._nan else ():
                result.histograms.add(type=kind, num_nan=self._nan)
            return result
        result.mean = float(self._moments.mean)
        result.std_dev = math.sqrt(max(0, self._moments.variance))
        result.num_zeros = self._zeros
        result.min, result.max = float(self._low), float(self._high)
        options = self._options
        fine = _FINE * options.num_quantiles_histogram_buckets
        quantiles, cumulative = read_sketch(self._sketch, fine)
        result.median = float(quantiles_util.find_median(quantiles))
        infinite = {
            "finite_min": self._finite_low,
            "finite_max": self._finite_high,
            "num_pos_inf": float(self._positive_infinite),
        }
        histograms = (
            equal_width_histogram(
                quantiles, cumulative, options.num_histogram_buckets, infinite=infinite
            ),
            quantiles_histogram(*quantiles_util.rebin_quantiles(quantiles, cumulative, _FINE)),
        )
        for histogram in histograms:
            histogram.num_nan = self._nan
            result.histograms.append(histogram)
        return result
