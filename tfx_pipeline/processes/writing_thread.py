"""A file that is written by a thread of its own, while whoever has its content makes more."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Block = TypeVar("Block")

_WAITING_BLOCKS = 2


class WritingThread(Generic[Block]):
    """Hands blocks over to a thread that writes them; two may wait, then `put` does."""

    def __init__(self, write: Callable[[Iterable[Block]], None]) -> None:
        """Begin; `write` takes all blocks, one after the other, and then ends."""
        self._write_all = write
        self._blocks: queue.Queue[tuple[Block] | None] = queue.Queue(_WAITING_BLOCKS)
        self._error: BaseException | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def put(self, block: Block) -> None:
        """Hand over the next block; whatever stopped the thread is raised here."""
        self.check()
        self._blocks.put((block,))

    def close(self) -> None:
        """Wait until all is written; raises nothing, see `check`."""
        if not self._is_closed:
            self._is_closed = True
            self._blocks.put(None)
            self._thread.join()

    def check(self) -> None:
        """Raise what stopped the thread, if anything did."""
        if self._error is not None:
            raise self._error

    def _write(self) -> None:
        try:
            self._write_all(self._handed_over())
        except BaseException as error:
            self._error = error
            while self._blocks.get() is not None:  # else `put` would wait for ever
                pass

    def _handed_over(self) -> Iterator[Block]:
        while (block := self._blocks.get()) is not None:
            yield block[0]
