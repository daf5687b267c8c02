"""`tfx-pipeline completion`: what a shell needs to complete commands and options by TAB."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from tfx_pipeline.commands.arguments import Commands

_EPILOG = """\
examples:
  tfx-pipeline completion bash > ~/.local/share/bash-completion/completions/tfx-pipeline
  tfx-pipeline completion zsh > "${fpath[1]}/_tfx-pipeline"
  eval "$(tfx-pipeline completion bash)"
"""
_SHELLS = ("bash", "zsh", "tcsh")


def add_parser(commands: Commands) -> None:
    """Add `completion`."""
    parser = commands.add_parser(
        "completion",
        help="print what makes a shell complete commands and options",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("shell", choices=_SHELLS)
    parser.set_defaults(run=completion_command)


def completion_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Print the script for a shell; `full_parser` makes the parser of all commands."""
    import shtab

    parser = options.full_parser()
    _complete_files(parser, shtab.FILE)
    sys.stdout.write(shtab.complete(parser, options.shell) + "\n")
    return 0


def _complete_files(parser: argparse.ArgumentParser, how: Any) -> None:
    """Mark each option and argument that takes a file, down to the last command."""
    for action in parser._actions:
        if action.metavar == "FILE" or action.dest == "file":
            action.complete = how  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                _complete_files(each, how)
