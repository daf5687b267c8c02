"""Running a model once for each request, on the event loop or in threads.

A quick run (see `session_call`) that has the event loop for itself stays on it: a thread would make
the request wait longer. Under load, runs go to threads, so that the loop reads the next requests
meanwhile. A future of `concurrent.futures` costs the loop 15 µs for each run, which is a tenth of
what a request costs in all; a plain queue and the loop's own future cost 2.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from queue import SimpleQueue
from typing import Any, TypeVar

from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import Model

# TensorFlow's words, for a request whose time ends before or while its model runs.
TIMED_OUT = "Timed out waiting for notification"


_Result = TypeVar("_Result")
_Work = tuple[asyncio.Future[Any], Callable[..., Any], tuple[Any, ...]]


class ModelThreads:
    """A fixed number of threads, which start when they are first needed; models may share them."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._started = 0
        self._queue: SimpleQueue[_Work | None] = SimpleQueue()

    def submit(self, function: Callable[..., _Result], *arguments: Any) -> asyncio.Future[_Result]:
        """Call a function in a thread; call this from the event loop.

        If the future is done before a thread is free, the call is left out.
        """
        if self._started < self._count:
            self._started += 1
            name = f"{self._name}_{self._started}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        future: asyncio.Future[_Result] = asyncio.get_running_loop().create_future()
        self._queue.put((future, function, arguments))
        return future

    def close(self) -> None:
        """End the threads, once what is queued has run."""
        for _ in range(self._started):
            self._queue.put(None)

    def _work(self) -> None:
        while (work := self._queue.get()) is not None:
            future, function, arguments = work
            if future.done():
                continue
            try:
                result, error = function(*arguments), None
            except Exception as raised:
                result, error = None, raised
            try:
                future.get_loop().call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return
            del work, future, function, arguments, result, error  # an idle thread holds no arrays


def _settle(future: asyncio.Future[Any], result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


class DirectRunner:
    """See `types.ModelRunner`."""

    def __init__(self, model: Model, threads: ModelThreads) -> None:
        self._model = model
        self._submit = threads.submit
        self._running = 0
        self._loop_is_taken = False

    async def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """Run the model as `Model.run` does; DEADLINE_EXCEEDED after `timeout_s`."""
        arrays = self.run_now(inputs, outputs)
        if arrays is not None:
            return arrays
        loop = asyncio.get_running_loop()
        self._running += 1
        if timeout_s is None:
            future = self._submit(self._model.run, inputs, outputs)
        else:
            deadline = time.monotonic() + timeout_s
            future = self._submit(self._run_until, deadline, inputs, outputs)
            timer = loop.call_later(timeout_s, _time_out, future)
        try:
            return await future
        finally:
            self._running -= 1
            if timeout_s is not None:
                timer.cancel()

    @property
    def has_loop(self) -> bool:
        """Whether the event loop may run the model itself now."""
        return not self._running and not self._loop_is_taken

    def run_now(self, inputs: Mapping[str, Any], outputs: Sequence[str]) -> list[Any] | None:
        """Run the model on the event loop; none if the loop has others to serve, or it is slow."""
        run_if_quick = getattr(self._model, "run_if_quick", None)
        if not self.has_loop or run_if_quick is None:
            return None
        arrays: list[Any] | None = run_if_quick(inputs, outputs)
        if arrays is not None:
            # Further requests of this turn of the loop are the sign of load.
            self._loop_is_taken = True
            asyncio.get_running_loop().call_soon(self._give_back_loop)
        return arrays

    async def close(self) -> None:
        """Do nothing: whoever runs holds the model."""

    def _run_until(
        self, deadline: float, inputs: Mapping[str, Any], outputs: Sequence[str]
    ) -> list[Any]:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise ServingError(Code.DEADLINE_EXCEEDED, TIMED_OUT)
        return self._model.run(inputs, outputs, left_s)

    def _give_back_loop(self) -> None:
        self._loop_is_taken = False


def _time_out(future: asyncio.Future[Any]) -> None:
    if not future.done():
        future.set_exception(ServingError(Code.DEADLINE_EXCEEDED, TIMED_OUT))


def is_quick(model: Model, inputs: Mapping[str, Any], outputs: Sequence[str]) -> bool:
    """Tell whether a run is known to be short enough for the event loop."""
    ask = getattr(model, "is_quick", None)
    return ask is not None and ask(inputs, outputs)
