"""The executable `tfx-model-server`: the command line, messages and exits of TensorFlow Serving.

How it ends, with requests in flight, stands in `one_process`.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

from tfx_pipeline.patches.process_settings import hush_tensorflow
from tfx_pipeline.serving.config.options import (
    FlagError,
    ServerOptions,
    check_options,
    parse_flags,
    usage,
)
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.one_process import Parent, serve

PROGRAM = "tfx-model-server"
BAD_START = 255  # what TensorFlow Serving's -1 becomes


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as the words after the program's name say, none: this process'; return the status."""
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

        return serve_with_workers(options, serve_alone)
    return serve_alone(options)


def serve_alone(options: ServerOptions, parent: Parent | None = None) -> int:
    """Serve in this process; return the exit status. See `one_process.serve`."""
    try:
        serve(options, parent)
    except ServingError as error:
        return _failed_to_start(error)
    return 0


def _failed_to_start(error: ServingError) -> int:
    from tfx_pipeline.serving.config.protos import ConfigTextError

    print(f"Failed to start server. Error: {error}", flush=True)
    if isinstance(error, ConfigTextError):  # TensorFlow Serving says this on the standard error
        print(error.message, file=sys.stderr, flush=True)
    return BAD_START


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
