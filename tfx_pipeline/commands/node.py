"""`tfx-pipeline node`: steps of a compiled pipeline, in this process or in children of it."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command, add_set_argument
from tfx_pipeline.commands.output import with_run_console

if TYPE_CHECKING:
    from tfx_pipeline.runners.node.request import NodeRequest
    from tfx_pipeline.runners.steps.console import RunConsole

_EPILOG = """\
The same command again is safe: a step that is done in its run is not done again, and what a
killed process left behind is removed first. Passwords come from a file or the environment.

With --attempts or --timeout-s, a light process stays that starts each attempt as a child, tries
again after status 1 and after a child that was killed, first in 30 s, then in twice as long each
time, and never after another status. What came of a step is left in
<pipeline root>/runs/<run id>/<step>.json.

exit status:
  0    done, now or before
  1    the step failed, a step before it is not done, or another process is at it
  2    the pipeline or the command line cannot be used
  3    a gate refused; of the step that pushes: nothing was pushed
  143  ended by SIGTERM; nothing half-done is left
"""


def add_parser(commands: Commands) -> None:
    """Add `node`."""
    help_text = "run one step, or some, of a compiled pipeline, on any machine"
    parser = add_command(commands, "node", help_text, node_command, _EPILOG, takes_config=False)
    parser.add_argument(
        "--ir",
        required=True,
        metavar="PLACE",
        help="path or URI of the compiled pipeline: tfx-pipeline compile --target ir",
    )
    parser.add_argument(
        "--node-id",
        required=True,
        action="append",
        dest="node_ids",
        metavar="STEP",
        help="the step, e.g. Trainer; several are run one after the other until one does not"
        " end well",
    )
    parser.add_argument("--run-id", required=True, metavar="ID", help="the run that it belongs to")
    parser.add_argument(
        "--reuse",
        metavar="RUN",
        help="take the steps before it that this run lacks from another run, or from the `latest`",
    )
    parser.add_argument("--pipeline-root", metavar="URI", help="where artifacts go")
    parser.add_argument(
        "--metadata-url", metavar="URL", help="sqlite:///FILE, or mysql|postgresql|grpc://…"
    )
    add_set_argument(
        parser, "set a field of environment.runtime_parameters for this run; may be repeated"
    )
    parser.add_argument(
        "--wait-s",
        type=float,
        default=0.0,
        metavar="S",
        help="start now, and wait up to S seconds for the steps before it (default: 0)",
    )
    parser.add_argument(
        "--attempts", type=_attempts, metavar="N", help="try again, up to N attempts in all"
    )
    parser.add_argument(
        "--timeout-s", type=_timeout_s, metavar="S", help="end an attempt after S seconds"
    )
    parser.add_argument(
        "--umask",
        type=_umask,
        metavar="OCTAL",
        help="permissions that nothing written gets, e.g. 027 (default: those of the process)",
    )


def node_command(options: argparse.Namespace, words: list[str]) -> int:
    """Run the steps that the options name."""
    if options.umask is not None:
        os.umask(options.umask)
    if not _is_supervised(options):
        return _attempt(options, words)
    from tfx_pipeline.runners.node.supervisor import Supervisor

    def attempt(is_first: bool) -> int:
        return _attempt(argparse.Namespace(**vars(options), goes_on=not is_first), words)

    supervisor = Supervisor(
        "+".join(options.node_ids),
        attempt,
        lambda: _request(options, words),
        options.attempts or 1,
        options.timeout_s,
    )
    return supervisor.run()


def _is_supervised(options: argparse.Namespace) -> bool:
    return options.attempts is not None or options.timeout_s is not None


@with_run_console
def _attempt(options: argparse.Namespace, words: list[str], console: RunConsole) -> int:
    """Make one attempt in this process."""
    from tfx_pipeline.runners.node.outcome_file import Supervised
    from tfx_pipeline.runners.node.run_node import run_node

    supervised = None
    if _is_supervised(options):
        supervised = Supervised(options.attempts or 1, options.goes_on)
    return run_node(_request(options, words), console, supervised)


def _request(options: argparse.Namespace, words: list[str]) -> NodeRequest:
    from tfx_pipeline.processes.this_process import program
    from tfx_pipeline.runners.node.request import NodeRequest

    return NodeRequest(
        ir=options.ir,
        node_ids=tuple(options.node_ids),
        run_id=options.run_id,
        reuse=options.reuse,
        pipeline_root=options.pipeline_root,
        metadata_url=options.metadata_url,
        overrides=tuple(options.overrides),
        wait_s=options.wait_s,
        command=(program(), *words),
    )


def _attempts(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"received `{text}`; allowed: a number from 1 to 99")
    return int(text)


def _timeout_s(text: str) -> float:
    allowed = re.fullmatch(r"[0-9]{1,7}(\.[0-9]+)?", text, re.ASCII)
    if not allowed or not float(text):
        message = f"received `{text}`; allowed: seconds, more than 0, less than 10,000,000"
        raise argparse.ArgumentTypeError(message)
    return float(text)


def _umask(text: str) -> int:
    if not re.fullmatch(r"0?0[0-7]{2}", text, re.ASCII):
        message = f"received `{text}`; allowed: three octal digits, e.g. 027, the first of them 0"
        raise argparse.ArgumentTypeError(message)
    return int(text, 8)
