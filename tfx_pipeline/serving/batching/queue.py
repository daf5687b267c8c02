"""The batches that wait, and which of them a request becomes part of.

Terms: see `scheduler`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from tfx_pipeline.serving.batching.batch import Batch
from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.request import Inputs, Kind, Part, QueuedRequest
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.types import Model, RequestRows

_FULL = "The batch scheduling queue to which this task was submitted is full;"


class BatchQueue:
    """Batches that wait, of one model with certain feeds and fetches.

    `wake` is called when a batch can run that could not before; `is_waiting` is the scheduler's.
    """

    def __init__(
        self,
        model: Model,
        options: BatchingOptions,
        names: tuple[tuple[str, ...], tuple[str, ...]],
        wake: Callable[[BatchQueue], None],
    ) -> None:
        self.model = model
        self.options = options
        self.feeds, self.fetches = names
        self.is_waiting = False
        self._wake = wake
        self._closing = False
        self._batches: deque[Batch] = deque()
        self._open: dict[Kind, Batch] = {}  # by kind: takes further requests
        self._measured: tuple[list[Any] | None, list[Any] | None, int, Kind] = (None, None, 0, None)

    def measure(self, inputs: Inputs) -> tuple[int, Kind]:
        """Return a request's rows and kind; ServingError if inputs have no first axis in common."""
        if isinstance(inputs, RequestRows):
            return inputs.count, inputs.kind
        arrays = [inputs[name] for name in self.feeds]
        shapes, types = [array.shape for array in arrays], [array.dtype for array in arrays]
        last_shapes, last_types, rows, kind = self._measured
        if shapes != last_shapes or types != last_types:  # seldom: most requests are alike
            rows = _rows_of(shapes)
            pads = self.options.pad_variable_length_inputs
            axes = [len(shape) if pads else shape[1:] for shape in shapes]
            kind = (*types, *axes)
            self._measured = (shapes, types, rows, kind)
        return rows, kind

    def add(self, request: QueuedRequest, kind: Kind) -> None:
        """Put a request into batches; ServingError if it is too large, or too much waits."""
        batch = self._open.get(kind)
        if batch is not None and batch.rows + request.rows < self.options.largest_batch:
            batch.add(Part(request, 0, request.rows))  # as most are
            request.missing = 1
            return
        self._check_room(request, kind)
        start = 0
        while True:
            batch = self._open.get(kind) or self._new_batch(kind)
            room = self.options.largest_batch - batch.rows
            rows = request.rows - start
            if rows > room:
                if not self.options.enable_large_batch_splitting or room == 0:
                    self._close(batch)
                    continue
                rows = room
            batch.add(Part(request, start, start + rows))
            request.missing += 1
            if batch.rows >= self.options.largest_batch:
                self._close(batch)
            start += rows
            if start >= request.rows:
                return

    def close(self) -> None:
        """Let nothing wait for more requests."""
        self._closing = True
        self._wake(self)

    def pop(self) -> Batch | None:
        """Take the first batch that is full or has waited long enough."""
        for batch in self._batches:
            if batch.closed or not self.options.batch_timeout_micros or self._closing:
                self._batches.remove(batch)
                self._close(batch)
                return batch
        return None

    def _new_batch(self, kind: Kind) -> Batch:
        batch = self._open[kind] = Batch(kind, self.feeds)
        self._batches.append(batch)
        if self.options.batch_timeout_micros:
            wait_s = self.options.batch_timeout_micros * 1e-6
            batch.timer = asyncio.get_running_loop().call_later(wait_s, self._time_out, batch)
        return batch

    def _time_out(self, batch: Batch) -> None:
        self._close(batch)
        self._wake(self)

    def _close(self, batch: Batch) -> None:
        batch.closed = True
        if batch.timer is not None:
            batch.timer.cancel()
        if self._open.get(batch.kind) is batch:
            del self._open[batch.kind]

    def _check_room(self, request: QueuedRequest, kind: Kind) -> None:
        options, rows = self.options, request.rows
        if rows > options.max_batch_size:
            raise invalid_argument(
                f"Task size {rows} is larger than maximum input batch size {options.max_batch_size}"
            )
        waiting, most = len(self._batches), options.max_enqueued_batches
        open_rows = self._open[kind].rows if kind in self._open else 0
        if options.enable_large_batch_splitting:
            largest = options.largest_batch
            room = max(0, most - waiting) * largest + (largest - open_rows if open_rows else 0)
            if rows > room:
                raise ServingError(
                    Code.UNAVAILABLE,
                    f"{_FULL} task size is {rows} but scheduling capacity is only {room}"
                    f" (num_enqueued_batches={waiting}, max_enqueued_batches={most},"
                    f" open_batch_size={open_rows}, max_execution_batch_size={largest})",
                )
        elif waiting >= most and (not open_rows or open_rows + rows > options.max_batch_size):
            raise ServingError(
                Code.UNAVAILABLE,
                f"{_FULL} currently {waiting} batches enqueued and max_enqueued_batches is {most}",
            )


def _rows_of(shapes: Sequence[tuple[int, ...]]) -> int:
    if not shapes:
        raise invalid_argument("Batching Run() must have at least one input tensor")
    if () in shapes:
        raise invalid_argument("Batching Run() input tensors must have at least one dimension")
    if len({shape[0] for shape in shapes}) > 1:
        raise invalid_argument("Batching Run() input tensors must have equal 0th-dimension size")
    return shapes[0][0]
