"""One server process: from the command line's options to its drained end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import NamedTuple

from tfx_pipeline.patches.process_settings import limit_heaps
from tfx_pipeline.serving.config.options import ServerOptions
from tfx_pipeline.serving.errors import ServingError

_LOG = logging.getLogger(__name__)


class Parent(NamedTuple):
    """What a worker has of the process that it is a worker of: ends of pipes.

    `life` is at its end when that has ended; `is_up` takes this one's number when it answers.
    """

    life: int
    is_up: int


def serve(options: ServerOptions, parent: Parent | None = None) -> None:
    """Serve in this process until a signal says to stop, or the parent, if there is one, ends.

    Raises ServingError if the server cannot start.
    """
    import uvloop

    limit_heaps()
    log_like_a_server()
    uvloop.run(_serve(options, parent))


async def _serve(options: ServerOptions, parent: Parent | None) -> None:
    """Load, open the ports, answer until SIGTERM or SIGINT, then drain."""
    from tfx_pipeline.serving.assembly import ModelServer

    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    if parent is not None:
        _stop_with(parent, stopped)
    server = ModelServer(options)
    starting = asyncio.create_task(server.start())
    stopping = asyncio.create_task(stopped.wait())
    try:
        await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            if parent is not None:
                os.write(parent.is_up, b"%d " % os.getpid())
            await stopping
        _LOG.info("Draining: no new connections, what is in flight is answered")
    finally:
        for task in (starting, stopping):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ServingError):
            await starting
        await server.stop()


def _stop_with(parent: Parent, stopped: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(parent.life)
        stopped.set()

    loop.add_reader(parent.life, stop)


def log_like_a_server() -> None:
    """Write what the server says to the standard error, a line each, with its time."""
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(message)s", stream=sys.stderr)
    logging.getLogger("tfx_pipeline").setLevel(logging.INFO)
