"""`tfx-pipeline run`: a pipeline on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_pipeline.commands.accepted_risks import accepted_risks, add_accept_risk_arguments
from tfx_pipeline.commands.arguments import EXIT_STATUSES, Commands, add_command
from tfx_pipeline.commands.output import print_json, with_run_console
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem

if TYPE_CHECKING:
    from tfx_pipeline.runners.local.run_record import RunRecord
    from tfx_pipeline.runners.steps.console import RunConsole


def add_parser(commands: Commands) -> None:
    """Add `run`."""
    parser = add_command(
        commands, "run", "run a pipeline on this machine", run_command, EXIT_STATUSES
    )
    parser.add_argument("--from", dest="from_node", metavar="STEP", help="first step to run")
    parser.add_argument("--to", dest="to_node", metavar="STEP", help="last step to run")
    parser.add_argument("--only", metavar="STEP", help="the one step to run")
    parser.add_argument("--no-cache", action="store_true", help="run every step again")
    parser.add_argument(
        "--dry-run", action="store_true", help="only say which steps would run, why, and how long"
    )
    parser.add_argument("--json", action="store_true", help="with --dry-run: print a JSON document")
    add_accept_risk_arguments(parser)
    parser.add_argument("--run-id", metavar="ID", help="id of the run (default: from the time)")


def _report(record: RunRecord) -> Path:
    from tfx_pipeline.report.making import report_at_the_end

    return report_at_the_end(record)


@with_run_console
def run_command(options: argparse.Namespace, words: list[str], console: RunConsole) -> int:
    """Run the pipeline; show its steps and what came of it."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.processes.this_process import run_words, words_without
    from tfx_pipeline.runners.local.run_locally import run_locally
    from tfx_pipeline.runners.local.run_record import RunOptions

    if options.json and not options.dry_run:
        problem = Problem("--json goes with --dry-run", next_step="a run leaves its summary.json")
        raise ConfigError([problem], "the command line cannot be used")
    if options.only and (options.from_node or options.to_node):
        problem = Problem("--only goes with neither --from nor --to")
        raise ConfigError([problem], "the command line cannot be used")
    overrides = [*options.overrides]
    if options.no_cache:
        overrides.append("environment.cache=false")
    risks = accepted_risks(options)
    loaded = load_config(options.config, options.env, overrides, risks)
    run_options = RunOptions(
        run_id=options.run_id,
        from_node=options.only or options.from_node,
        to_node=options.only or options.to_node,
        # Another run will choose anew which steps, and its name.
        command=(
            *run_words(),
            *words_without(words[1:], ("--from", "--to", "--only", "--run-id")),
        ),
    )
    if not options.dry_run:
        return run_locally(loaded, run_options, console, _report)
    from tfx_pipeline.runners.local.dry_run import plan_run, show_plan

    plan = plan_run(loaded, run_options, console)
    if options.json:
        print_json(plan)
    else:
        show_plan(plan, console)
    return ExitStatus.OK
