"""Files of records as TensorFlow writes them, read without it.

Terms:
    record: `length uint64, crc32c(length), data, crc32c(data)`, little-endian, the sums masked;
        source: tensorflow/core/lib/io/record_writer.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.record_sums import HEAD, masked_sum
from tfx_pipeline.ingestion.reading.table_files import shown

_SUM = struct.Struct("<I")
_LONGEST = 1 << 31
"""Bytes of a message of protobuf."""


def file_records(path: Path, source: BinaryIO) -> Iterator[bytes]:
    """Yield the records of a file, whose unpacked bytes `source` gives.

    Raises:
        UnreadableError: the file ends in the middle of a record, or a sum is wrong; with the
            place of that record among the unpacked bytes.
    """
    offset = number = 0
    while head := source.read(HEAD.size):
        number += 1
        data, what = _record(head, source)
        if what:
            what = f"record {number:,}, which begins at byte {offset:,}, {what}"
            raise UnreadableError(Problem(what, shown(path), next_step="fetch or write it again"))
        yield data
        offset += HEAD.size + len(data) + _SUM.size


def _record(head: bytes, source: BinaryIO) -> tuple[bytes, str]:
    """Read what follows the head of a record; give it, and what is wrong with it."""
    cut = "is cut off: the file ends in it"
    if len(head) < HEAD.size:
        return b"", cut
    length, crc = HEAD.unpack(head)
    if masked_sum(head[:8]) != crc or length >= _LONGEST:
        return b"", "is damaged: the sum of its length is wrong"
    data, foot = source.read(length), source.read(_SUM.size)
    if len(data) < length or len(foot) < _SUM.size:
        return b"", cut
    if masked_sum(data) != _SUM.unpack(foot)[0]:
        return b"", "is damaged: the sum of its bytes is wrong"
    return data, ""
