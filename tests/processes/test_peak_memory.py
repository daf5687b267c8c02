"""The most memory that this process has while something works."""

from __future__ import annotations

import time

import numpy as np

from tfx_pipeline.processes.peak_memory import PeakMemory, peak_memory


def wait_until_seen(peak: PeakMemory, before: int) -> None:
    deadline = time.monotonic() + 30
    while peak.bytes - before <= 150 << 20:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_peak_holds_what_was_given_back_before_the_end() -> None:
    with peak_memory() as quiet:
        pass
    with peak_memory() as peak:
        block = np.ones(200 << 20, np.uint8)
        wait_until_seen(peak, quiet.bytes)
        del block
    assert peak.bytes - quiet.bytes > 150 << 20


def test_peak_of_one_block_is_not_that_of_the_one_before() -> None:
    with peak_memory() as peak:
        before = peak.bytes
        block = np.ones(200 << 20, np.uint8)
        wait_until_seen(peak, before)
        del block
    with peak_memory() as after:
        time.sleep(0.1)
    assert peak.bytes - after.bytes > 150 << 20
