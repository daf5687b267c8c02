"""Several server processes on the same ports, between which the system divides the connections.

Terms:
    up: a worker has opened its ports and answers.
    failed start: a worker that ended before it was up, in whatever way.
"""

from __future__ import annotations

import logging
import multiprocessing.connection
import os
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.context import ForkProcess

from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.one_process import Parent, log_like_a_server

FIRST_PAUSE_S = 1.0
"""Before the next try after a failed start; twice as long after each further one."""
LONGEST_PAUSE_S = 30.0
MOST_FAILED_STARTS = 6
"""Of all workers, with none up in between; one more ends the server."""
KILL_AFTER_S = 60.0
"""A worker that has not ended so long after it was told to is killed."""
NEVER_UP = 255
"""Exit status of a server whose workers die of signals at every start."""

ServeAlone = Callable[[ServerOptions, Parent], int]
"""What a worker does; it returns the worker's exit status."""

_LOG = logging.getLogger(__name__)


def serve_with_workers(options: ServerOptions, serve_alone: ServeAlone) -> int:
    """Serve with `options.workers` processes until a signal says to stop; return the exit status.

    They begin as copies of this process with TensorFlow imported, whose memory they share. A worker
    that dies is replaced, after a pause if it never came up. The first workers end the server if
    they say that it cannot start; so does a worker that dies at every start. None outlives this
    process.
    """
    log_like_a_server()
    workers = _Workers(options, serve_alone)
    workers.listen_to_signals()
    import tensorflow  # noqa: F401 - shared by the workers

    from tfx_pipeline.serving.metrics.share import FOLDER_VARIABLE

    with tempfile.TemporaryDirectory(prefix="tfx-model-server-") as folder:
        os.environ[FOLDER_VARIABLE] = folder  # where the workers' metrics meet
        return workers.run()


class _Worker(ForkProcess):
    """A copy of this process, which has TensorFlow already."""

    is_up = False


class _Workers:
    """The processes.

    Signals are only noted, and `run` does what they ask for, so that none comes amiss.
    """

    def __init__(self, options: ServerOptions, serve_alone: ServeAlone) -> None:
        self._options = options
        self._serve_alone = serve_alone
        self._workers: list[_Worker] = []
        self._starts_at: list[float] = []  # of those that are missing
        self._failed_starts = 0
        self._were_up = False
        self._stopped_at: float | None = None
        self._status = 0
        self._ups, self._is_up = os.pipe()  # a worker writes its number when it is up
        # Nobody writes to it: to the workers its end is the end of this process.
        self._life, self._own_life = os.pipe()
        self._signalled, self._signal = os.pipe()
        for each in (self._ups, self._signalled, self._signal):
            os.set_blocking(each, False)

    def listen_to_signals(self) -> None:
        """Take SIGTERM and SIGINT for the wish to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_signal)

    def run(self) -> int:
        """Keep the workers going until they are to stop; return the exit status."""
        self._starts_at = [0.0] * self._options.workers
        while True:
            if self._stopped_at is None:
                self._start_missing()
            elif not self._workers:
                return self._status
            self._wait()
            self._note_ups()
            for worker, status in [(each, each.exitcode) for each in self._workers]:
                if status is None:
                    continue
                self._workers.remove(worker)
                if self._stopped_at is None:
                    self._replace(worker, status)
                elif status > 0 and not self._status:
                    self._status = status

    def _start_missing(self) -> None:
        now = time.monotonic()
        for due in [each for each in self._starts_at if each <= now]:
            self._starts_at.remove(due)
            worker = _Worker(target=self._serve)
            # A signal between fork and the list would find neither handler nor worker.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))
            try:
                worker.start()
                self._workers.append(worker)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _wait(self) -> None:
        """Wait for a worker's end, a signal, a worker that is up, or the time of the next thing."""
        now = time.monotonic()
        if self._stopped_at is None:
            next_at = min(self._starts_at, default=None)
        else:
            next_at = self._stopped_at + KILL_AFTER_S
        sentinels = [worker.sentinel for worker in self._workers]
        pause_s = None if next_at is None else max(0.0, next_at - now)
        ready = multiprocessing.connection.wait(
            [*sentinels, self._ups, self._signalled], timeout=pause_s
        )
        if self._signalled in ready:
            os.read(self._signalled, 64)
            self._stop()
        elif self._stopped_at is not None and time.monotonic() >= self._stopped_at + KILL_AFTER_S:
            for worker in self._workers:
                _LOG.error("worker %d does not end, and is killed", worker.pid)
                worker.kill()

    def _note_ups(self) -> None:
        with suppress(BlockingIOError):
            numbers = {int(each) for each in os.read(self._ups, 4096).split()}
            for worker in self._workers:
                if worker.pid in numbers:
                    worker.is_up = self._were_up = True
                    self._failed_starts = 0

    def _replace(self, worker: _Worker, status: int) -> None:
        if status > 0 and not self._were_up:  # it has said why the server cannot start
            self._status = status
            self._stop()
            return
        how = f"of signal {-status}" if status < 0 else "by itself"
        if worker.is_up:
            _LOG.error("worker %d died %s; another one starts", worker.pid, how)
            self._starts_at.append(0.0)
            return
        self._failed_starts += 1
        if self._failed_starts > MOST_FAILED_STARTS:
            _LOG.error(
                "worker %d died %s before it answered, as %d before it: the server ends. Is there "
                "memory for %d workers, and does one worker alone start?",
                worker.pid,
                how,
                MOST_FAILED_STARTS,
                self._options.workers,
            )
            self._status = status if status > 0 else NEVER_UP
            self._stop()
            return
        pause_s = min(FIRST_PAUSE_S * 2 ** (self._failed_starts - 1), LONGEST_PAUSE_S)
        _LOG.error(
            "worker %d died %s before it answered; try %d of %d in %g s",
            worker.pid,
            how,
            self._failed_starts,
            MOST_FAILED_STARTS,
            pause_s,
        )
        self._starts_at.append(time.monotonic() + pause_s)

    def _stop(self) -> None:
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
        for worker in self._workers:
            worker.terminate()

    def _note_signal(self, *_: object) -> None:
        with suppress(BlockingIOError):
            os.write(self._signal, b"s")

    def _serve(self) -> None:
        """Be a worker."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent says when
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM, signal.SIGINT))
        os.close(self._own_life)
        os._exit(self._serve_alone(self._options, Parent(self._life, self._is_up)))
