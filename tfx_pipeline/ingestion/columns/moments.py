"""Splits by time: what was first is trained on, what came later is what the model is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.needs import SplitNeeds
from tfx_pipeline.modules.features.iso_moments import microseconds_of

Moment: TypeAlias = int | float
"""A number of the column as it is, or, where the column is text, microseconds since 1970 in UTC."""

MOMENTS_ALLOWED = "2026-11-29, 2026-11-29 15:18:23 or 2026-11-29T15:18:23Z: ISO 8601"


def moments_of(column: Any, needs: SplitNeeds) -> NDArray[Any]:
    """Give the moment of each row of an Arrow array: `[rows]` int64, or float64.

    Raises:
        DataError: one is missing, or is none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    name = needs.columns[0]
    if column.null_count:
        raise _error(f"`{name}` is missing in a row", None, "a moment in every row")
    if not pa.types.is_string(column.type):
        moments: NDArray[Any] = column.to_numpy()
        return moments.astype(np.float64) if pa.types.is_floating(column.type) else moments
    encoded = pc.dictionary_encode(column)
    known = [microseconds_of(text) for text in encoded.dictionary.to_pylist()]
    for text, moment in zip(encoded.dictionary.to_pylist(), known, strict=True):
        if moment is None:
            raise _error(f"`{name}` holds what is no moment", repr(text), MOMENTS_ALLOWED)
    return np.array(known, np.int64)[encoded.indices.to_numpy()]


def find_cuts(needs: SplitNeeds, batches: Iterable[Any]) -> list[Moment]:
    """Find the first moment of each split but the first: as told, else by the shares of rows.

    Equal moments are never divided.

    Raises:
        DataError: a moment is missing, or is none, or what was told does not fit the column.
    """
    columns = [batch.column(needs.columns[0]) for batch in batches]
    moments = [moments_of(column, needs) for column in columns]
    if not moments:
        return []
    if needs.starts:
        is_text = str(columns[0].type) == "string"
        told = [_told(needs, split, is_text) for split in list(needs.weights)[1:]]
        if told != sorted(set(told)):  # there is a test split
            starts = needs.starts
            allowed = f"a moment after {starts['eval']}"
            place = "data.split.test_from"
            raise _error("not after data.split.eval_from", str(starts["test"]), allowed, place)
        return told
    ordered = np.sort(np.concatenate(moments))
    shares = np.cumsum(list(needs.weights.values()))[:-1]
    places = shares * len(ordered) // sum(needs.weights.values())
    cuts: list[Moment] = ordered[places].tolist()
    return cuts


def _told(needs: SplitNeeds, split: str, is_text: bool) -> Moment:
    """Read the moment that the configuration gives."""
    told = needs.starts[split]
    place = f"data.split.{split}_from"
    if is_text:
        moment = microseconds_of(str(told))
        if moment is None:
            raise _error("this is no moment", repr(told), MOMENTS_ALLOWED, place)
        return moment
    try:
        return float(told) if "." in str(told) else int(told)
    except ValueError:
        allowed = f"a number: `{needs.columns[0]}` holds numbers"
        raise _error("this cannot be compared", repr(told), allowed, place) from None


def _error(what: str, received: str | None, allowed: str, place: str | None = None) -> DataError:
    step = "mend the rows, or divide them otherwise: data.split.by" if place is None else None
    return DataError([Problem(what, place or "data.split", received, allowed, step)])
