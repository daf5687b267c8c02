"""Arguments of the subcommands for clusters: `compile` and `submit`. Imports nothing heavy."""

from __future__ import annotations

import argparse

from tfx_pipeline.commands.arguments import Commands, add_config_arguments

_COMPILE_EPILOG = """\
examples:
  tfx-pipeline compile --env kubeflow -o pipeline.yaml
  tfx-pipeline compile --env vertex --set model.epochs=10
  tfx-pipeline compile --target ir -o ir.json

Files are written, nothing is sent, and the same configuration, table and code give the same bytes.
The table, the schema and the IR must be where the steps look for them before the pipeline runs:
--upload brings them there, and `submit` does so by itself.
"""
_SUBMIT_EPILOG = """\
examples:
  tfx-pipeline submit --env kubeflow --run-name first --wait
  tfx-pipeline submit --env kubeflow --parameter model.epochs=10
  tfx-pipeline submit --env vertex --set environment.job.schedule="0 3 * * *"

A parameter is a field that environment.runtime_parameters names; --set changes any field, and is
compiled in. With environment.job.schedule it is not one run that is submitted but a schedule.
"""


def add_cluster_commands(commands: Commands) -> None:
    """Add `compile` and `submit`."""
    compile_ = _add(commands, "compile", "write the pipeline for a cluster, or for `node`")
    compile_.epilog = _COMPILE_EPILOG
    compile_.set_defaults(run=_compile)
    add_compile_arguments(compile_)
    submit = _add(commands, "submit", "compile, upload, and start a run in a cluster")
    submit.epilog = _SUBMIT_EPILOG
    submit.set_defaults(run=_submit)
    add_config_arguments(submit)
    submit.add_argument(
        "-o", "--output", metavar="FILE", help="keep the compiled pipeline here as well"
    )
    add_submit_arguments(submit)


def add_compile_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `compile` takes."""
    add_config_arguments(parser)
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


def add_submit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `submit` takes besides."""
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        dest="parameters",
        metavar="A.B=C",
        help="value of a runtime parameter for this run; may be repeated",
    )
    parser.add_argument("--run-name", metavar="NAME", help="default: the pipeline and the time")
    parser.add_argument(
        "--wait", action="store_true", help="show each step as it ends, until the run has ended"
    )


def _add(commands: Commands, name: str, help_text: str) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=help_text,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _compile(options: argparse.Namespace, words: list[str]) -> int:
    from tfx_pipeline.commands.compile import compile_command

    return compile_command(options, words)


def _submit(options: argparse.Namespace, words: list[str]) -> int:
    from tfx_pipeline.commands.submit import submit_command

    return submit_command(options, words)
