"""`tfx-pipeline promote`: let a version label name a version."""

from __future__ import annotations

import argparse

from tfx_pipeline.commands.arguments import Commands, add_command, add_server_arguments
from tfx_pipeline.commands.output import with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem

_FORBIDDEN_CHARACTERS = "/:"  # a URL could not name such a version label


def add_parser(commands: Commands) -> None:
    """Add `promote`."""
    parser = add_command(commands, "promote", "let a version label name a version", promote_command)
    parser.add_argument("--label", required=True, help="e.g. stable or canary")
    parser.add_argument("--version", type=int, metavar="N", help="default: the newest")
    add_server_arguments(parser)


@with_errors_shown
def promote_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Let a version label name a version."""
    from tfx_pipeline.commands.asking.served_model import find_served_model
    from tfx_pipeline.commands.asking.version_label_move import check_version, move_version_label

    model = find_served_model(options)
    versions = model.versions()
    if not options.label or set(options.label) & set(_FORBIDDEN_CHARACTERS):
        problem = Problem("not a label", "--label", options.label, "no `/` and no `:`")
        raise ConfigError([problem], "the command line cannot be used")
    version = options.version if options.version is not None else max(versions)
    check_version(version, model, "--version")
    move_version_label(options, model, version, is_back=False)
