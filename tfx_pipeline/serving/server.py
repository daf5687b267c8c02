"""The executable `tfx-model-server`: the command line, messages and exits of TensorFlow Serving."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from tfx_pipeline.patches.process_settings import hush_tensorflow
from tfx_pipeline.serving.config.options import (
    FlagError,
    ServerOptions,
    check_options,
    parse_flags,
    usage,
)
from tfx_pipeline.serving.errors import ServingError

PROGRAM = "tfx-model-server"
BAD_START = 255  # what TensorFlow Serving's -1 becomes

_LOG = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal says to stop; return the exit status.

    Args:
        arguments: the words after the program's name; none: those of this process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options, unknown = parse_flags(words)
    except FlagError as error:
        print(f"{error}\n{usage(PROGRAM)}".lstrip())
        return BAD_START
    if options.version:
        _print_versions()
        return 0
    if unknown:
        print(f"unknown argument: {unknown[0]}\n{usage(PROGRAM)}", flush=True)
    try:
        check_options(options)
    except ServingError as error:
        return _failed_to_start(error)
    if options.workers > 1:
        from tfx_pipeline.serving.workers import serve_with_workers

        return serve_with_workers(options)
    return serve_alone(options)


class Parent(NamedTuple):
    """What a worker has of the process that it is a worker of: ends of pipes.

    Attributes:
        life: at its end when that process has ended.
        is_up: takes the number of this process when it answers.
    """

    life: int
    is_up: int


def serve_alone(options: ServerOptions, parent: Parent | None = None) -> int:
    """Serve in this process until a signal says to stop; return the exit status.

    Args:
        options: of the server.
        parent: whose worker this is; its end is a signal to stop. None: it is nobody's.
    """
    import uvloop

    from tfx_pipeline.serving.memory import limit_heaps

    limit_heaps()
    log_like_a_server()
    try:
        uvloop.run(_serve(options, parent))
    except ServingError as error:
        return _failed_to_start(error)
    return 0


def _failed_to_start(error: ServingError) -> int:
    from tfx_pipeline.serving.config.protos import ConfigTextError

    print(f"Failed to start server. Error: {error}", flush=True)
    if isinstance(error, ConfigTextError):  # TensorFlow Serving says this on the standard error
        print(error.message, file=sys.stderr, flush=True)
    return BAD_START


async def _serve(options: ServerOptions, parent: Parent | None) -> None:
    """Load, open the ports, answer until SIGTERM or SIGINT, then drain.

    Raises:
        ServingError: the configuration cannot be used, a model fails to load, or a port is taken.
    """
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


def _print_versions() -> None:
    from importlib import metadata

    from tfx_pipeline import __version__

    print(f"TensorFlow ModelServer: {PROGRAM} {__version__}")
    print(f"TensorFlow Library: {metadata.version('tensorflow')}")


def program(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what `main` does, and end the process with its status; nothing is torn down."""
    hush_tensorflow()
    warnings.simplefilter("ignore")
    status = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    program()
