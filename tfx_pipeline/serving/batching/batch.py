"""One batch: the requests in it, their inputs put together, and its outputs taken apart again.

Terms: see `scheduler`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.request import Kind, Part
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.types import Model, RequestRows

Outputs = list[Any] | ServingError

_NUMBERS = "biuf"  # kinds of NumPy's types
_POOL_NAME = ""  # TensorFlow Serving gives its batching sessions no name


@dataclass(frozen=True)
class _Separate:
    """Outputs of parts that could not run as one."""

    by_part: Sequence[Outputs]


Ran = tuple[Outputs | _Separate, int]
"""What comes of a batch: its outputs or error, and the number of rows it was filled up with."""


class Batch:
    """Parts of one kind that run together.

    Attributes:
        closed: no more parts are taken.
        timer: closes it; none: nothing does.
    """

    def __init__(self, kind: Kind, feeds: Sequence[str]) -> None:
        self.kind = kind
        self.feeds = feeds
        self.parts: list[Part] = []
        self.rows = 0
        self.closed = False
        self.timer: asyncio.TimerHandle | None = None
        self.deadline = 0.0

    def add(self, part: Part) -> None:
        """Take a part in."""
        self.parts.append(part)
        self.rows += part.rows

    def begin(self, metrics: Metrics | None) -> None:
        """Leave out what nobody waits for any more; end the batch if all its time is over."""
        now = time.monotonic()
        self.parts = [part for part in self.parts if not part.request.waiter.done()]
        self.rows = sum(part.rows for part in self.parts)
        if metrics is not None:
            waited_s = [now - part.request.enqueued for part in self.parts]
            metrics.begun_batch(_POOL_NAME, waited_s, [part.request.rows for part in self.parts])
        self.deadline = max((part.request.deadline for part in self.parts), default=0.0)
        if self.deadline <= now:
            text = "Run() timeout exceeded while waiting in batching queue"
            self._fail(ServingError(Code.RESOURCE_EXHAUSTED, text))
            self.parts = []

    def finish(self, outputs: Outputs | _Separate, padding: int, metrics: Metrics | None) -> None:
        """Give each request its rows, or all of them the error."""
        if metrics is not None:
            metrics.processed_batch(self.rows + padding, padding)
        if isinstance(outputs, ServingError):
            self._fail(outputs)
        elif isinstance(outputs, _Separate):
            for part, own in zip(self.parts, outputs.by_part, strict=True):
                if isinstance(own, ServingError):
                    part.request.fail(own)
                else:
                    part.request.take(part.start, own)
        elif len(self.parts) == 1 and not padding:
            self.parts[0].request.take(self.parts[0].start, outputs)
        else:
            row = 0
            for part in self.parts:
                end = row + part.rows
                part.request.take(part.start, [array[row:end] for array in outputs])
                row = end

    def _fail(self, error: ServingError) -> None:
        for part in self.parts:
            part.request.fail(error)


def run_batch(model: Model, batch: Batch, fetches: Sequence[str], options: BatchingOptions) -> Ran:
    """Run it in one go, or each of its parts where their rows do not go together."""
    padding = options.allowed_size(batch.rows) - batch.rows if batch.rows else 0
    try:
        left_s = batch.deadline - time.monotonic()
        timeout_s = None if left_s == float("inf") else max(0.001, left_s)
        sources: list[Any] = [part.inputs() for part in batch.parts]
        if isinstance(sources[0], RequestRows):
            try:
                inputs = sources[0].merged(sources, padding)
            except ServingError:
                return _run_each(model, batch, fetches, timeout_s), 0
        elif len(sources) == 1 and not padding:
            inputs = sources[0]
        else:
            inputs = _merge(batch, sources, padding, options.pad_variable_length_inputs)
        outputs = model.run(inputs, fetches, timeout_s)
        for array in outputs:
            _check_rows(array, batch.rows + padding)
        if isinstance(sources[0], RequestRows):
            sources[0].write_answers(sources, fetches, outputs)
        return outputs, padding
    except ServingError as error:
        return error, padding
    except Exception as error:
        return ServingError(Code.INTERNAL, f"Tensor concat operation failed: {error}"), padding


def _run_each(
    model: Model, batch: Batch, fetches: Sequence[str], timeout_s: float | None
) -> _Separate:
    """Run each part by itself: the rows of one are wrong, or have other shapes than the others'."""
    by_part: list[Outputs] = []
    for part in batch.parts:
        try:
            rows: Any = part.inputs()
            outputs = model.run(rows.arrays(), fetches, timeout_s)
            for array in outputs:
                _check_rows(array, part.rows)
            by_part.append(outputs)
        except ServingError as error:
            by_part.append(error)
    return _Separate(by_part)


def _merge(batch: Batch, sources: Sequence[Any], padding: int, pad_shapes: bool) -> dict[str, Any]:
    whole = {}
    for name in batch.feeds:
        arrays = [source[name] for source in sources]
        if pad_shapes:
            arrays = _equal_shapes(arrays)
        if padding:
            # A real row, so that the model can take it: the first one of the last request.
            last = next(array for array in reversed(arrays) if len(array))
            arrays.append(np.repeat(last[:1], padding, axis=0))
        whole[name] = _joined(arrays, batch.rows + padding)
    return whole


def _joined(arrays: list[Any], rows: int) -> Any:
    """Put arrays after one another, small ones in half the time of `numpy.concatenate`."""
    first = arrays[0]
    if len(arrays) == 1:
        return first
    shape = (rows, *first.shape[1:])
    if first.dtype.kind in _NUMBERS:
        with contextlib.suppress(TypeError, BufferError):  # rows that are not side by side
            return np.frombuffer(b"".join(arrays), first.dtype).reshape(shape)
    if first.dtype.kind == "O" and len(arrays) == rows and first.size == 1:
        return np.array([array.item() for array in arrays], object).reshape(shape)
    return np.concatenate(arrays)


def _equal_shapes(arrays: list[Any]) -> list[Any]:
    """Fill arrays up to one shape, first axis apart, each with its own first element."""
    largest = np.max([array.shape[1:] for array in arrays], axis=0)
    padded = []
    for array in arrays:
        missing = largest - array.shape[1:]
        if missing.any():
            if not array.size:
                raise invalid_argument("Got empty tensor in batch of non-empty tensors.")
            widths = [(0, 0), *[(0, int(each)) for each in missing]]
            array = np.pad(array, widths, constant_values=array.flat[0])
        padded.append(array)
    return padded


def _check_rows(array: Any, rows: int) -> None:
    if not array.ndim:
        raise ServingError(Code.FAILED_PRECONDITION, "Batched output tensor has 0 dimensions")
    if len(array) != rows:
        raise ServingError(
            Code.FAILED_PRECONDITION,
            "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension"
            " sizes of the input tensors",
        )
