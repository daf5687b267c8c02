"""What the parsers of several commands share. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Handler: TypeAlias = Callable[[argparse.Namespace, list[str]], int]
"""Does what the options say; the words are those of the command line. Gives the exit status."""

DEFAULT_CONFIG = "configs/taxi.yaml"
DEFAULT_URL = "http://localhost:8501"

EXIT_STATUSES = """\
exit status:
  0    pushed, or nothing to do
  1    a step failed
  2    the configuration or the command line cannot be used
  3    a gate refused (data, evaluation, risk, infrastructure, other formats, smoke query):
       nothing was pushed
  130  interrupted
"""


def add_command(
    commands: Commands,
    name: str,
    help_text: str,
    run: Handler,
    epilog: str | None = None,
    *,
    takes_config: bool = True,
) -> argparse.ArgumentParser:
    """Add the parser of a command; its epilog is printed as it is written."""
    parser = commands.add_parser(
        name,
        help=help_text,
        allow_abbrev=False,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    if takes_config:
        parser.add_argument(
            "--config", default=DEFAULT_CONFIG, metavar="FILE", help="default: %(default)s"
        )
        parser.add_argument(
            "--env",
            default="local",
            metavar="NAME",
            help="overlay env/NAME.yaml beside the configuration, or a YAML file (default: local)",
        )
        add_set_argument(
            parser, "override one field, e.g. --set push.base_directory=/models; may be repeated"
        )
    return parser


def add_set_argument(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Add `--set`."""
    parser.add_argument(
        "--set", action="append", default=[], dest="overrides", metavar="A.B=C", help=help_text
    )


def positive(text: str) -> int:
    """Read a whole number from 1."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def add_server_arguments(parser: argparse.ArgumentParser, *, with_grpc: bool = False) -> None:
    """Add what says which server is asked, and how it is trusted."""
    address = parser.add_mutually_exclusive_group()
    address.add_argument(
        "--url", default=DEFAULT_URL, help="REST address of a server (default: %(default)s)"
    )
    if with_grpc:
        address.add_argument("--grpc", metavar="HOST:PORT", help="ask by gRPC instead")
    parser.add_argument("--token-file", metavar="FILE", help="file with the bearer token")
    parser.add_argument("--ca-file", metavar="FILE", help="PEM file to trust: TLS for gRPC too")
