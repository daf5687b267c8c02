"""Records of packed TFRecord files, many at a time and without an object for each.

Terms:
    block: some megabytes of unpacked file, and where in them records begin and end.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.storage.artifact_staging import uri_of

_BLOCK_BYTES = 8 << 20
"""Unpacked; enough rows that what a column costs in a block is work on values."""
_LONGEST_BYTES = 1 << 31
"""What protobuf reads at most."""
_LENGTH = struct.Struct("<Q")
_HEAD_BYTES, _TAIL_BYTES = 12, 4
"""A record is its length and that length's checksum, its bytes, and their checksum."""


@dataclass(frozen=True)
class RecordBlock:
    """Whole records of a file, in its order.

    Attributes:
        data: [bytes] uint8, what lies around the records included.
        starts: [records] int64, where the bytes of each begin in `data`.
        ends: [records] int64, where they end; never less than the start.
    """

    data: NDArray[Any]
    starts: NDArray[Any]
    ends: NDArray[Any]

    def records(self, rows: NDArray[Any]) -> list[bytes]:
        """Copy the records of some rows out."""
        data = self.data.data
        pairs = zip(self.starts[rows].tolist(), self.ends[rows].tolist(), strict=True)
        return [bytes(data[start:end]) for start, end in pairs]


def record_blocks(file: Path) -> Iterator[RecordBlock]:
    """Read a file packed by gzip, whose checksum stands for those of the records.

    Raises:
        StepError: the file is damaged, or is none of that kind.
    """
    rest = b""
    with gzip.open(file) as stream:
        while True:
            try:
                more = stream.read(_BLOCK_BYTES)
                content = rest + more
                starts, ends, used = _find_records(content)
            except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
                raise _damaged(file, str(error)) from error
            if not more:
                break
            rest = content[used:]
            if starts:
                yield RecordBlock(
                    np.frombuffer(content, np.uint8, used),
                    np.array(starts, np.int64),
                    np.array(ends, np.int64),
                )
    if rest:
        raise _damaged(file, f"{len(rest):,} bytes at its end are no whole record")


def _find_records(content: bytes) -> tuple[list[int], list[int], int]:
    """Give where whole records begin and end, and where the first that is not whole begins.

    Raises:
        ValueError: a length that no record has.
    """
    starts, ends, at = [], [], 0
    length_at, size = _LENGTH.unpack_from, len(content)
    while at + _HEAD_BYTES <= size:
        start = at + _HEAD_BYTES
        length = length_at(content, at)[0]
        if length > _LONGEST_BYTES:
            raise ValueError(f"a record of {length:,} bytes")
        end = start + length
        if end + _TAIL_BYTES > size:
            break
        starts.append(start)
        ends.append(end)
        at = end + _TAIL_BYTES
    return starts, ends, at


def _damaged(file: Path, why: str) -> StepError:
    problem = Problem(
        "the examples cannot be read",
        place=uri_of(str(file)),
        received=why,
        allowed="a file of TFRecords packed by gzip",
        next_step="remove the artifact's folder, and run again from its ExampleGen",
    )
    return StepError([problem])
