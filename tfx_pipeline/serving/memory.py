"""The memory of the server: how much of it requests may take, and giving back what is free.

Terms:
    held: bytes of requests that are not answered yet, of REST and gRPC together; of a body packed
        with gzip both forms.
"""

from __future__ import annotations

import asyncio
import gc

from tfx_pipeline.patches.process_settings import give_back_free_memory
from tfx_pipeline.processes.this_process import memory_bytes
from tfx_pipeline.serving.errors import Code, ServingError

_SHARE_OF_MEMORY = 16  # what is parsed takes up to some twenty times the bytes of its JSON
LARGE = 2**20
"""Bytes of a request whose end is a reason to give memory back."""
GIVE_BACK_EVERY_S = 2.0


class MemoryBudget:
    """What requests in flight may hold. All of it happens on the event loop.

    Args:
        most: bytes; none: this process' share of the machine's or the container's memory.
        processes: that share this memory.

    Attributes:
        had_large: a large request has ended, and what it took may be free now.
    """

    __slots__ = ("had_large", "held", "most")

    def __init__(self, most: int | None = None, processes: int = 1) -> None:
        self.held = 0
        self.had_large = False
        self.most = memory_bytes() // _SHARE_OF_MEMORY // processes if most is None else most

    def hold(self, size: int) -> Reservation:
        """Hold bytes for the length of a `with`; ServingError if there is no room for them."""
        reservation = Reservation(self)
        reservation.add(size)
        return reservation

    def refusal(self) -> ServingError:
        """Make the error of a request for which there is no room."""
        text = f"Requests of more than {self.most} bytes are in flight"
        return ServingError(Code.RESOURCE_EXHAUSTED, text)


class Reservation:
    """What one request holds of a budget; it is given back at the end of a `with`."""

    __slots__ = ("_budget", "_size")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._size = 0

    def add(self, size: int) -> None:
        """Hold more; ServingError if there is no room for it."""
        budget = self._budget
        if budget.held + size > budget.most:
            raise budget.refusal()
        budget.held += size
        self._size += size

    def __enter__(self) -> Reservation:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.held -= self._size
        if self._size >= LARGE:
            self._budget.had_large = True
        self._size = 0


async def give_back_after_large(budget: MemoryBudget) -> None:
    """Give memory back some time after large requests, until cancelled."""
    while True:
        await asyncio.sleep(GIVE_BACK_EVERY_S)
        if budget.had_large:
            budget.had_large = False
            await asyncio.to_thread(_collect_and_give_back)


def _collect_and_give_back() -> None:
    # Connections that were cut off are circles; of what is frozen nothing is looked at.
    gc.collect()
    give_back_free_memory()
