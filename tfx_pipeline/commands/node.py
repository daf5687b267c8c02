"""`tfx-pipeline node`: one step of a compiled pipeline, in this process."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command, add_set_argument
from tfx_pipeline.commands.output import with_run_console

if TYPE_CHECKING:
    from tfx_pipeline.runners.steps.console import RunConsole

_EPILOG = """\
The same command again is safe: a step that is done in its run is not done again, and what a
killed process left behind is removed first. Passwords come from a file or the environment.

exit status:
  0    done, now or before
  1    the step failed, or a step before it is not done
  2    the pipeline or the command line cannot be used
  3    a gate refused; of the step that pushes: nothing was pushed
  143  ended by SIGTERM; nothing half-done is left
"""


def add_parser(commands: Commands) -> None:
    """Add `node`."""
    help_text = "run one step of a compiled pipeline, on any machine"
    parser = add_command(commands, "node", help_text, node_command, _EPILOG, takes_config=False)
    parser.add_argument(
        "--ir",
        required=True,
        metavar="PLACE",
        help="path or URI of the compiled pipeline: tfx-pipeline compile --target ir",
    )
    parser.add_argument("--node-id", required=True, metavar="STEP", help="the step, e.g. Trainer")
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


@with_run_console
def node_command(options: argparse.Namespace, words: list[str], console: RunConsole) -> int:
    """Run the step that the options name."""
    from tfx_pipeline.processes.this_process import program
    from tfx_pipeline.runners.node.request import NodeRequest
    from tfx_pipeline.runners.node.run_node import run_node

    request = NodeRequest(
        ir=options.ir,
        node_id=options.node_id,
        run_id=options.run_id,
        reuse=options.reuse,
        pipeline_root=options.pipeline_root,
        metadata_url=options.metadata_url,
        overrides=tuple(options.overrides),
        wait_s=options.wait_s,
        command=(program(), *words),
    )
    return run_node(request, console)
