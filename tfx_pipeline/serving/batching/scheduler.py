"""Running a model once for several requests, by the rules of TensorFlow Serving's batching session.

Terms:
    row: one index of the first axis, which all inputs of a request have in equal number.
    part: rows of a request that run in one batch; all of them, unless large requests are split.
    queue: batches that wait, of one model with certain feeds and fetches.
    kind: data types and shapes of inputs, first axis apart. A batch has requests of one kind.

All of this happens on the event loop, so nothing is locked; only a batch's run is on a thread.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from tfx_pipeline.serving.batching.batch import Batch, Ran, run_batch
from tfx_pipeline.serving.batching.direct import ModelThreads, is_quick
from tfx_pipeline.serving.batching.options import BatchingOptions
from tfx_pipeline.serving.batching.queue import BatchQueue
from tfx_pipeline.serving.batching.request import Inputs, QueuedRequest, Waiter
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.metrics.metrics import Metrics
from tfx_pipeline.serving.types import Model, RequestRows

# Callers choose feeds and fetches, so there is no end to the orders of their names.
_MAX_NAMES = 1024


class BatchScheduler:
    """The threads that all queues of a server share, one for each batch that runs."""

    def __init__(self, threads: int, metrics: Metrics | None = None) -> None:
        self._metrics = metrics
        self._pool = ModelThreads(threads, "batch_threads")
        self._threads = threads
        self._running = 0
        self._waiting: deque[BatchQueue] = deque()
        self._will_start = False

    def wake(self, queue: BatchQueue) -> None:
        """Start batches at the end of this turn of the event loop: it may bring more requests."""
        if not queue.is_waiting:
            queue.is_waiting = True
            self._waiting.append(queue)
        if self._running < self._threads and not self._will_start:
            self._will_start = True
            asyncio.get_running_loop().call_soon(self._start)

    def close(self) -> None:
        """End the threads, once every runner is closed."""
        self._pool.close()

    def _start(self) -> None:
        self._will_start = False
        while self._waiting and self._running < self._threads:
            queue = self._waiting.popleft()
            batch = queue.pop()
            queue.is_waiting = batch is not None
            if batch is not None:
                self._waiting.append(queue)  # behind the others
                self._dispatch(queue, batch)

    def _dispatch(self, queue: BatchQueue, batch: Batch) -> None:
        batch.begin(self._metrics)
        if not batch.parts:
            return
        arguments = (queue.model, batch, queue.fetches, queue.options)
        if not self._running and len(batch.parts) == 1:
            request = batch.parts[0].request
            if isinstance(request.inputs, RequestRows):
                try:
                    request.inputs = request.inputs.arrays()
                except ServingError as error:
                    request.fail(error)
                    return
            if is_quick(queue.model, request.inputs, queue.fetches):
                # A thread would take longer, and nobody else waits for the loop.
                batch.finish(*run_batch(*arguments), self._metrics)
                return
        self._running += 1
        future = self._pool.submit(run_batch, *arguments)
        future.add_done_callback(functools.partial(self._end, batch))

    def _end(self, batch: Batch, future: asyncio.Future[Ran]) -> None:
        self._running -= 1
        batch.finish(*future.result(), self._metrics)
        if self._waiting:
            self._start()


class BatchingRunner:
    """See `types.ModelRunner`."""

    def __init__(self, model: Model, options: BatchingOptions, scheduler: BatchScheduler) -> None:
        self._model = model
        self._options = options
        self._scheduler = scheduler
        self._closing = False
        self._queues: dict[tuple[tuple[str, ...], tuple[str, ...]], BatchQueue] = {}
        self._queues_of_rows: dict[str, BatchQueue] = {}  # by signature
        self._unanswered = 0
        self._all_answered = asyncio.Event()

    async def run(
        self, inputs: Mapping[str, Any], outputs: Sequence[str], timeout_s: float | None = None
    ) -> list[Any]:
        """Run the model on this request's rows, among others'.

        Raises:
            ServingError: the request cannot be part of a batch, too much waits, all requests of
                its batch are past their time, or the model's: one row's fails the whole batch.
        """
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        queue = self._queue_of(tuple(inputs), tuple(outputs))
        self._begin(queue, inputs, timeout_s, future)
        try:
            arrays: list[Any] = await future
        finally:
            self.ended()
        if len(outputs) == 1 or tuple(outputs) == queue.fetches:
            return arrays
        by_name = dict(zip(queue.fetches, arrays, strict=True))
        return [by_name[name] for name in outputs]

    @property
    def takes_rows(self) -> bool:
        """Whether `begin` can be used: shapes are not to be made equal."""
        return not self._options.pad_variable_length_inputs

    def begin(self, rows: RequestRows, timeout_s: float | None, waiter: Waiter) -> tuple[str, ...]:
        """Run the model on rows that become arrays with those of other requests.

        The waiter gets what comes of it, among other things that rows do not fit the signature,
        which is the error of this request alone. Call `ended` then. ServingError: the request
        cannot be part of a batch, or too much waits. Returns the tensor names of the arrays that
        the waiter gets.
        """
        signature = rows.signature
        assert signature is not None
        queue = self._queues_of_rows.get(signature.name)
        if queue is None:
            queue = self._queue_of(signature.feeds, signature.fetches)
            self._queues_of_rows[signature.name] = queue
        self._begin(queue, rows, timeout_s, waiter)
        return queue.fetches

    def _begin(
        self, queue: BatchQueue, inputs: Inputs, timeout_s: float | None, waiter: Waiter
    ) -> None:
        rows, kind = queue.measure(inputs)
        queue.add(QueuedRequest(inputs, rows, waiter, time.monotonic(), timeout_s), kind)
        self._scheduler.wake(queue)
        self._unanswered += 1

    def ended(self) -> None:
        """Take note that what was begun has ended."""
        self._unanswered -= 1
        if not self._unanswered and self._closing:
            self._all_answered.set()

    async def close(self) -> None:
        """Answer what is queued, then end."""
        self._closing = True
        for queue in {*self._queues.values(), *self._queues_of_rows.values()}:
            queue.close()
        if self._unanswered:
            await self._all_answered.wait()

    def _queue_of(self, feeds: tuple[str, ...], fetches: tuple[str, ...]) -> BatchQueue:
        queue = self._queues.get((feeds, fetches))
        if queue is None:
            if len(self._queues) >= _MAX_NAMES:  # what is queued there runs all the same
                self._queues.clear()
            names = (tuple(sorted(feeds)), tuple(sorted(set(fetches))))
            queue = self._queues.get(names) or BatchQueue(
                self._model, self._options, names, self._scheduler.wake
            )
            self._queues[names] = self._queues[feeds, fetches] = queue
        return queue
