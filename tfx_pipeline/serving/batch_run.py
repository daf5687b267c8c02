"""One batch: the requests in it, their inputs put together, and its outputs taken apart again.

Terms: see `batching`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from tfx_pipeline.serving.batching_options import BatchingOptions
from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.json_rows import JsonRows, write_answers
from tfx_pipeline.serving.tensor_rows import TensorRows
from tfx_pipeline.serving.types import Model

if TYPE_CHECKING:
    import asyncio

    from tfx_pipeline.serving.batching import BatchObserver

Rows = JsonRows | TensorRows
"""Inputs that become arrays together with those of the other requests in their batch."""
Inputs = Mapping[str, Any] | Rows
ROWS = (JsonRows, TensorRows)
"""The same, for `isinstance`, which takes four times as long for a union."""
Outputs = list[Any] | ServingError

_NUMBERS = "biuf"  # kinds of NumPy's types
_POOL_NAME = ""  # TensorFlow Serving gives its batching sessions no name


@dataclass(frozen=True)
class _Separate:
    """Outputs of parts that could not run as one."""

    by_part: Sequence[Outputs]


class Waiter(Protocol):
    """Gets what comes of a task, once; a future of asyncio is one."""

    def done(self) -> bool:
        """Tell whether it wants nothing any more."""

    def set_result(self, outputs: list[Any]) -> None:
        """Take the outputs."""

    def set_exception(self, error: ServingError) -> None:
        """Take what went wrong."""


class Task:
    """One request.

    Attributes:
        inputs: arrays by tensor name, or rows that are to become such.
        rows: of each of them.
        waiter: gets the outputs.
        enqueued: moment of `time.monotonic`.
        deadline: the same; infinite: none.
        missing: parts that have not run.
    """

    __slots__ = ("_outputs", "deadline", "enqueued", "inputs", "missing", "rows", "waiter")

    def __init__(
        self,
        inputs: Inputs,
        rows: int,
        waiter: Waiter,
        enqueued: float,
        timeout_s: float | None,
    ) -> None:
        self.inputs = inputs
        self.rows = rows
        self.waiter = waiter
        self.enqueued = enqueued
        self.deadline = float("inf") if timeout_s is None else enqueued + timeout_s
        self.missing = 0
        self._outputs: list[tuple[int, list[Any]]] = []

    def take(self, start: int, outputs: list[Any]) -> None:
        """Take the outputs of the part that begins at row `start`."""
        self.missing -= 1
        if self.waiter.done():
            return
        if not self._outputs and not self.missing:
            self.waiter.set_result(outputs)
            return
        self._outputs.append((start, outputs))
        if not self.missing:
            import numpy as np

            ordered = [arrays for _, arrays in sorted(self._outputs, key=lambda each: each[0])]
            self.waiter.set_result([np.concatenate(each) for each in zip(*ordered, strict=True)])

    def fail(self, error: ServingError) -> None:
        """End in an error."""
        if not self.waiter.done():
            # Each its own: raising one object in several places mixes up their tracebacks.
            self.waiter.set_exception(ServingError(error.code, error.message))


class Part:
    """Rows of a task, from `start` to before `stop`, that run in one batch."""

    __slots__ = ("start", "stop", "task")

    def __init__(self, task: Task, start: int, stop: int) -> None:
        self.task = task
        self.start = start
        self.stop = stop

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.stop - self.start

    def inputs(self) -> Inputs:
        """Return the rows of each input."""
        inputs = self.task.inputs
        if self.rows == self.task.rows:
            return inputs
        if isinstance(inputs, ROWS):
            return inputs.part(self.start, self.stop)
        return {name: array[self.start : self.stop] for name, array in inputs.items()}


class Batch:
    """Parts of one kind that run together.

    Attributes:
        closed: no more parts are taken.
        timer: closes it; none: nothing does.
    """

    def __init__(self, kind: Any, feeds: Sequence[str]) -> None:
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

    def begin(self, observer: BatchObserver | None) -> None:
        """Leave out what nobody waits for any more; end the batch if all its time is over."""
        now = time.monotonic()
        self.parts = [part for part in self.parts if not part.task.waiter.done()]
        self.rows = sum(part.rows for part in self.parts)
        if observer is not None:
            waited_s = [now - part.task.enqueued for part in self.parts]
            observer.begun(_POOL_NAME, waited_s, [part.task.rows for part in self.parts])
        self.deadline = max((part.task.deadline for part in self.parts), default=0.0)
        if self.deadline <= now:
            self._fail(
                ServingError(
                    Code.RESOURCE_EXHAUSTED,
                    "Run() timeout exceeded while waiting in batching queue",
                )
            )
            self.parts = []

    def finish(
        self,
        outputs: Outputs | _Separate,
        padding: int,
        observer: BatchObserver | None,
    ) -> None:
        """Give each task its rows, or all of them the error."""
        if observer is not None:
            observer.processed_batch(self.rows + padding, padding)
        if isinstance(outputs, ServingError):
            self._fail(outputs)
        elif isinstance(outputs, _Separate):
            for part, own in zip(self.parts, outputs.by_part, strict=True):
                if isinstance(own, ServingError):
                    part.task.fail(own)
                else:
                    part.task.take(part.start, own)
        elif len(self.parts) == 1 and not padding:
            self.parts[0].task.take(self.parts[0].start, outputs)
        else:
            row = 0
            for part in self.parts:
                end = row + part.rows
                part.task.take(part.start, [array[row:end] for array in outputs])
                row = end

    def _fail(self, error: ServingError) -> None:
        for part in self.parts:
            part.task.fail(error)


def run_batch(
    model: Model, batch: Batch, fetches: Sequence[str], options: BatchingOptions
) -> tuple[Outputs | _Separate, int]:
    """Run a batch; return its outputs or error, and the number of rows it was filled up with."""
    padding = options.allowed_size(batch.rows) - batch.rows if batch.rows else 0
    try:
        left_s = batch.deadline - time.monotonic()
        timeout_s = None if left_s == float("inf") else max(0.001, left_s)
        sources: list[Any] = [part.inputs() for part in batch.parts]
        if isinstance(sources[0], ROWS):
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
        if isinstance(sources[0], JsonRows):
            write_answers(sources, fetches, outputs)
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
    import numpy as np

    whole = {}
    for name in batch.feeds:
        arrays = [source[name] for source in sources]
        if pad_shapes:
            arrays = _equal_shapes(arrays)
        if padding:
            # A real row, so that the model can take it: the first one of the last task.
            last = next(array for array in reversed(arrays) if len(array))
            arrays.append(np.repeat(last[:1], padding, axis=0))
        whole[name] = _joined(arrays, batch.rows + padding)
    return whole


def _joined(arrays: list[Any], rows: int) -> Any:
    """Put arrays after one another, small ones in half the time of `numpy.concatenate`."""
    import numpy as np

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
    import numpy as np

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
