"""SIGTERM ends a step cleanly: what it holds is closed, then the process ends with status 143."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

_AGAIN_S = 2.0


class Terminated(BaseException):
    """SIGTERM came; no `except Exception` of TFX, Beam or TensorFlow takes it for a failure."""


@contextlib.contextmanager
def terminating() -> Iterator[None]:
    """Raise `Terminated` in the main thread when SIGTERM comes.

    Python drops what is raised inside a finalizer or a callback of C code: it is raised again
    every two seconds, until this context is left.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    before_alarm = signal.signal(signal.SIGALRM, _terminate)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before_alarm)
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Do what must not be cut off; SIGTERM that comes meanwhile is late and changes nothing."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(_signal: int, _frame: object) -> None:
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    raise Terminated
