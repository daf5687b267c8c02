"""Which split a row is of: the row itself says so, wherever and whenever it is asked.

Terms:
    row hash: 64 bits of a seeded sha256 of the whole row.
    key hash: the same of the columns of a key, where the division goes by key.
    cut: the first moment of a split, where it goes by time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.moments import Moment, find_cuts, moments_of
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder, listed_examples
from tfx_pipeline.ingestion.needs import SPLITS, SplitNeeds
from tfx_pipeline.ingestion.reading.arrow_arrays import booleans, decoded
from tfx_pipeline.wording import listed

TRAIN, EVAL, TEST = SPLITS
"""Names of the splits."""

_SHOWN_VALUES = 5


class Division(NamedTuple):
    """Where rows belong.

    Attributes:
        codes: `[rows]` int8, places among the names of the splits.
        keys: `[rows]` uint64, what stays together: key hashes, else row hashes.
    """

    codes: NDArray[np.int8]
    keys: NDArray[np.uint64]


class Splitter:
    """Sends each row to a split; equal rows go to the same one, whatever the division goes by.

    Attributes:
        needs: how rows are divided.
        names: of the splits.
    """

    def __init__(self, needs: SplitNeeds, cuts: Sequence[Moment] = ()) -> None:
        """Take the cuts as well where the division goes by time; `of_rows` finds them."""
        self.needs = needs
        self.names = tuple(needs.weights)
        self._cuts = cuts
        self._bounds = np.array(list(accumulate(needs.weights.values())), np.uint64)
        self._salt = f"{needs.seed}:".encode()

    @classmethod
    def of_rows(cls, needs: SplitNeeds, batches: Iterable[Any]) -> Splitter:
        """Make the splitter of all rows of a table, which are read only if it goes by time.

        Raises:
            DataError: moments are missing, or are none.
        """
        if needs.by != "time":
            return cls(needs)
        return cls(needs, find_cuts(needs, batches))

    def row_hashes(self, examples: Sequence[bytes]) -> NDArray[np.uint64]:
        """Compute the row hashes of serialized examples: `[rows]` uint64."""
        sha256, salt = hashlib.sha256, self._salt
        digests = b"".join([sha256(salt + x).digest() for x in examples])
        return np.frombuffer(digests, ">u8")[::4].astype(np.uint64)

    def divide(self, batch: Any, row_hashes: NDArray[np.uint64]) -> Division:
        """Say where the rows of a record batch belong; columns may be dictionaries.

        Raises:
            DataError: a row is of no split.
        """
        if self.needs.by == "time":
            moments = moments_of(decoded(batch.column(self.needs.columns[0])), self.needs)
            codes = np.searchsorted(np.array(self._cuts), moments, side="right")
            return Division(codes.astype(np.int8), row_hashes)
        if self.needs.by == "column":
            return Division(self._by_value(batch), row_hashes)
        keys = row_hashes if self.needs.by == "row" else self._key_hashes(batch, row_hashes)
        buckets = keys % self._bounds[-1]
        codes = np.searchsorted(self._bounds, buckets, side="right")
        return Division(codes.astype(np.int8), keys)

    def _key_hashes(self, batch: Any, row_hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Hash the key of each row; a row that has none is on its own."""
        import pyarrow as pa

        places = [batch.schema.get_field_index(name) for name in self.needs.columns]
        columns = [decoded(batch.column(place)) for place in places]
        key = pa.RecordBatch.from_arrays(columns, names=list(self.needs.columns))
        encoder = ExampleEncoder({x.name: _type(x.type) for x in key.schema})
        hashes = self.row_hashes(listed_examples(encoder.encode(key)))
        is_known = np.any([x.is_valid().to_numpy(zero_copy_only=False) for x in columns], axis=0)
        return np.where(is_known, hashes, row_hashes)

    def _by_value(self, batch: Any) -> NDArray[np.int8]:
        import pyarrow.compute as pc

        name = self.needs.columns[0]
        column = pc.dictionary_encode(pc.cast(decoded(batch.column(name)), "string"))
        known = {x: i for i, split in enumerate(self.names) for x in self.needs.values[split]}
        of_values = [known.get(x, -1) for x in column.dictionary.to_pylist()]
        places = pc.fill_null(column.indices, len(of_values)).to_numpy()
        codes = np.array([*of_values, -1], np.int8)[places]
        if (codes < 0).any():
            values = pc.unique(pc.filter(column, booleans(codes < 0))).to_pylist()
            shown = ["(missing)" if x is None else repr(x) for x in values]
            raise DataError(
                [
                    Problem(
                        f"the split of {int((codes < 0).sum()):,} rows or more is not known",
                        f"column `{name}`",
                        listed(shown, _SHOWN_VALUES),
                        ", ".join(f"{x}: {listed(list(y))}" for x, y in self.needs.values.items()),
                        "list each value in data.split.values",
                    )
                ]
            )
        return codes


def _type(arrow_type: Any) -> ColumnType:
    import pyarrow as pa

    if pa.types.is_string(arrow_type):
        return "string"
    return "int64" if pa.types.is_integer(arrow_type) else "float32"
