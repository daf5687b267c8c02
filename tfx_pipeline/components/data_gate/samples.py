"""Rows of a split, chosen at random from all of its files, as columns of arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.components.example_batches import decoded, first_values, records_of
from tfx_pipeline.evaluation.data_verdict import SplitRows
from tfx_pipeline.evaluation.distances.columns import (
    Categories,
    Column,
    Numbers,
    effective_rows,
)
from tfx_pipeline.processes.progress import progress_adds

_MOST_CELLS, _FEWEST_ROWS = 5_000_000, 3_000


@dataclass(frozen=True)
class Sample:
    """Some rows of a split.

    Attributes:
        columns: by name, those of which a row has a value.
        batch: the same as an Arrow record batch of lists.
        hashes: of these rows, `[sampled] int64`; equal rows have equal ones, in this process.
        all_hashes: of all rows of the split.
    """

    columns: dict[str, Column]
    batch: Any
    hashes: NDArray[np.int64]
    all_hashes: NDArray[np.int64]

    @property
    def rows(self) -> SplitRows:
        """Count them."""
        return SplitRows(len(self.all_hashes), len(self.hashes), effective_rows(self.hashes))


def read_sample(files: Iterable[Path], most_rows: int, columns: int, seed: int) -> Sample:
    """Read a split; at most `most_rows` of it, fewer when there are many `columns`, are decoded.

    Raises:
        StepError: a file is damaged.
    """
    most = min(most_rows, max(_FEWEST_ROWS, _MOST_CELLS // max(1, columns)))
    generator = np.random.default_rng(seed)
    kept: list[bytes] = []
    keys, largest = np.zeros(0), 1.0
    hashes: list[NDArray[np.int64]] = []
    for records in records_of(files):
        hashes.append(np.fromiter(map(hash, records), np.int64, len(records)))
        progress_adds(len(records))
        drawn = generator.random(len(records))
        taken = np.flatnonzero(drawn < largest)
        kept += [records[i] for i in taken]
        keys = np.append(keys, drawn[taken])
        if len(kept) > 2 * most:
            kept, keys = _smallest(kept, keys, most)
            largest = float(keys.max())
    kept, keys = _smallest(kept, keys, most)
    batch = decoded(kept)
    return Sample(
        {name: column for name in batch.schema.names if (column := _column(batch, name))},
        batch,
        np.fromiter(map(hash, kept), np.int64, len(kept)),
        np.concatenate([np.zeros(0, np.int64), *hashes]),
    )


def _smallest(
    records: list[bytes], keys: NDArray[np.float64], most: int
) -> tuple[list[bytes], NDArray[np.float64]]:
    """Keep the records with the smallest keys, in their order: each set of rows is as likely."""
    if len(records) <= most:
        return records, keys
    chosen = np.sort(np.argpartition(keys, most)[:most])
    return [records[i] for i in chosen], keys[chosen]


def _column(batch: Any, name: str) -> Column | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    values = first_values(batch, name)
    if pa.types.is_null(values.type):
        return None
    if pa.types.is_floating(values.type):
        return Numbers(values.to_numpy(zero_copy_only=False))
    if pa.types.is_integer(values.type):
        numbers = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return Numbers(numbers, is_whole=True)
    encoded = values.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    texts = (each.decode("utf-8", "backslashreplace") for each in encoded.dictionary.to_pylist())
    return Categories(codes, tuple(texts))
