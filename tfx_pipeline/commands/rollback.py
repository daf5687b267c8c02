"""`tfx-pipeline rollback`: move a version label back, to the version before or to another one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command, add_server_arguments
from tfx_pipeline.commands.output import with_errors_shown
from tfx_pipeline.errors import ConfigError, Problem

if TYPE_CHECKING:
    from tfx_pipeline.commands.asking.served_model import ServedModel


def add_parser(commands: Commands) -> None:
    """Add `rollback`."""
    help_text = "move a version label back to the version before"
    parser = add_command(commands, "rollback", help_text, rollback_command)
    parser.add_argument("--label", default="stable", help="default: %(default)s")
    parser.add_argument("--to", type=int, metavar="N", help="to this version instead")
    add_server_arguments(parser)


@with_errors_shown
def rollback_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Move a version label to the version before, or to another one."""
    from tfx_pipeline.commands.asking.served_model import find_served_model
    from tfx_pipeline.commands.asking.version_label_move import (
        check_version,
        move_version_label,
        read_history,
    )

    model = find_served_model(options)
    model.versions()
    history = read_history(model)
    if options.label not in history:
        known = ", ".join(history) or "no label yet"
        next_step = model.command("promote", "--label", options.label)
        what = f"the label `{options.label}` names no version"
        raise ConfigError([Problem(what, None, None, known, next_step)], "nothing to roll back")
    version = options.to
    if version is None:
        version = _version_before(model, options.label, history[options.label])
    check_version(version, model, "--to")
    move_version_label(options, model, version, is_back=True)


def _version_before(model: ServedModel, version_label: str, named: list[int]) -> int:
    """Give the latest of the earlier versions of a version label that is still there."""
    versions = model.versions()
    earlier = [version for version in named[:-1] if version in versions]
    if not earlier:
        problem = Problem(
            f"no earlier version of `{version_label}` is known or left",
            received=f"{version_label} → {named[-1]}",
            allowed=", ".join(str(x) for x in versions if x != named[-1]) or "no other version",
            next_step="choose one: --to N",
        )
        raise ConfigError([problem], "nothing to roll back to")
    return earlier[-1]
