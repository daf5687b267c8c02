"""What TFDV says of one feature: how often it is there, and what its values are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tensorflow_data_validation.types import FeaturePath
from tensorflow_data_validation.utils import top_k_uniques_stats_util as top_k
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx_bsl.arrow import array_util

from tfx_pipeline.components.statistics_gen.example_columns import Column, Kind
from tfx_pipeline.components.statistics_gen.histograms import quantiles_histogram
from tfx_pipeline.components.statistics_gen.number_statistics import (
    NumberStatistics,
    make_sketch,
    read_sketch,
)
from tfx_pipeline.components.statistics_gen.value_counts import ValueCounts
from tfx_pipeline.errors import Problem, StepError

_TYPES = {
    "int": statistics_pb2.FeatureNameStatistics.INT,
    "float": statistics_pb2.FeatureNameStatistics.FLOAT,
    "bytes": statistics_pb2.FeatureNameStatistics.STRING,
}


class StringStatistics:
    """Takes the strings of block after block."""

    def __init__(self, options: StatsOptions) -> None:
        self._options = options
        self._bytes = self._number = self._not_text = 0
        self._counts = ValueCounts()

    def add(self, values: pa.Array) -> None:
        """Take the values, Arrow's `large_binary`, of one more block."""
        if not len(values):
            return
        self._number += len(values)
        self._bytes += pc.sum(pc.binary_length(values)).as_py()
        self._not_text += array_util.CountInvalidUTF8(values)
        self._counts.add(values)

    def message(self) -> Any:
        """Make a `statistics_pb2.StringStatistics` without what all kinds have in common."""
        options = self._options
        if not self._number:
            return statistics_pb2.StringStatistics()
        shown = max(options.num_top_values, options.num_rank_histogram_buckets)
        result = top_k.make_feature_stats_proto_topk_uniques(
            feature_path=FeaturePath(["any"]),
            num_top_values=options.num_top_values,
            num_rank_histogram_buckets=options.num_rank_histogram_buckets,
            num_unique=self._counts.distinct(),
            value_count_list=[top_k.FeatureValueCount(*pair) for pair in self._counts.top(shown)],
            frequency_threshold=options.frequency_threshold,
        ).string_stats
        result.avg_length = self._bytes / self._number
        result.invalid_utf8_count = self._not_text
        return result


class FeatureStatistics:
    """Takes a feature's columns of block after block."""

    def __init__(self, name: str, options: StatsOptions) -> None:
        self.name = name
        self._options = options
        self._kind: Kind | None = None
        self._present = 0
        self._rows_by_length: dict[int, int] = {}
        self._values: NumberStatistics | StringStatistics = StringStatistics(options)

    def add(self, column: Column) -> None:
        """Take one more block.

        Raises:
            StepError: its values are of another kind than those before.
        """
        self._present += column.present
        if column.value_counts is None:
            lengths, rows = np.array([1]), np.array([column.present])
        else:
            lengths, rows = np.unique(column.value_counts, return_counts=True)
        for length, count in zip(lengths.tolist(), rows.tolist(), strict=True):
            self._rows_by_length[length] = self._rows_by_length.get(length, 0) + count
        if column.kind is None:
            return
        if self._kind is None:
            self._kind = column.kind
            if column.kind != "bytes":
                self._values = NumberStatistics(self._options)
        if self._kind != column.kind:
            raise _two_kinds(self.name, self._kind, column.kind)
        self._values.add(column.values)

    def message(self, examples: int) -> Any:
        """Make a `statistics_pb2.FeatureNameStatistics`; `examples` are the rows of the split."""
        result = statistics_pb2.FeatureNameStatistics(
            type=_TYPES[self._kind or "bytes"]  # as TFDV says of a feature without any value
        )
        result.path.step.append(self.name)
        if isinstance(self._values, NumberStatistics):
            result.num_stats.CopyFrom(self._values.message())
            self._fill(result.num_stats.common_stats, examples)
        else:
            result.string_stats.CopyFrom(self._values.message())
            self._fill(result.string_stats.common_stats, examples)
        return result

    def _fill(self, common: Any, examples: int) -> None:
        """Fill in a `statistics_pb2.CommonStatistics`."""
        common.num_non_missing = self._present
        common.num_missing = examples - self._present
        if not self._present:
            return
        lengths = sorted(length for length, rows in self._rows_by_length.items() if rows)
        rows = [self._rows_by_length[length] for length in lengths]
        common.min_num_values, common.max_num_values = lengths[0], lengths[-1]
        common.tot_num_values = sum(map(int.__mul__, lengths, rows))
        common.avg_num_values = common.tot_num_values / self._present
        sketch = make_sketch(self._options)
        sketch.AddValues(pa.array(lengths, pa.int64()), pa.array(rows, pa.int64()))
        quantiles = read_sketch(sketch, self._options.num_values_histogram_buckets)
        common.num_values_histogram.CopyFrom(quantiles_histogram(*quantiles))


def _two_kinds(name: str, one: Kind, other: Kind) -> StepError:
    problem = Problem(
        f"feature `{name}` has values of two kinds",
        received=f"{one} and {other}",
        allowed="one kind in all rows of a split",
        next_step="look at what wrote the examples",
    )
    return StepError([problem])
