"""Several server processes on the same ports, between which the system divides the connections."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import tempfile
from typing import Any

from tfx_pipeline.serving.options import ServerOptions

_LOG = logging.getLogger(__name__)


def serve_with_workers(options: ServerOptions) -> int:
    """Serve with `options.workers` processes until a signal says to stop; return the exit status.

    They begin as copies of this process with TensorFlow imported, whose memory they share. A worker
    that dies after it has served is replaced; one that cannot start ends them all.
    """
    import tensorflow  # noqa: F401 - shared by the workers

    from tfx_pipeline.serving.server import log_like_a_server

    log_like_a_server()
    with tempfile.TemporaryDirectory(prefix="tfx-model-server-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # where the workers' metrics meet
        return _Workers(options).run()


class _Workers:
    def __init__(self, options: ServerOptions) -> None:
        self._options = options
        self._context: Any = multiprocessing.get_context("fork")
        self._workers: list[Any] = []
        self._stopping = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        self._workers = [self._start() for _ in range(self._options.workers)]
        status = 0
        while self._workers:
            multiprocessing.connection.wait([worker.sentinel for worker in self._workers])
            for worker in [each for each in self._workers if each.exitcode is not None]:
                self._workers.remove(worker)
                if worker.exitcode > 0:
                    status = worker.exitcode
                    self._stop()
                elif not self._stopping:
                    _LOG.error("worker %d died of signal %d", worker.pid, -worker.exitcode)
                    self._workers.append(self._start())
        return status

    def _start(self) -> Any:
        worker = self._context.Process(target=_serve, args=(self._options,))
        worker.start()
        return worker

    def _stop(self, *_: object) -> None:
        self._stopping = True
        for worker in self._workers:
            if worker.is_alive():
                worker.terminate()


def _serve(options: ServerOptions) -> None:
    from tfx_pipeline.serving import server

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os._exit(server.serve_alone(options))
