"""`tfx-pipeline compile`: write a pipeline for the environment's target."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_pipeline.commands.accepted_risks import accepted_risks, add_accept_risk_arguments
from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import with_run_console
from tfx_pipeline.errors import ExitStatus

if TYPE_CHECKING:
    from tfx_pipeline.runners.steps.console import RunConsole
    from tfx_pipeline.targets.rules import Target

_EPILOG = """\
examples:
  tfx-pipeline compile --env kubeflow -o pipeline.yaml
  tfx-pipeline compile --env vertex --set model.epochs=10
  tfx-pipeline compile --target ir -o ir.json

Files are written, nothing is sent, and the same configuration, table and code give the same bytes.
The table, the schema and the IR must be where the steps look for them before the pipeline runs:
--upload brings them there, and `submit` does so by itself.
"""


def add_parser(commands: Commands) -> None:
    """Add `compile`."""
    help_text = "write the pipeline for a cluster, or for `node`"
    parser = add_command(commands, "compile", help_text, compile_command, _EPILOG)
    parser.add_argument(
        "--target",
        choices=("ir",),
        help="ir: what `tfx-pipeline node` runs, for any environment (default: the environment's)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="default: a file in tfx_pipeline_output/<pipeline>/compiled/",
    )
    add_accept_risk_arguments(parser)
    parser.add_argument(
        "--upload", action="store_true", help="bring table, schema and IR to the pipeline root"
    )


@with_run_console
def compile_command(options: argparse.Namespace, words: list[str], console: RunConsole) -> int:
    """Compile; say where the file is and what to do with it."""
    from tfx_pipeline.commands.logged_compile import compile_with_log
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.pipeline.step_order import example_gen_id
    from tfx_pipeline.processes.this_process import program, words_without
    from tfx_pipeline.runners.cluster.compile import target_to_compile

    risks = accepted_risks(options)
    loaded = load_config(options.config, options.env, options.overrides, risks)
    target: Target = options.target or target_to_compile(loaded.config)
    output = Path(options.output) if options.output else None
    compiled = compile_with_log(loaded, target, output, console, upload=options.upload)
    there = "uploaded" if options.upload else "not there yet: --upload, or submit, brings it"
    pairs = [("written", loaded.config.shown(compiled.file))]
    if compiled.ir_place:
        pairs.append(("IR", f"{compiled.ir_place} ({there})"))
    table = compiled.inputs.table_folder
    if table:
        pairs.append(("table", table if compiled.target == "ir" else f"{table} ({there})"))
    if compiled.target == "ir":
        first = example_gen_id(loaded.config)
        run = [program(), "node", "--ir", str(compiled.file), "--node-id", first]
        pairs.append(("next", shlex.join([*run, "--run-id", "first"])))
    else:
        kept = words_without(words[1:], ("-o", "--output"), ("--upload",))
        pairs.append(("next", shlex.join([program(), "submit", *kept])))
    console.pairs(pairs)
    return ExitStatus.OK
