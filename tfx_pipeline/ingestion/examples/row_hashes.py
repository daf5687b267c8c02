"""The rows of Examples artifacts, each known by a hash: how many two versions share.

A row is its serialized `tf.Example`. The same cells of columns of the same types are the same
bytes; a column that comes, goes or changes its type changes every row that has a value in it.

Terms:
    hash: the first 128 bits of the sha256 of a row; that two rows of 10 million share one by chance
        has a probability of 1e-25.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.errors import DataError, StepError
from tfx_pipeline.ingestion.examples.record_blocks import record_blocks
from tfx_pipeline.storage import fileio

_SPLIT = "Split-"


@dataclass(frozen=True)
class RowDifference:
    """Numbers of rows: in both versions, and in one alone; a row that is there twice counts so."""

    both: int
    only_before: int
    only_after: int


def splits_of(examples: str) -> list[str]:
    """Name the splits in the folder of an Examples artifact, a path or a URI."""
    names = fileio.list_folder(examples)
    return [name.removeprefix(_SPLIT) for name in names if name.startswith(_SPLIT)]


def records_of(examples: str, split: str) -> Iterator[bytes]:
    """Yield the records of a split, file by file, a few megabytes in memory.

    Raises:
        DataError: a file is cut off, or is no TFRecord.
    """
    folder = fileio.join(examples, _SPLIT + split)
    for name in fileio.list_folder(folder):
        if name.startswith("."):  # of a step that was killed
            continue
        place = fileio.join(folder, name)
        try:
            for block in record_blocks(place):
                yield from block.records()
        except StepError as error:
            raise DataError(error.problems, error.title) from error


def count_records(examples: str) -> dict[str, int]:
    """Count the records of each split, by reading them."""
    splits = splits_of(examples)
    return {split: sum(1 for _ in records_of(examples, split)) for split in splits}


def row_hashes(examples: str) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Hash every row of every split: `[rows, 2] uint64`."""
    hashes = bytearray()
    for split in splits_of(examples):
        for record in records_of(examples, split):
            hashes += hashlib.sha256(record).digest()[:16]
    return np.frombuffer(bytes(hashes), dtype="<u8").reshape(-1, 2)


def compare_rows(
    before: np.ndarray[Any, np.dtype[np.uint64]], after: np.ndarray[Any, np.dtype[np.uint64]]
) -> RowDifference:
    """Compare two versions by the hashes of their rows."""
    both = np.concatenate([before, after])
    if not len(both):
        return RowDifference(0, 0, 0)
    sign = np.concatenate([np.ones(len(before), np.int64), np.zeros(len(after), np.int64)])
    order = np.lexsort((both[:, 1], both[:, 0]))
    both, sign = both[order], sign[order]
    begins = np.flatnonzero(np.r_[True, (both[1:] != both[:-1]).any(axis=1)])
    in_before = np.add.reduceat(sign, begins)
    in_after = np.diff(np.r_[begins, len(both)]) - in_before
    shared = int(np.minimum(in_before, in_after).sum())
    return RowDifference(shared, len(before) - shared, len(after) - shared)
