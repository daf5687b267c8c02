"""The statistics of a split, from its files, in one pass and in this process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tensorflow_data_validation.statistics.stats_options import StatsOptions
from tensorflow_metadata.proto.v0 import statistics_pb2

from tfx_pipeline.components.statistics_gen.example_columns import Column, ExampleDecoder
from tfx_pipeline.components.statistics_gen.feature_statistics import FeatureStatistics
from tfx_pipeline.ingestion.examples.record_blocks import RecordBlock, record_blocks
from tfx_pipeline.storage.artifact_staging import uri_of

_THREADS = min(4, os.cpu_count() or 1)

OnRows = Callable[[int], None]
"""Told how many rows more are done, for a line of progress."""


def split_statistics(
    files: Iterable[Path], options: StatsOptions, on_rows: OnRows | None = None
) -> Any:
    """Compute what TFDV computes of these examples.

    The same rows in the same order give the same bytes: threads read ahead and decode, and each
    feature sees its blocks in their order.

    Args:
        files: of packed TFRecords, in the order of their names.
        options: TFDV's; those of its defaults that count quantiles, buckets and top values.
        on_rows: see `OnRows`.

    Returns:
        `statistics_pb2.DatasetFeatureStatisticsList` of one data set without a name. Features
        stand in the order in which they first appear; those of one row by their names' bytes.

    Raises:
        StepError: a file is damaged, or a feature has values of two kinds.
    """
    features: dict[str, FeatureStatistics] = {}
    rows = 0
    with ThreadPoolExecutor(_THREADS) as pool:
        for size, columns in _decoded(files, pool):
            for column in columns:
                if column.name not in features:
                    features[column.name] = FeatureStatistics(column.name, options)
            _run_all(pool, [(features[column.name], column) for column in columns])
            rows += size
            if on_rows:
                on_rows(size)
    result = statistics_pb2.DatasetFeatureStatisticsList()
    data_set = result.datasets.add(num_examples=rows)
    for name in list(features):
        data_set.features.append(features.pop(name).message(rows))  # its sketch is not needed more
    return result


def _decoded(files: Iterable[Path], pool: ThreadPoolExecutor) -> Iterator[tuple[int, list[Column]]]:
    """Give the rows and columns of each block in turn, a few of them decoded ahead."""
    decoder = ExampleDecoder()

    def decode(block: RecordBlock) -> tuple[int, list[Column]]:
        columns = decoder.decode(block)
        columns.sort(key=lambda column: (column.first_row, column.name.encode()))
        return len(block.starts), columns

    ahead: deque[Future[tuple[int, list[Column]]]] = deque()
    for file in sorted(files):
        for block in record_blocks(str(file), uri_of(str(file))):
            ahead.append(pool.submit(decode, block))
            if len(ahead) > _THREADS:
                yield ahead.popleft().result()
    while ahead:
        yield ahead.popleft().result()


def _run_all(pool: ThreadPoolExecutor, work: list[tuple[FeatureStatistics, Column]]) -> None:
    """Let threads add columns to their features, each thread a part of them."""
    parts = [work[start::_THREADS] for start in range(_THREADS)]

    def run(part: list[tuple[FeatureStatistics, Column]]) -> None:
        for feature, column in part:
            feature.add(column)

    for done in [pool.submit(run, part) for part in parts]:
        done.result()
