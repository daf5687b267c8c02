"""Examples of files as record batches, in which each feature is a column of lists.

They are read without TensorFlow, whose import would take longer than the rest of the gate.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.examples.record_blocks import record_blocks
from tfx_pipeline.storage.artifact_staging import uri_of

_THREADS = min(4, os.cpu_count() or 1)


def records_of(files: Iterable[Path]) -> Iterator[list[bytes]]:
    """Yield the records of files, in the order of their names, some megabytes at a time.

    Raises:
        StepError: a file is damaged.
    """
    for file in sorted(files):
        for block in record_blocks(str(file), uri_of(str(file))):
            yield block.records()


def example_batches(files: Iterable[Path]) -> Iterator[Any]:
    """Yield the examples of files, some batches at a time decoded in threads: that is C++ at work.

    Raises:
        StepError: a file is damaged.
    """
    blocks = records_of(files)
    with ThreadPoolExecutor(_THREADS) as pool:
        while some := list(islice(blocks, _THREADS)):
            yield from pool.map(decoded, some)


def decoded(records: Sequence[bytes]) -> Any:
    """Give serialized examples as a `pyarrow.RecordBatch`."""
    from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

    return ExamplesToRecordBatchDecoder().DecodeBatch(records)


def first_values(batch: Any, name: str) -> Any:
    """Give the first value of a feature in each row: an Arrow array, null where there is none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    position = batch.schema.get_field_index(name)
    if position < 0:
        return pa.nulls(batch.num_rows)
    lists = batch.column(position)
    if pa.types.is_null(lists.type):
        return lists
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    starts = np.asarray(lists.offsets)[:-1]
    return lists.values.take(pa.array(starts, mask=lengths == 0))
