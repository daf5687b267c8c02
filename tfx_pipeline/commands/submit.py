"""`tfx-pipeline submit`: compile, upload, and start a run where the environment says."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.commands.accepted_risks import accepted_risks, add_accept_risk_arguments
from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import with_run_console

if TYPE_CHECKING:
    from tfx_pipeline.config.loader import LoadedConfig
    from tfx_pipeline.runners.cluster.submission import SubmitOptions, Submitted
    from tfx_pipeline.runners.steps.console import RunConsole
    from tfx_pipeline.targets.rules import Target

_EPILOG = """\
examples:
  tfx-pipeline submit --env kubeflow --run-name first --wait
  tfx-pipeline submit --env kubeflow --parameter model.epochs=10
  tfx-pipeline submit --env vertex --set environment.job.schedule="0 3 * * *"

A parameter is a field that environment.runtime_parameters names; --set changes any field, and is
compiled in. With environment.job.schedule it is not one run that is submitted but a schedule.
--wait shows each step as it ends, what is tried again, and what waits for more than 30 s and why.
A service that does not answer is waited for 10 minutes; the run goes on meanwhile, and afterwards:
tfx-pipeline status NAME shows it.
"""


def add_parser(commands: Commands) -> None:
    """Add `submit`."""
    help_text = "compile, upload, and start a run in a cluster"
    parser = add_command(commands, "submit", help_text, submit_command, _EPILOG)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="keep the compiled pipeline here as well"
    )
    parser.add_argument(
        "--parameter",
        action="append",
        default=[],
        dest="parameters",
        metavar="A.B=C",
        help="value of a runtime parameter for this run; may be repeated",
    )
    add_accept_risk_arguments(parser)
    parser.add_argument("--run-name", metavar="NAME", help="default: the pipeline and the time")
    parser.add_argument(
        "--wait", action="store_true", help="show each step as it ends, until the run has ended"
    )


@with_run_console
def submit_command(options: argparse.Namespace, _words: list[str], console: RunConsole) -> int:
    """Submit; say where to look, and what came of it when waited for."""
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.runners.cluster.compile import target_to_compile
    from tfx_pipeline.runners.cluster.run_report import exit_status
    from tfx_pipeline.runners.cluster.runtime_parameters import check_parameters
    from tfx_pipeline.runners.cluster.submission import SubmitOptions, check_run_name

    try:
        risks = accepted_risks(options)
        loaded = load_config(options.config, options.env, options.overrides, risks)
        target = target_to_compile(loaded.config)
        check_run_name(options.run_name)
        parameters = check_parameters(loaded, options.parameters)
        if target == "vertex-native":  # it knows no parameters: they are compiled in
            overrides = [*options.overrides, *_as_overrides(loaded, options.parameters)]
            loaded, parameters = load_config(options.config, options.env, overrides, risks), {}
        if options.wait and loaded.config.environment.job.schedule:
            console.line(
                "--wait does nothing: environment.job.schedule makes a schedule, not a run"
            )
        submit_options = SubmitOptions(options.run_name, options.wait, parameters)
        submitted = _submit(loaded, target, submit_options, options.output, console)
    except KeyboardInterrupt:
        console.line("interrupted; a run that was submitted goes on")
        raise
    console.pairs(
        [
            ("status", submitted.status),
            ("name", submitted.run_name),
            ("id", submitted.run_id),
            ("look at", submitted.url),
            ("message", submitted.message or ""),
        ]
    )
    return exit_status(submitted.status)


def _as_overrides(loaded: LoadedConfig, words: list[str]) -> list[str]:
    """Write `--parameter` words, which may use the parameters' names, as `--set` takes them."""
    fields = {x.replace(".", "_").lower(): x for x in loaded.config.environment.runtime_parameters}
    parts = [word.partition("=") for word in words]
    return [f"{fields.get(name, name)}={value}" for name, _, value in parts]


def _submit(
    loaded: LoadedConfig,
    target: Target,
    options: SubmitOptions,
    output: str | None,
    console: RunConsole,
) -> Submitted:
    """Ask the service first: compiling and uploading for nothing takes a minute."""
    if target == "kfp":
        from tfx_pipeline.runners.cluster.kubeflow.connection import connect
        from tfx_pipeline.runners.cluster.kubeflow.submit import check_free
        from tfx_pipeline.runners.cluster.kubeflow.submit import submit as submit_to_kubeflow

        connection = connect(loaded.config)
        check_free(loaded.config, options.run_name, connection)
        with _compiled(loaded, target, output, console) as file:
            return submit_to_kubeflow(loaded.config, file, options, console.line, connection)
    from tfx_pipeline.runners.cluster.vertex.api import VertexApi
    from tfx_pipeline.runners.cluster.vertex.submit import submit as submit_to_vertex

    api = VertexApi(loaded.config)
    with _compiled(loaded, target, output, console) as file:
        return submit_to_vertex(loaded.config, _document(file), options, console.line, api)


@contextlib.contextmanager
def _compiled(
    loaded: LoadedConfig, target: Target, output: str | None, console: RunConsole
) -> Iterator[Path]:
    """Compile, and upload what the run reads; the file is gone afterwards unless it was named."""
    import tempfile

    from tfx_pipeline.commands.logged_compile import compile_with_log
    from tfx_pipeline.runners.cluster.compile import compiled_file

    with tempfile.TemporaryDirectory() as folder:
        file = Path(output) if output else Path(folder) / compiled_file(loaded.config, target).name
        yield compile_with_log(loaded, target, file, console, upload=True).file


def _document(file: Path) -> Any:
    """Read a compiled pipeline: JSON, or one YAML document."""
    import json

    import yaml

    text = file.read_text(encoding="utf-8")
    return json.loads(text) if text[0] == "{" else yaml.safe_load(text)
