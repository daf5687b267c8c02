"""Examples framed as the records of a TFRecord file, a batch at a time.

A record is its length, the length's checksum, the example, and its checksum; see
`tensorflow/core/lib/io/record_writer.h`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.examples.encoding import (
    joined,
    listed_between,
    prefixes,
    total_sizes,
)
from tfx_pipeline.ingestion.reading.arrow_arrays import cut

_HEAD_BYTES, _SUM_BYTES = 12, 4
_CRC_MASK = 0xA282EAD8


def frame_records(pieces: Sequence[Any]) -> tuple[Any, list[bytes]]:
    """Frame examples that are given in pieces, see `example_encoding`, while they are joined.

    Returns:
        The records, `[rows]` of binary, and the examples in them.
    """
    import google_crc32c
    import pyarrow as pa

    sizes = total_sizes(pieces)
    rows = len(sizes)
    no_sums = cut(np.zeros(_SUM_BYTES * rows, np.uint8), np.full(rows, _SUM_BYTES))
    records = joined([prefixes(sizes, _head), *pieces, no_sums])
    _, offsets, content = records.buffers()
    bounds = np.frombuffer(offsets, np.int32, rows + 1, 4 * records.offset)
    ends = bounds[1:] - _SUM_BYTES
    examples = listed_between(content or b"", bounds[:-1] + _HEAD_BYTES, ends)
    sums = np.fromiter(map(google_crc32c.value, examples), np.uint32, rows)
    letters = np.frombuffer(content or b"", np.uint8)
    if not letters.flags.writeable:
        letters = letters.copy()
    letters[ends[:, None] + np.arange(_SUM_BYTES)] = _bytes_of(_masked(sums))
    buffers = [None, offsets, pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.binary(), rows, buffers, offset=records.offset), examples


def _head(size: int) -> bytes:
    import google_crc32c

    length = size.to_bytes(8, "little")
    crc = np.array([google_crc32c.value(length)], np.uint32)
    return length + _masked(crc).tobytes()


def _masked(sums: NDArray[np.uint32]) -> NDArray[np.uint32]:
    rotated = (sums >> np.uint32(15)) | (sums << np.uint32(17))
    return (rotated + np.uint32(_CRC_MASK)).astype("<u4")


def _bytes_of(sums: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return sums.view(np.uint8).reshape(-1, _SUM_BYTES)
