"""Records of the TFRecord files in an Examples artifact, many at a time.

The sums of the records are not looked at: that of gzip stands for them. Files that others wrote,
which are an input of a pipeline, are read with more care by `reading.tfrecord`.

Terms:
    block: some megabytes of unpacked file, and where in them records begin and end.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.storage import fileio

_BLOCK_BYTES = 8 << 20
"""Unpacked; enough rows that what a column costs in a block is work on values."""
_LONGEST_BYTES = 1 << 31
"""What protobuf reads at most."""
_GZIP = b"\x1f\x8b"
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

    def records(self, rows: NDArray[Any] | None = None) -> list[bytes]:
        """Copy the records of some rows out; None: of all."""
        data = self.data.data
        starts, ends = self.starts, self.ends
        if rows is not None:
            starts, ends = starts[rows], ends[rows]
        pairs = zip(starts.tolist(), ends.tolist(), strict=True)
        return [bytes(data[start:end]) for start, end in pairs]


def record_blocks(place: str, shown: str = "") -> Iterator[RecordBlock]:
    """Read a file, packed by gzip or not.

    Args:
        place: its path or URI.
        shown: what an error calls it, where that is not its place.

    Raises:
        StepError: the file is damaged, or holds no records.
        PlaceError: it cannot be read.
    """
    rest = b""
    with fileio.opened(place) as file:
        stream = _unpacked(file)
        while True:
            try:
                more = stream.read(_BLOCK_BYTES)
                content = rest + more
                starts, ends, used = _find_records(content)
            except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
                raise _damaged(shown or place, str(error)) from error
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
        raise _damaged(shown or place, f"{len(rest):,} bytes at its end are no whole record")


def _unpacked(file: BinaryIO) -> Any:
    is_packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    return gzip.GzipFile(fileobj=file) if is_packed else file


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


def _damaged(place: str, why: str) -> StepError:
    problem = Problem(
        "the file is damaged, or holds no records",
        place,
        why,
        "TFRecords, as they are or packed by gzip",
        "run again with --no-cache: its ExampleGen writes it anew",
    )
    return StepError([problem], "the examples cannot be read")
