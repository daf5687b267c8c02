"""Rows whose key stands in an earlier row.

Hashes of 64 bits say which rows may have the same key, and their values whether they do: no two
different keys are taken for one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.data_tests.tested_rows import TestedRows
from tfx_pipeline.ingestion.reading.arrow_arrays import booleans, codes_of, numbers, numbers_of


def repeated_keys(blocks: Sequence[TestedRows], names: Sequence[str]) -> list[NDArray[np.bool_]]:
    """Tell which rows have the key of an earlier one; a key with a missing value is none.

    Returns:
        `[rows]` of each block.
    """
    hashes = np.concatenate([np.zeros(0, np.uint64), *(_hashes(x, names) for x in blocks)])
    is_key = np.concatenate([np.zeros(0, bool), *(_has_key(x, names) for x in blocks)])
    repeated = np.zeros(len(hashes), bool)
    candidates = _with_equal_hash(hashes, is_key)
    if len(candidates):
        repeated[candidates[_repeat(blocks, names, candidates, hashes[candidates])]] = True
    ends = np.cumsum([len(block) for block in blocks])[:-1]
    return np.split(repeated, ends)


def _with_equal_hash(hashes: NDArray[np.uint64], is_key: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Give the rows whose hash another row has too, equal ones together, earlier ones first."""
    rows = np.flatnonzero(is_key)
    order = rows[np.argsort(hashes[rows], kind="stable")]
    same = hashes[order[1:]] == hashes[order[:-1]]
    return order[np.append(same, False) | np.append(False, same)] if len(order) else order


def _repeat(
    blocks: Sequence[TestedRows],
    names: Sequence[str],
    rows: NDArray[np.int64],
    hashes: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """Compare the keys of rows with equal hashes: `[rows]`, whether an earlier one is the same."""
    import pyarrow.compute as pc

    columns = [_values(blocks, name, rows) for name in names]
    last = len(rows) - 1
    same_hash = hashes[1:] == hashes[:-1]
    same_key = np.ones(last, bool)
    for column in columns:
        equal = pc.equal(column.slice(1), column.slice(0, last))
        same_key &= equal.to_numpy(zero_copy_only=False)
    repeats = np.append(False, same_hash & same_key)
    for start in np.flatnonzero(np.append(False, same_hash & ~same_key)):
        # Different keys with one hash, one in 10**18: what follows is looked at key by key.
        group = np.flatnonzero(hashes == hashes[start])
        seen: set[tuple[Any, ...]] = set()
        for row in group:
            key = tuple(column[int(row)].as_py() for column in columns)
            repeats[row] = key in seen
            seen.add(key)
    return repeats


def _values(blocks: Sequence[TestedRows], name: str, rows: NDArray[np.int64]) -> Any:
    """Give the values of some rows, in their order."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_wanted = np.zeros(sum(map(len, blocks)), bool)
    is_wanted[rows] = True
    parts, start = [], 0
    for block in blocks:
        here = is_wanted[start : start + len(block)]
        start += len(block)
        if here.any():
            parts.append(pc.filter(block.exact(name), booleans(here)))
    places = np.cumsum(is_wanted) - 1
    return pc.take(pa.concat_arrays(parts), numbers(places[rows].astype(np.int64)))


def _has_key(block: TestedRows, names: Sequence[str]) -> NDArray[np.bool_]:
    return ~np.any([block.missing(name) for name in names], axis=0)


def _hashes(block: TestedRows, names: Sequence[str]) -> NDArray[np.uint64]:
    """Hash the keys of rows: `[rows]`; where a value is missing it means nothing."""
    hashes = np.zeros(len(block), np.uint64)
    for name in names:
        hashes = _mixed(hashes ^ _column_hashes(block.exact(name)))
    return hashes


def _column_hashes(column: Any) -> NDArray[np.uint64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        found = numbers_of(column)
        found = found + 0.0 if found.dtype.kind == "f" else found  # -0.0 equals 0.0
        return _mixed(np.ascontiguousarray(found).view(np.uint64))
    encoded = pc.dictionary_encode(column)
    of_texts = [hash(text) for text in encoded.dictionary.to_pylist()]
    return np.array([*of_texts, 0], np.int64).view(np.uint64)[codes_of(encoded)]


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the bits: Steele et al., Fast splittable pseudorandom number generators (2014)."""
    hashes = hashes + np.uint64(0x9E3779B97F4A7C15)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))
