"""`tfx-pipeline run`: a pipeline on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tfx_pipeline.commands.arguments import EXIT_STATUSES, Commands, add_command
from tfx_pipeline.errors import ConfigError, PipelineError, Problem


def add_parser(commands: Commands) -> None:
    """Add `run`."""
    parser = add_command(
        commands, "run", "run a pipeline on this machine", run_command, EXIT_STATUSES
    )
    parser.add_argument("--from", dest="from_node", metavar="STEP", help="first step to run")
    parser.add_argument("--to", dest="to_node", metavar="STEP", help="last step to run")
    parser.add_argument("--only", metavar="STEP", help="the one step to run")
    parser.add_argument("--no-cache", action="store_true", help="run every step again")
    parser.add_argument("--run-id", metavar="ID", help="id of the run (default: from the time)")


def run_command(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Run the pipeline; show its steps and what came of it."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.processes.this_process import run_words
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
