"""A request on its way through batches: its rows, the parts they run in, and who waits for them.

Terms: see `scheduler`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.types import RequestRows

Inputs = Mapping[str, Any] | RequestRows
Kind = Hashable
"""Data types and shapes of inputs, first axis apart."""


class Waiter(Protocol):
    """Gets what comes of a request, once; a future of asyncio is one."""

    def done(self) -> bool:
        """Tell whether it wants nothing any more."""

    def set_result(self, outputs: list[Any]) -> None:
        """Take the outputs."""

    def set_exception(self, error: ServingError) -> None:
        """Take what went wrong."""


class QueuedRequest:
    """One request, with its times of `time.monotonic`, and the number of parts that have not run.

    An infinite deadline is none.
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
            ordered = [arrays for _, arrays in sorted(self._outputs, key=lambda each: each[0])]
            self.waiter.set_result([np.concatenate(each) for each in zip(*ordered, strict=True)])

    def fail(self, error: ServingError) -> None:
        """End in an error."""
        if not self.waiter.done():
            # Each its own: raising one object in several places mixes up their tracebacks.
            self.waiter.set_exception(ServingError(error.code, error.message))


@dataclass(eq=False, slots=True)
class Part:
    """Rows of a request, from `start` to before `stop`, that run in one batch."""

    request: QueuedRequest
    start: int
    stop: int

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.stop - self.start

    def inputs(self) -> Inputs:
        """Return the rows of each input."""
        inputs = self.request.inputs
        if self.rows == self.request.rows:
            return inputs
        if isinstance(inputs, RequestRows):
            return inputs.part(self.start, self.stop)
        return {name: array[self.start : self.stop] for name, array in inputs.items()}
