"""Rows of a split, chosen at random from all of its files, as columns of plain arrays."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.components.example_batches import decoded, first_values, records_of


@dataclass(frozen=True)
class SplitRows:
    """Some rows of a split, in its order.

    Attributes:
        records: serialized tf.Examples.
        places: where in the split they stand: `[rows] int64`, ascending.
        of: how many rows the split has.
    """

    records: list[bytes]
    places: NDArray[np.int64]
    of: int


def read_split(files: Iterable[Path], most_rows: int, seed: int) -> SplitRows:
    """Read a split; at most `most_rows` of it are kept: those whose salted hash is smallest.

    So it is the same rows however the split is cut into files, and equal rows stay together.

    Raises:
        StepError: a file is damaged.
    """
    kept: list[bytes] = []
    keys, places = np.zeros(0, np.uint32), np.zeros(0, np.int64)
    largest, total = 2**32, 0
    for records in records_of(files):
        hashes = np.fromiter((zlib.crc32(x, seed) for x in records), np.uint32, len(records))
        taken = np.flatnonzero(hashes < largest)
        kept += [records[place] for place in taken]
        keys, places = np.append(keys, hashes[taken]), np.append(places, total + taken)
        total += len(records)
        if len(kept) > 2 * most_rows:
            chosen = _smallest(keys, most_rows)
            kept, keys, places = [kept[at] for at in chosen], keys[chosen], places[chosen]
            largest = int(keys.max())
    chosen = _smallest(keys, most_rows)
    return SplitRows([kept[at] for at in chosen], places[chosen], total)


def _smallest(keys: NDArray[np.uint32], most: int) -> NDArray[np.intp]:
    """Give the places of the smallest keys, ascending."""
    return np.sort(np.argsort(keys, kind="stable")[:most])


def columns_of(
    records: list[bytes], features: Mapping[str, schema_pb2.Feature]
) -> dict[str, NDArray[Any]]:
    """Decode rows: all columns of the schema, and those besides them that a row has.

    Returns:
        By name, see `evaluation.risk.subject`. Of several values of a row, the first.
    """
    import pyarrow as pa

    batch = decoded(records)
    columns = {}
    for name in dict.fromkeys([*features, *batch.schema.names]):
        values = first_values(batch, name)
        if pa.types.is_null(values.type):
            if name in features:
                columns[name] = _nothing(features[name], len(records))
        elif pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            columns[name] = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        else:
            columns[name] = _texts(values)
    return columns


def _nothing(feature: schema_pb2.Feature, rows: int) -> NDArray[Any]:
    if feature.type == schema_pb2.BYTES:
        return np.full(rows, "", object)
    return np.full(rows, np.nan)


def _texts(values: Any) -> NDArray[Any]:
    """Give texts; each different one is one object."""
    encoded = values.dictionary_encode()
    names = [x.decode("utf-8", "surrogateescape") for x in encoded.dictionary.to_pylist()]
    codes = encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    return np.array([*names, ""], object)[codes]
