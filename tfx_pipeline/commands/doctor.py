"""`tfx-pipeline doctor`: what works on this machine."""

from __future__ import annotations

import argparse

from tfx_pipeline.commands.arguments import Commands


def add_parser(commands: Commands) -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", help="say what works on this machine and what does not")
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    parser.set_defaults(run=doctor_command)


def doctor_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Print the report on this machine."""
    from tfx_pipeline import doctor

    return doctor.main(as_json=options.json)
