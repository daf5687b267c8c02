"""Running a model once for each request.

A quick run (see `session_call`) that has the event loop for itself stays on it: a thread would make
the request wait longer. Under load, runs go to threads, so that the loop reads the next requests
meanwhile.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tfx_pipeline.serving.batching.model_threads import ModelThreads
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.types import Model

# TensorFlow's words, for a request whose time ends before or while its model runs.
TIMED_OUT = "Timed out waiting for notification"


class DirectRunner:
    """See `types.ModelRunner`.

    Args:
        model: what runs.
        threads: where it runs; those of a server may be shared by all its models.
    """

    def __init__(self, model: Model, threads: ModelThreads) -> None:
        self._model = model
        self._submit = threads.submit
        self._running = 0
        self._loop_is_taken = False

    async def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """Run the model, as `Model.run` does.

        Raises:
            ServingError: DEADLINE_EXCEEDED after `timeout_s`, or the model's.
        """
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
        """Run the model on the event loop; none if the loop has others to serve, or it takes long.

        Raises:
            ServingError: the model's.
        """
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
