"""SIGTERM ends a step cleanly: what it holds is closed, then the process ends with status 143."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

from tfx_pipeline.processes.this_process import signals_handled

_AGAIN_S = 10.0

_came = False


class Sigterm(BaseException):
    """SIGTERM came; no `except Exception` of TFX, Beam or TensorFlow takes it for a failure."""


@contextlib.contextmanager
def sigterm_raised() -> Iterator[None]:
    """Raise `Sigterm` in the main thread when SIGTERM comes.

    Python drops what is raised inside a finalizer or a callback of C code: it is raised again
    every ten seconds, until this context is left. Beam turns whatever is raised into an error of
    its own: see `sigterm_came`.
    """
    global _came
    _came = False
    with signals_handled(_terminate, signal.SIGALRM, signal.SIGTERM):
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)


def sigterm_came() -> bool:
    """Say whether SIGTERM came, whatever became of the exception that it raised."""
    return _came


@contextlib.contextmanager
def sigterm_ignored() -> Iterator[None]:
    """Do what must not be cut off; SIGTERM that comes meanwhile is late and changes nothing."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    with signals_handled(signal.SIG_IGN, signal.SIGTERM):
        yield


def _terminate(_signal: int, _frame: object) -> None:
    global _came
    _came = True
    signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
    raise Sigterm
