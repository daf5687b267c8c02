"""`tfx-pipeline init`: from a table to a configuration that runs."""

from __future__ import annotations

import argparse

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import with_errors_shown
from tfx_pipeline.errors import ExitStatus

_EPILOG = """\
It looks at the table and writes, below the working directory,
  configs/NAME.yaml        each choice with its reason, and what would do instead below it
  schema/NAME/schema.pbtxt the schema, to be reviewed like code
  data/NAME/README.md      a line for each column; source and terms are for you to say
The table stays where it is. Running init again brings the files up to date and keeps what you
changed; configs/.init/NAME.json remembers what was written, and belongs into version control.

examples:
  tfx-pipeline init shop.csv --label bought
  tfx-pipeline init data/houses --label price --name houses --dry-run
  tfx-pipeline init postgresql://me@host/shop --table orders --label returned

exit status:
  0    the files are there, and the configuration can be run
  2    the command line cannot be used, or the name is taken, or a change of yours does not fit
  3    the table cannot be read, or has no label to learn from: nothing was written
"""


def add_parser(commands: Commands) -> None:
    """Add `init`."""
    help_text = "look at a table, and write a configuration for it that runs"
    parser = add_command(commands, "init", help_text, init_command, _EPILOG, takes_config=False)
    parser.add_argument("data", metavar="DATA", help="a table: file, folder, or URL of a database")
    parser.add_argument("--label", metavar="COLUMN", required=True, help="what is to be predicted")
    parser.add_argument("--name", help="of the pipeline and its files (default: the table's)")
    parser.add_argument(
        "--task",
        choices=("binary", "multiclass", "regression"),
        help="kind of prediction (default: what the label looks like)",
    )
    parser.add_argument("--dry-run", action="store_true", help="show all, write nothing")
    parser.add_argument("--force", action="store_true", help="write all anew, whatever is there")
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    database = parser.add_argument_group("of a database")
    rows = database.add_mutually_exclusive_group()
    rows.add_argument("--table", help="the table, or view")
    rows.add_argument("--query", metavar="SQL", help="a statement that gives the rows")
    database.add_argument("--password-env", metavar="VARIABLE", help="where the password is")


@with_errors_shown
def init_command(options: argparse.Namespace, _words: list[str]) -> ExitStatus:
    """Look at the table; write the files, or show what they would be."""
    from pathlib import Path

    from tfx_pipeline.commands.table_setup.pages import print_json, print_page
    from tfx_pipeline.commands.table_setup.writing import set_up, write

    done = set_up(options, Path.cwd())
    if not options.dry_run:
        write(done)
    if options.json:
        print_json(done, is_dry=options.dry_run)
    else:
        print_page(done, is_dry=options.dry_run)
    return ExitStatus.USAGE if done.problems else ExitStatus.OK
