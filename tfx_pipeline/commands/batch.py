"""`tfx-pipeline batch`: answer all rows of a table, however large, and go on where it stopped."""

from __future__ import annotations

import argparse
import os
import sys

from tfx_pipeline.commands.arguments import Commands, add_command, positive
from tfx_pipeline.commands.output import print_json, result_console, with_errors_shown
from tfx_pipeline.errors import ExitStatus
from tfx_pipeline.processes.this_process import redirect

_EPILOG = """\
Rows are read, answered and written a chunk at a time, in their order. What is written is whole;
a job that was interrupted, however that was, goes on with --resume. Rows that the model does not
take are set apart in _bad_rows.csv, with the reason; read = written + bad.

examples:
  tfx-pipeline batch --input data/taxi/data.csv --output scored
  tfx-pipeline batch --input 'rides/*.parquet' --output scored --id ride_id --keep fare company
  tfx-pipeline batch --input "SELECT * FROM rides ORDER BY id" --database sqlite:///rides.db \\
      --output scored --format csv

exit status: 0 all rows were read; 1 the output cannot be written; 2 the command line or the model
  cannot be used; 3 the input cannot be read, or no row of it can be answered; 130 interrupted
"""


def add_parser(commands: Commands) -> None:
    """Add `batch`."""
    help_text = "answer all rows of a table of any size: files or SQL in, Parquet or CSV out"
    parser = add_command(commands, "batch", help_text, batch_command, _EPILOG)
    parser.add_argument(
        "--input",
        nargs="+",
        required=True,
        metavar="FILES|SQL",
        help="files of CSV or Parquet, patterns, folders; or a query",
    )
    parser.add_argument("--output", required=True, metavar="DIR", help="folder, empty or not there")
    parser.add_argument(
        "--format", choices=("parquet", "csv"), default="parquet", help="default: %(default)s"
    )
    parser.add_argument(
        "--engine",
        choices=("auto", "tensorflow", "onnx", "beam"),
        default="auto",
        help="default: auto: onnx where it answers as the model does, else tensorflow; beam: TFX's"
        " BulkInferrer, where environment.beam says",
    )
    parser.add_argument("--model", metavar="DIR", help="default: the configuration's")
    parser.add_argument("--version", type=positive, metavar="N", help="default: the newest")
    parser.add_argument("--id", default="", metavar="COLUMN", help="names a row, in the output too")
    parser.add_argument(
        "--keep", nargs="+", default=[], metavar="COLUMN", help="passed through; '*': all"
    )
    parser.add_argument(
        "--allow-missing", action="store_true", help="answer without columns that are not there"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the job in --output")
    parser.add_argument("--database", metavar="URL", help="the input is a query to this one")
    parser.add_argument("--password-env", metavar="NAME", help="variable with its password")
    parser.add_argument("--json", action="store_true", help="print the manifest")


def _say(text: str) -> None:
    """Print a line; the job goes on where nobody reads any more, as after `| head`."""
    try:
        result_console().out(text)
    except BrokenPipeError:
        redirect(1, to=os.open(os.devnull, os.O_WRONLY))


@with_errors_shown
def batch_command(options: argparse.Namespace, words: list[str]) -> int:
    """Run the job."""
    from tfx_pipeline.batch.jobs import run_job
    from tfx_pipeline.commands.scoring.plan import job_plan
    from tfx_pipeline.commands.scoring.showing import print_outcome, shown_progress
    from tfx_pipeline.runners.node.sigterm import Sigterm, sigterm_raised

    plan = job_plan(options, words)
    say = (lambda text: None) if options.json else _say
    try:
        with sigterm_raised(), shown_progress():
            outcome = run_job(plan, say)
    except (KeyboardInterrupt, Sigterm) as stop:
        sys.stderr.write(f"stopped; what is written is whole. Go on: {plan.resume_command}\n")
        is_sigterm = isinstance(stop, Sigterm)
        return int(ExitStatus.TERMINATED if is_sigterm else ExitStatus.INTERRUPTED)
    if options.json:
        print_json(outcome.manifest)
    else:
        print_outcome(outcome)
    rows = outcome.manifest["rows"]
    return int(ExitStatus.REFUSED if rows["read"] and not rows["written"] else ExitStatus.OK)
