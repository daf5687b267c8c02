"""`tfx-pipeline compile`: write a pipeline for the environment's target."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.errors import ExitStatus, PipelineError

if TYPE_CHECKING:
    from tfx_pipeline.config.loader import LoadedConfig
    from tfx_pipeline.runners.cluster.compile import Compiled
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
    parser.add_argument(
        "--upload", action="store_true", help="bring table, schema and IR to the pipeline root"
    )


def compile_command(options: argparse.Namespace, words: Sequence[str]) -> int:
    """Compile; say where the file is and what to do with it."""
    from tfx_pipeline.commands.logged_compile import compile_with_log
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.runners.cluster.compile import target_to_compile
    from tfx_pipeline.runners.steps.console import RunConsole

    console = RunConsole()
    try:
        loaded = load_config(options.config, options.env, options.overrides)
        target: Target = options.target or target_to_compile(loaded.config)
        output = Path(options.output) if options.output else None
        compiled = compile_with_log(loaded, target, output, console, upload=options.upload)
    except PipelineError as error:
        console.error(error)
        return int(error.exit_status)
    _show(console, loaded, compiled, options.upload, words)
    return int(ExitStatus.OK)


def _show(
    console: RunConsole,
    loaded: LoadedConfig,
    compiled: Compiled,
    uploaded: bool,
    words: Sequence[str],
) -> None:
    from tfx_pipeline.processes.this_process import program

    there = "uploaded" if uploaded else "not there yet: --upload, or submit, brings it"
    pairs = [("written", loaded.config.shown(compiled.file))]
    if compiled.ir_place:
        pairs.append(("IR", f"{compiled.ir_place} ({there})"))
    pairs.append(("table", f"{compiled.inputs.table_folder} ({there})"))
    if compiled.target == "ir":
        pairs[-1] = ("table", compiled.inputs.table_folder)
        run = [program(), "node", "--ir", str(compiled.file), "--node-id", "CsvExampleGen"]
        pairs.append(("next", shlex.join([*run, "--run-id", "first"])))
    else:
        kept = _without_output(words)
        pairs.append(("next", shlex.join([program(), "submit", *kept])))
    console.pairs(pairs)


def _without_output(words: Sequence[str]) -> list[str]:
    """Leave out the subcommand and what `submit` does by itself."""
    kept: list[str] = []
    skip = False
    for word in words[1:]:
        if skip:
            skip = False
        elif word in ("-o", "--output"):
            skip = True
        elif not word.startswith(("--output=", "-o")) and word != "--upload":
            kept.append(word)
    return kept
