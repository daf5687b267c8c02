"""Descriptors of this process that lead elsewhere: what Python, C++ and children write goes there.

The single place where descriptors are swapped. `contextlib.redirect_stdout` would move what Python
writes and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence


@contextlib.contextmanager
def redirected(*descriptors: int, to: int) -> Iterator[Sequence[int]]:
    """Let descriptors lead where another one does; give new ones to where they led before.

    Args:
        descriptors: 1, the standard output, or 2, the standard error, or both.
        to: the other one; it may be closed within the block.
    """
    _flush(descriptors)
    before = [os.dup(descriptor) for descriptor in descriptors]
    redirect(*descriptors, to=to)
    try:
        yield before
    finally:
        _flush(descriptors)
        for descriptor, earlier in zip(descriptors, before, strict=True):
            os.dup2(earlier, descriptor)
            os.close(earlier)


def redirect(*descriptors: int, to: int) -> None:
    """Let descriptors lead where another one does, for good."""
    for descriptor in descriptors:
        os.dup2(to, descriptor)


def _flush(descriptors: Sequence[int]) -> None:
    """Send what Python holds back where it was written to."""
    for descriptor in descriptors:
        {1: sys.stdout, 2: sys.stderr}[descriptor].flush()
