"""`tfx-pipeline clean`: remove what old runs left on disk."""

from __future__ import annotations

import argparse
from typing import Any

from tfx_pipeline.commands.arguments import Commands, add_command, positive
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import counted, listed, mebibytes

_EPILOG = """\
Removed are the artifacts, logs and summaries of runs that are older than the newest N, but for what
a kept run uses and what is needed to compare the next model with: the newest run that pushed one is
always kept. The versions in the push destination, which are served, are never touched.

examples:
  tfx-pipeline clean --keep 5 --dry-run
  tfx-pipeline clean --keep 5
"""


def add_parser(commands: Commands) -> None:
    """Add `clean`."""
    help_text = "remove what old runs left on disk; never what is served"
    parser = add_command(commands, "clean", help_text, clean_command, _EPILOG)
    parser.add_argument(
        "--keep", type=positive, required=True, metavar="N", help="newest runs to keep, at least 1"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


@with_errors_shown
def clean_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Remove, and say what."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.config.metadata_url import metadata_of

    config = load_config(options.config, options.env, options.overrides).config
    metadata = metadata_of(config)
    if config.environment.runner != "local" or metadata.kind != "sqlite":
        what = "only runs on this machine, with their metadata in a file, are cleaned up"
        step = "use the tools of the cluster, and of its store, for these"
        received = f"runner {config.environment.runner}, metadata in {metadata.kind}"
        problem = Problem(what, "environment", received, next_step=step)
        raise ConfigError([problem], "nothing was removed")
    from tfx_pipeline.runners.local.cleaning import clean, plan_cleaning
    from tfx_pipeline.runners.metadata.reading import open_for_writing

    with open_for_writing(config, "clean") as store:
        cleaning = plan_cleaning(config, store, options.keep)
        if not options.dry_run:
            clean(config, store, cleaning)
    document: dict[str, Any] = {
        "pipeline": config.name,
        "dry_run": options.dry_run,
        "kept_runs": list(cleaning.kept),
        "removed_runs": [run.run_id for run in cleaning.runs],
        "removed_folders": [config.shown(folder) for folder in cleaning.folders],
        "removed_bytes": cleaning.size_bytes,
    }
    if options.json:
        print_json(document)
        return
    what = "would remove" if options.dry_run else "removed"
    runs = counted(len(cleaning.runs), "run")
    folders = counted(len(cleaning.folders), "folder")
    console = result_console()
    console.out(f"{config.name}: {what} {runs}: {folders}, {mebibytes(cleaning.size_bytes)}")
    console.out(f"kept: {listed(document['kept_runs'], 5) or 'there is no run'}")
