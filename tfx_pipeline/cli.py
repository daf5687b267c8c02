"""The command `tfx-pipeline`, and what `python run_local.py` runs."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tfx_pipeline.commands.arguments import EXIT_STATUSES
from tfx_pipeline.deployment.loopback import keep_off_proxies
from tfx_pipeline.errors import ExitStatus

_COMMANDS = (
    *(
        "init",
        "run",
        "runs",
        "report",
        "compare",
        "tuned",
        "explain",
        "clean",
        "compile",
        "submit",
        "status",
        "node",
    ),
    *("data", "serve", "predict", "batch", "export", "models", "promote", "rollback", "schema"),
    "doctor",
    "completion",
)
"""Modules of `tfx_pipeline.commands`, in the order in which the help lists them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; give the process's exit status.

    Args:
        arguments: the words after the program's name; none: those of this process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = full_parser(words[0] if words else "")
    options, unknown = parser.parse_known_args(words)
    if hasattr(options, "flags"):
        options.flags = unknown
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    options.full_parser = full_parser
    keep_off_proxies()
    try:
        return int(options.run(options, words))
    except KeyboardInterrupt:
        return int(ExitStatus.INTERRUPTED)


def full_parser(called: str = "") -> argparse.ArgumentParser:
    """Make the parser of all commands, or of the one that is called: each takes time to import."""
    parser = argparse.ArgumentParser(
        prog="tfx-pipeline",
        description="From a table of data to a validated, evaluated, pushed model, with TFX.",
        epilog=EXIT_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name in (called,) if called in _COMMANDS else _COMMANDS:
        importlib.import_module(f"tfx_pipeline.commands.{name}").add_parser(commands)
    return parser


def program(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what `main` does, and end the process with its status.

    After a run, the interpreter would take 2 s to take TensorFlow apart: everything is written
    and closed by then, so the process ends at once.
    """
    status = main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    if "tensorflow" in sys.modules:
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    program()
