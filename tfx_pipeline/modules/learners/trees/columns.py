"""What trees see of a row: numbers, missing ones among them, and codes of categories.

Networks read what Transform makes of a column side by side; of that, trees need less: they cut a
number wherever they want, so buckets beside it say nothing new, and have a side for what is
missing, so that the mean in its place is put out again.

Terms:
    number: of a column that has an order: a scaled number, a vector's part, a bucket, a part of a
        date. NaN is missing.
    code: of a category: 1 and up for those that are frequent enough; 0 for all others together,
        also for those that no training row has.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description import heads
from tfx_pipeline.modules.model.model_inputs import ModelInputs

MOST_CODES = 254
"""Codes of a column of categories; LightGBM's `max_bin` is one more."""
_ORDERED = ("_bucket", "_part")
_BLOCK_ROWS = 65_536


@dataclass(frozen=True)
class TreeColumns:
    """How the columns are made of inputs (see `ModelInputs`).

    Attributes:
        places: of each number in `numbers`.
        missing: for the first of them, the places of what says that they are missing.
        ordered: columns of `ids` that are numbers, and where the ids of each begin.
        categories: columns of `ids` that are categories.
        codes: of each id, in the numbering that all columns share: `[ids] int32`, a variable.
    """

    places: tuple[int, ...]
    missing: tuple[int, ...]
    ordered: tuple[tuple[int, int], ...]
    categories: tuple[int, ...]
    codes: tf.Variable

    @classmethod
    def learned(
        cls,
        inputs: ModelInputs,
        arrays: Mapping[str, NDArray[Any]],
        rows: NDArray[np.int32],
        least_rows: int,
    ) -> TreeColumns:
        """Choose columns, and codes for categories that at least so many of these rows have."""
        pairs = list(_number_places(inputs, arrays, rows))
        pairs.sort(key=lambda pair: pair[1] is None)  # stable: those that can be missing first
        counts = _id_counts(inputs.size, arrays.get("ids"), rows)
        codes = np.zeros(inputs.size, np.int32)
        ordered, categories = [], []
        starts = itertools.accumulate(inputs.sizes.values(), initial=0)
        for place, (start, (name, size)) in enumerate(
            zip(starts, inputs.sizes.items(), strict=False)
        ):
            if name.endswith(_ORDERED):
                if f"{name.removesuffix('_bucket')}_scaled" not in inputs.widths:
                    ordered.append((place, start))
                continue
            of_column = slice(start, start + size)
            codes[of_column] = _codes(counts[of_column], least_rows)
            categories.append(place)
        return cls(
            tuple(place for place, _ in pairs),
            tuple(place for _, place in pairs if place is not None),
            tuple(ordered),
            tuple(categories),
            tf.Variable(codes, trainable=False),
        )

    @property
    def numbers(self) -> int:
        """Number of columns of numbers."""
        return len(self.places) + len(self.ordered)

    def tensors(self, inputs: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Make the columns of a batch: numbers `[numbers, batch] float32`, codes `[…] int32`.

        A column is a row of them, so that taking one is a copy of memory.
        """
        batch = tf.shape(next(iter(inputs.values())))[0]
        numbers = [tf.zeros([0, batch])]
        codes = tf.zeros([0, batch], tf.int32)
        if self.places:
            columns = tf.transpose(inputs["numbers"])
            count = len(self.missing)
            if count:
                is_missing = tf.gather(columns, self.missing) > 0.5
                values = tf.gather(columns, self.places[:count])
                numbers.append(tf.where(is_missing, np.float32(np.nan), values))
            if self.places[count:]:
                numbers.append(tf.gather(columns, self.places[count:]))
        if self.ordered or self.categories:
            columns = tf.transpose(inputs["ids"])
        if self.ordered:
            places, starts = zip(*self.ordered, strict=True)
            ids = tf.gather(columns, places) - tf.constant(starts, tf.int32)[:, tf.newaxis]
            numbers.append(tf.cast(ids, tf.float32))
        if self.categories:
            codes = tf.gather(self.codes, tf.gather(columns, self.categories))
        return tf.concat(numbers, 0), codes

    def describe(self) -> heads.TreeColumns:
        """Say it as plain data."""
        return heads.TreeColumns(
            np.array(self.places, np.int32),
            np.array(self.missing, np.int32),
            np.array(self.ordered, np.int32).reshape(-1, 2),
            np.array(self.categories, np.int32),
            self.codes.numpy(),
        )

    def matrix(self, inputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Make what LightGBM reads: `[rows, columns] float32`, codes last."""
        count = len(next(iter(inputs.values())))
        made = np.empty((count, self.numbers + len(self.categories)), np.float32)
        for start in range(0, count, _BLOCK_ROWS):
            taken = slice(start, start + _BLOCK_ROWS)
            block = {name: tf.constant(x[taken]) for name, x in inputs.items()}
            numbers, codes = self.tensors(block)
            made[taken, : self.numbers] = numbers.numpy().T
            made[taken, self.numbers :] = codes.numpy().T
        return made


def _number_places(
    inputs: ModelInputs, arrays: Mapping[str, NDArray[Any]], rows: NDArray[np.int32]
) -> Iterator[tuple[int, int | None]]:
    """Give the place of each number, and of what says that it is missing, where that occurs."""
    for name, width in inputs.widths.items():
        start = inputs.place(name)
        said = name.removesuffix("_missing")
        if said != name and f"{said}_scaled" in inputs.widths:
            continue
        flag = f"{name.removesuffix('_scaled')}_missing"
        place = inputs.place(flag) if name.endswith("_scaled") and flag in inputs.widths else None
        if place is not None and not arrays["numbers"][rows, place].any():
            place = None
        for part in range(width):
            yield start + part, place


def _id_counts(
    size: int, ids: NDArray[np.int32] | None, rows: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Count how many of the rows have each id; all columns share one numbering."""
    counts = np.zeros(size, np.int64)
    if ids is not None:
        for start in range(0, len(rows), _BLOCK_ROWS):
            taken = ids[rows[start : start + _BLOCK_ROWS]]
            counts += np.bincount(taken.ravel(), minlength=size)
    return counts


def _codes(counts: NDArray[np.int64], least_rows: int) -> NDArray[np.int32]:
    """Number the ids of a column that enough rows have, the most frequent first."""
    order = np.argsort(-counts, kind="stable")[:MOST_CODES]
    frequent = order[counts[order] >= max(1, least_rows)]
    codes = np.zeros(len(counts), np.int32)
    codes[frequent] = np.arange(1, len(frequent) + 1)
    return codes
