"""Rows on their way into training: all at once from memory, or a part after the other from files.

Terms:
    part: inputs, labels, weights, and the order in which the rows of all are to be taken.
    block: rows that follow one another in the files, read at once.
    input wait: seconds that training stood still because the next part was not there yet.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

_BLOCK_ROWS = 4096
_PART_BYTES = 2**26
_PARTS = 16


class Part(NamedTuple):
    """See the module's terms: `[rows, …]` each, and the order, `[taken] int32`."""

    inputs: dict[str, tf.Tensor]
    labels: tf.Tensor
    weights: tf.Tensor
    order: tf.Tensor


class Feed(Protocol):
    """Gives rows; `wait_s` adds up the input wait."""

    wait_s: float

    def shuffled(self, rows: NDArray[np.int32], random: np.random.Generator) -> Iterator[Part]:
        """Give each of these rows once, in random order."""

    def in_order(self, rows: NDArray[np.int32]) -> Iterator[Part]:
        """Give each of these rows once."""


class MemoryFeed:
    """All rows, as one part."""

    wait_s = 0.0

    def __init__(
        self,
        inputs: dict[str, NDArray[Any]],
        labels: NDArray[Any],
        weights: NDArray[np.float32],
    ) -> None:
        self._inputs = {name: tf.constant(x) for name, x in inputs.items()}
        self._labels, self._weights = tf.constant(labels), tf.constant(weights)

    def shuffled(self, rows: NDArray[np.int32], random: np.random.Generator) -> Iterator[Part]:
        """See `Feed`."""
        yield self._part(random.permutation(rows))

    def in_order(self, rows: NDArray[np.int32]) -> Iterator[Part]:
        """See `Feed`."""
        yield self._part(rows)

    def _part(self, order: NDArray[np.int32]) -> Part:
        return Part(self._inputs, self._labels, self._weights, tf.constant(order))


class FileFeed:
    """Rows in files, read by a thread while the part before is worked on.

    An epoch takes the blocks in random order, and shuffles the rows of as many of them as are read
    together: a sixteenth of all, so that training soon begins, and at most 64 MB. Disks are read a
    block at a time, and not a row.
    """

    def __init__(
        self,
        inputs: dict[str, NDArray[Any]],
        labels: NDArray[Any],
        weights: NDArray[np.float32],
        batch_size: int,
    ) -> None:
        """Take arrays over files, labels and weights in memory, and the rows of a gradient step."""
        self._inputs, self._labels, self._batch = inputs, labels, batch_size
        self._columns = (*inputs.values(), labels, weights)
        row_bytes = sum(x[:1].nbytes for x in inputs.values())
        rows = max(batch_size, min(len(labels) // _PARTS, _PART_BYTES // max(1, row_bytes)))
        self._blocks_together = max(1, rows // _BLOCK_ROWS)
        self.wait_s = 0.0

    def shuffled(self, rows: NDArray[np.int32], random: np.random.Generator) -> Iterator[Part]:
        """See `Feed`."""
        blocks = _blocks(np.sort(rows))
        order = random.permutation(len(blocks))
        seed = int(random.integers(2**63))
        return self._read([blocks[i] for i in order], np.random.default_rng(seed))

    def in_order(self, rows: NDArray[np.int32]) -> Iterator[Part]:
        """See `Feed`."""
        return self._read(_blocks(np.sort(rows)), None)

    def _read(
        self, blocks: Sequence[NDArray[np.int32]], random: np.random.Generator | None
    ) -> Iterator[Part]:
        """Give the parts that a thread reads; it ends with whoever takes them."""
        parts: queue.Queue[Part | BaseException | None] = queue.Queue(1)
        stopped = threading.Event()
        arguments = (self._parts(blocks, random), parts, stopped)
        thread = threading.Thread(target=_fill, args=arguments, name="training rows", daemon=True)
        thread.start()
        try:
            while True:
                began = time.perf_counter()
                item = parts.get()
                self.wait_s += time.perf_counter() - began
                if isinstance(item, BaseException):
                    raise item
                if item is None:
                    return
                yield item
        finally:
            stopped.set()
            thread.join()

    def _parts(
        self, blocks: Sequence[NDArray[np.int32]], random: np.random.Generator | None
    ) -> Iterator[Part]:
        """Read blocks, several together; what is left of a batch goes to the next part."""
        names = [*self._inputs]
        left = [x[:0] for x in self._columns]
        for start in range(0, len(blocks), self._blocks_together):
            together = blocks[start : start + self._blocks_together]
            columns = [
                np.concatenate([before, *(_rows(x, block) for block in together)])
                for before, x in zip(left, self._columns, strict=True)
            ]
            count = len(columns[-1])
            order = np.arange(count) if random is None else random.permutation(count)
            is_last = start + self._blocks_together >= len(blocks)
            taken = count if is_last else count - count % self._batch
            left = [x[order[taken:]] for x in columns]
            inputs = {name: tf.constant(x) for name, x in zip(names, columns, strict=False)}
            labels, weights = map(tf.constant, columns[-2:])
            yield Part(inputs, labels, weights, tf.constant(order[:taken].astype(np.int32)))


def _fill(
    parts: Iterator[Part],
    places: queue.Queue[Part | BaseException | None],
    stopped: threading.Event,
) -> None:
    """Put parts where they are taken from, then None, or what went wrong; end when stopped."""
    last: BaseException | None = None
    try:
        for part in parts:
            if not _put(part, places, stopped):
                return
    except BaseException as error:
        last = error
    _put(last, places, stopped)


def _put(
    item: Part | BaseException | None,
    places: queue.Queue[Part | BaseException | None],
    stopped: threading.Event,
) -> bool:
    while not stopped.is_set():
        try:
            places.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _blocks(rows: NDArray[np.int32]) -> list[NDArray[np.int32]]:
    """Divide ascending rows by the block that they are in."""
    ends = np.flatnonzero(np.diff(rows // _BLOCK_ROWS)) + 1
    return np.split(rows, ends) if len(rows) else []


def _rows(array: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[Any]:
    """Read these rows of one block: the block at once, then those."""
    start, end = int(rows[0]), int(rows[-1]) + 1
    return np.asarray(array[start:end])[rows - start]
