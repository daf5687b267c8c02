"""Which calls of gRPC may send, and how much all of them may hold.

Terms:
    slow: a call whose message has not come whole a moment after the call did. It is large, or its
        client sends slowly: the library does not say which, nor how much of it is there already.

What has come is counted in the budget of the server. What is still coming cannot be counted, so the
number of slow calls is limited, by the size of the largest message.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc.aio

from tfx_pipeline.serving.errors import Code, ServingError, invalid_argument
from tfx_pipeline.serving.memory import MemoryBudget

PROMPT_S = 0.1
"""Most messages are here as soon as their call is; those of a slow client within this time."""
OLD_S = 10.0
"""A call that has been slow for so long gives way to one that has just become slow."""
_BUDGETS = 8  # what all slow calls may hold: half of the memory
_LEAST, _MOST = 4, 256  # slow calls


class Admission:
    """Receives the messages of calls, of at most `largest` bytes each."""

    def __init__(self, budget: MemoryBudget, largest: int) -> None:
        self.budget = budget
        self.most_slow = min(max(_BUDGETS * budget.most // largest, _LEAST), _MOST)
        self._slow: dict[asyncio.Task[Any], float] = {}  # since when, the oldest first
        self._refused: set[asyncio.Task[Any]] = set()

    async def receive(self, context: grpc.aio.ServicerContext) -> bytes:
        """Return the one message of a call.

        The context's `read` is used, and not the iterator that the library gives besides, whose end
        takes a task of its own.

        Raises:
            ServingError: too many others are still being sent; or there is none.
        """
        task = asyncio.current_task()
        assert task is not None
        timer = asyncio.get_running_loop().call_later(PROMPT_S, self._note_slow, task)
        try:
            message: Any = await context.read()
        except asyncio.CancelledError:
            if task not in self._refused:
                raise
            raise ServingError(
                Code.RESOURCE_EXHAUSTED,
                f"{self.most_slow} other messages are large or come slowly, and are still being "
                "received; try again later",
            ) from None
        finally:
            timer.cancel()
            if self._slow or self._refused:
                self._slow.pop(task, None)
                self._refused.discard(task)
        if not isinstance(message, bytes):  # the library's mark of an end
            raise invalid_argument("The call has no message")
        return message

    def _note_slow(self, task: asyncio.Task[Any]) -> None:
        now = asyncio.get_running_loop().time()
        if len(self._slow) >= self.most_slow:
            oldest = next(iter(self._slow))
            is_old = now - self._slow[oldest] > OLD_S
            refused = oldest if is_old else task
            self._slow.pop(refused, None)
            self._refused.add(refused)
            refused.cancel()
            if not is_old:
                return
        self._slow[task] = now
