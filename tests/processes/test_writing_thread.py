"""Blocks handed over to a thread that writes them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tfx_pipeline.processes.writing_thread import WritingThread


def test_thread_writes_all_blocks_in_their_order_before_close_returns() -> None:
    written: list[int] = []
    thread = WritingThread[int](written.extend)
    for number in range(100):
        thread.put(number)
    thread.close()
    thread.close()
    thread.check()
    assert written == list(range(100))


def test_thread_that_fails_raises_in_put_or_check_and_never_blocks() -> None:
    def fail(blocks: Iterable[int]) -> None:
        for block in blocks:
            if block == 3:
                raise OSError("full")

    thread = WritingThread[int](fail)
    with pytest.raises(OSError, match="full"):  # noqa: PT012 - one of them is the first after it
        for number in range(1000):
            thread.put(number)
    thread.close()
    with pytest.raises(OSError, match="full"):
        thread.check()
