"""`tfx-pipeline schema`: the curated schema as reviewed code."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from tfx_pipeline.commands.arguments import Commands, add_command, add_set_argument
from tfx_pipeline.commands.output import with_errors_shown

_EPILOG = """\
examples:
  tfx-pipeline schema infer --config configs/penguins.yaml
  tfx-pipeline schema diff
  tfx-pipeline schema accept domain/payment_type --why "a partner's new card"
  tfx-pipeline schema check data/taxi/data.csv

exit status:
  0    nothing breaks the schema
  2    the configuration, the schema or the command line cannot be used
  3    the data breaks the schema, or cannot be read
"""
_ACCEPT_EPILOG = """\
A change is named by its rule and its column, as `diff`, `check` and a refused run name it, or by
the column alone: all of its rules. With a value, it is taken as typed and no data is read:

  tfx-pipeline schema accept max/fare=1200 domain/payment_type=Gold --why "…"
"""
_DIFF_EPILOG = """\
Without a side: the curated schema against the table of the configuration. With one: against that
table or schema (*.pbtxt). With two: the first, a schema, against the second.

breaking   the data breaks a rule: the gate refuses it, or a model might misread it
widening   a column that the schema does not know; between schemas, more is allowed
narrowing  the schema allows what the data does not have; between schemas, less is allowed
"""


def add_parser(commands: Commands) -> None:
    """Add `schema` and its actions."""
    help_text = "infer, compare, change and apply the curated schema"
    parser = add_command(commands, "schema", help_text, _no_action, _EPILOG, takes_config=False)
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _add_infer(actions)
    _add_diff(actions)
    _add_accept(actions)
    _add_check(actions)


def _add_infer(actions: Commands) -> None:
    parser = _add_action(actions, "infer", "write a schema as the data shows it", infer_command)
    parser.add_argument("file", nargs="?", help="default: the table of the configuration")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: the configuration's")
    parser.add_argument("--force", action="store_true", help="overwrite a schema")
    parser.add_argument("--ranges", action="store_true", help="also bound numbers by the data's")


def _add_diff(actions: Commands) -> None:
    help_text = "compare the curated schema with data, or another schema"
    parser = _add_action(actions, "diff", help_text, diff_command, _DIFF_EPILOG)
    parser.add_argument("sides", nargs="*", metavar="SIDE", help="a table, or a schema")
    parser.add_argument("--json", action="store_true", help="print a JSON document")


def _add_accept(actions: Commands) -> None:
    help_text = "write changes into the curated schema, and who and why into its changelog"
    parser = _add_action(actions, "accept", help_text, accept_command, _ACCEPT_EPILOG)
    parser.add_argument("changes", nargs="*", metavar="RULE/FEATURE", help="what to accept")
    parser.add_argument("--all", action="store_true", help="all that `diff` lists of this kind")
    parser.add_argument("--narrow", action="store_true", help="forbid what no row has")
    parser.add_argument("--file", metavar="FILE", help="data instead of the configuration's")
    parser.add_argument("--who", metavar="NAME", help="default: git's user.name, else the user")
    parser.add_argument("--why", metavar="TEXT", required=True, help="for the changelog")


def _add_check(actions: Commands) -> None:
    help_text = "judge a file by the curated schema, without a pipeline"
    parser = _add_action(actions, "check", help_text, check_command)
    parser.add_argument("file", help="a table: file or folder")
    parser.add_argument(
        "--environment", metavar="NAME", help="whose rows these are, e.g. SERVING: without a label"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")


def _add_action(
    actions: Commands,
    name: str,
    help_text: str,
    run: Callable[[argparse.Namespace, list[str]], int],
    epilog: str | None = None,
) -> argparse.ArgumentParser:
    parser = add_command(actions, name, help_text, run, epilog, takes_config=False)
    parser.add_argument("--schema", metavar="FILE", help="default: the configuration's")
    parser.add_argument(
        "--config", metavar="FILE", help="default: configs/taxi.yaml, or none with --schema"
    )
    parser.add_argument("--env", default="local", metavar="NAME", help="see `run` (default: local)")
    add_set_argument(parser, "override one field of the configuration; may be repeated")
    return parser


def _no_action(_options: argparse.Namespace, _words: list[str]) -> int:
    raise AssertionError("the parser asks for an action")


@with_errors_shown
def infer_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Write the schema that the data shows."""
    from tfx_pipeline.commands.schema_review.infer import infer

    return infer(options)


@with_errors_shown
def diff_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Print what differs."""
    from tfx_pipeline.commands.schema_review.diff import diff

    return diff(options)


@with_errors_shown
def accept_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Write what is accepted."""
    from tfx_pipeline.commands.schema_review.accept import accept_changes

    return accept_changes(options)


@with_errors_shown
def check_command(options: argparse.Namespace, _words: list[str]) -> int:
    """Print what breaks the schema."""
    from tfx_pipeline.commands.schema_review.check import check

    return check(options)
