"""`tfx-pipeline serve`: start the best server there is, and say how to ask it."""

from __future__ import annotations

import argparse
import os
import sys

from tfx_pipeline.commands.arguments import Commands, add_command
from tfx_pipeline.commands.output import with_errors_shown
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError

_EPILOG = """\
Flags of TensorFlow Serving go to the server, as --name=value or --name value, e.g. --port
--rest_api_port --model_name --model_base_path --model_config_file --enable_batching
--batching_parameters_file --monitoring_config_file --ssl_config_file --prefer_tflite_model.
`tfx-model-server --help` lists them. Without --port and --rest_api_port: 8500 and 8501.

The file <push.base_directory>/<model>.config tells the server which versions to load and what
their version labels are; `promote` and `rollback` change it, and the server follows in a second.
"""


def add_parser(commands: Commands) -> None:
    """Add `serve`."""
    parser = add_command(commands, "serve", "serve the pushed model", serve_command, _EPILOG)
    parser.set_defaults(flags=[])  # the words that this parser does not know
    parser.add_argument(
        "--server",
        choices=("auto", "binary", "docker", "embedded"),
        default="auto",
        help="auto: tensorflow_model_server when it is on the PATH, else the embedded one",
    )


@with_errors_shown
def serve_command(options: argparse.Namespace, _words: list[str]) -> None:
    """Become a server."""
    import shutil

    from tfx_pipeline.commands.serve_plan import announce, plan_serving
    from tfx_pipeline.deployment.launch import plan_launch
    from tfx_pipeline.deployment.server_flags import taken_port

    try:
        plan = plan_serving(options)
    except ServingError as error:
        raise ConfigError([Problem(error.message)], "the model config cannot be used") from error
    folders = [folder.parent for folder in plan.models.values()]
    launch = plan_launch(options.server, plan.flags, folders)
    port = taken_port(plan.flags)
    if port:
        problem = Problem(
            f"port {port} is taken",
            next_step="stop what listens there, or choose others: --port=… --rest_api_port=…",
        )
        raise PipelineError([problem], "the server cannot be started")
    announce(launch, plan)
    sys.stdout.flush()
    sys.stderr.flush()
    # In the place of this process, so that signals reach the server itself.
    program = shutil.which(launch.command[0]) or launch.command[0]
    os.execv(program, list(launch.command))
