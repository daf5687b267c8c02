"""The command `tfx-pipeline`, and what `python run_local.py` runs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tfx_pipeline.commands.arguments import (
    add_config_arguments,
    add_node_command,
    add_serving_commands,
)
from tfx_pipeline.commands.cluster_arguments import add_cluster_commands
from tfx_pipeline.deployment.loopback import keep_off_proxies
from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError, Problem

_STATUSES = """\
exit status:
  0    pushed, or nothing to do
  1    a step failed
  2    the configuration or the command line cannot be used
  3    a gate refused (data, evaluation, infrastructure, smoke query): nothing was pushed
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; give the process's exit status.

    Args:
        arguments: the words after the program's name; none: those of this process.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = _parser()
    options, unknown = parser.parse_known_args(words)
    if hasattr(options, "flags"):
        options.flags = unknown
    elif unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    keep_off_proxies()
    try:
        return int(options.run(options, words))
    except KeyboardInterrupt:
        return int(ExitStatus.INTERRUPTED)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tfx-pipeline",
        description="From a table of data to a validated, evaluated, pushed model, with TFX.",
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    add_cluster_commands(commands)
    add_node_command(commands)
    add_serving_commands(commands)
    doctor = commands.add_parser("doctor", help="say what works on this machine and what does not")
    doctor.set_defaults(run=_doctor)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="run a pipeline on this machine",
        allow_abbrev=False,
        epilog=_STATUSES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.set_defaults(run=_run)
    add_config_arguments(run)
    run.add_argument("--from", dest="from_node", metavar="STEP", help="first step to run")
    run.add_argument("--to", dest="to_node", metavar="STEP", help="last step to run")
    run.add_argument("--only", metavar="STEP", help="the one step to run")
    run.add_argument("--no-cache", action="store_true", help="run every step again")
    run.add_argument("--run-id", metavar="ID", help="id of the run (default: from the time)")


def _run(options: argparse.Namespace, words: Sequence[str]) -> ExitStatus:
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.processes.own_command import run_words
    from tfx_pipeline.runners.local.run_locally import run_locally
    from tfx_pipeline.runners.local.run_record import RunOptions
    from tfx_pipeline.runners.steps.console import RunConsole

    console = RunConsole()
    try:
        if options.only and (options.from_node or options.to_node):
            problem = Problem("--only goes with neither --from nor --to")
            raise ConfigError([problem], "the command line cannot be used")
        overrides = [*options.overrides]
        if options.no_cache:
            overrides.append("environment.cache=false")
        loaded = load_config(options.config, options.env, overrides)
        run_options = RunOptions(
            run_id=options.run_id,
            from_node=options.only or options.from_node,
            to_node=options.only or options.to_node,
            command=(*run_words(), *_without_selection(words[1:])),
        )
        return run_locally(loaded, run_options, console)
    except PipelineError as error:
        console.error(error)
        return error.exit_status


def _without_selection(words: Sequence[str]) -> list[str]:
    """Leave out the words that choose steps or name the run: another run will choose anew."""
    kept: list[str] = []
    skip = False
    for word in words:
        name, equals, _ = word.partition("=")
        if skip:
            skip = False
        elif name in ("--from", "--to", "--only", "--run-id"):
            skip = not equals
        else:
            kept.append(word)
    return kept


def _doctor(_options: argparse.Namespace, _words: Sequence[str]) -> int:
    from tfx_pipeline import doctor

    return doctor.main()


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
