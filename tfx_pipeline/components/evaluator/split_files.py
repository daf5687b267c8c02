"""The rows of a split, read from wherever its files are, some megabytes at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tfx import types
from tfx.types import artifact_utils

from tfx_pipeline.ingestion.examples.record_blocks import record_blocks
from tfx_pipeline.storage import fileio


def split_files(examples: Sequence[types.Artifact], split: str) -> list[str]:
    """Give the places of a split's files, in the order of their names."""
    return [
        fileio.join(folder, name)
        for folder in artifact_utils.get_split_uris(list(examples), split)
        for name in fileio.list_folder(folder)
        if not name.startswith(".")  # of a step that was killed
    ]


def blocks_of(files: Sequence[str]) -> Iterator[list[bytes]]:
    """Yield serialized examples, in the files' order.

    Raises:
        StepError: a file is damaged.
        PlaceError: it cannot be read.
    """
    for file in files:
        for block in record_blocks(file, fileio.shown(file)):
            yield block.records()


def sampled_rows(files: Sequence[str], most: int) -> tuple[list[bytes], int]:
    """Draw at most so many rows, in the files' order; and count all.

    Which ones depends on their places alone, by a hash: the same files give the same rows, and
    copies of a row are drawn each by itself.
    """
    kept: list[tuple[NDArray[Any], NDArray[Any], list[bytes]]] = []
    total, held = 0, 0
    for file in files:
        for block in record_blocks(file, fileio.shown(file)):
            places = np.arange(total, total + len(block.starts), dtype=np.uint64)
            total += len(places)
            chances = _hashed(places)
            if len(places) > most:
                drawn = np.sort(np.argpartition(chances, most - 1)[:most])
            else:
                drawn = np.arange(len(places))
            kept.append((chances[drawn], places[drawn], block.records(drawn)))
            held += len(drawn)
            if held > 2 * most:
                kept, held = [_smallest(kept, most)], most
    if not kept:
        return [], 0
    return _smallest(kept, most)[2], total


def _smallest(
    parts: Sequence[tuple[NDArray[Any], NDArray[Any], list[bytes]]], most: int
) -> tuple[NDArray[Any], NDArray[Any], list[bytes]]:
    """Keep the rows with the smallest hashes, in the order of their places."""
    chances = np.concatenate([part[0] for part in parts])
    places = np.concatenate([part[1] for part in parts])
    rows = [row for part in parts for row in part[2]]
    taken = np.sort(np.argsort(chances, kind="stable")[:most])
    return chances[taken], places[taken], [rows[place] for place in taken.tolist()]


def _hashed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits of numbers: the last step of SplitMix64 (Steele et al., OOPSLA 2014)."""
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
