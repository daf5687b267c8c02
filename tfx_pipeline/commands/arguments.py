"""Arguments of the subcommands; those that serve, ask, label, run a step. Imports nothing heavy."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeAlias

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Handler: TypeAlias = Callable[[argparse.Namespace, list[str]], int]

DEFAULT_CONFIG = "configs/taxi.yaml"
DEFAULT_URL = "http://localhost:8501"

_SERVE_EPILOG = """\
Flags of TensorFlow Serving go to the server, as --name=value or --name value, e.g. --port
--rest_api_port --model_name --model_base_path --model_config_file --enable_batching
--batching_parameters_file --monitoring_config_file --ssl_config_file --prefer_tflite_model.
`tfx-model-server --help` lists them. Without --port and --rest_api_port: 8500 and 8501.

The file <push.base_directory>/<model>.config tells the server which versions to load and what
their labels are; `promote` and `rollback` change it, and the server follows within a second.
"""
_PREDICT_EPILOG = """\
examples:
  tfx-pipeline predict --input data/taxi/data.csv --limit 5
  tfx-pipeline predict trip_miles=3.2 fare=12.5 payment_type=Cash
  tfx-pipeline predict --grpc localhost:8500 --label stable --input rows.json --json
"""
_NODE_EPILOG = """\
The same command again is safe: a step that is done in its run is not done again, and what a
killed process left behind is removed first. Passwords come from a file or the environment.

exit status:
  0    done, now or before
  1    the step failed, or a step before it is not done
  2    the pipeline or the command line cannot be used
  3    a gate refused; of the step that pushes: nothing was pushed
  143  ended by SIGTERM; nothing half-done is left
"""


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which configuration is meant."""
    parser.add_argument(
        "--config", default=DEFAULT_CONFIG, metavar="FILE", help="default: %(default)s"
    )
    parser.add_argument(
        "--env",
        default="local",
        metavar="NAME",
        help="overlay env/NAME.yaml beside the configuration, or a YAML file (default: local)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="A.B=C",
        help="override one field, e.g. --set push.base_directory=/models; may be repeated",
    )


def add_serving_commands(commands: Commands) -> None:
    """Add `serve`, `predict`, `models`, `promote` and `rollback`."""
    _add_serve(commands)
    _add_predict(commands)
    models = _add(commands, "models", "list the versions of the model", _models)
    _add_server(models)
    models.add_argument("--json", action="store_true", help="print a JSON document")
    promote = _add(commands, "promote", "let a label name a version", _promote)
    promote.add_argument("--label", required=True, help="e.g. stable or canary")
    promote.add_argument("--version", type=int, metavar="N", help="default: the newest")
    _add_server(promote)
    rollback = _add(commands, "rollback", "move a label back to the version before", _rollback)
    rollback.add_argument("--label", default="stable", help="default: %(default)s")
    rollback.add_argument("--to", type=int, metavar="N", help="to this version instead")
    _add_server(rollback)


def add_node_command(commands: Commands) -> None:
    """Add `node`."""
    node = commands.add_parser(
        "node",
        help="run one step of a compiled pipeline, on any machine",
        allow_abbrev=False,
        epilog=_NODE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    node.set_defaults(run=_node)
    node.add_argument(
        "--ir",
        required=True,
        metavar="PLACE",
        help="path or URI of the compiled pipeline: tfx-pipeline compile --target ir",
    )
    node.add_argument("--node-id", required=True, metavar="STEP", help="the step, e.g. Trainer")
    node.add_argument("--run-id", required=True, metavar="ID", help="the run that it belongs to")
    node.add_argument(
        "--reuse",
        metavar="RUN",
        help="take the steps before it that this run lacks from another run, or from the `latest`",
    )
    node.add_argument("--pipeline-root", metavar="URI", help="where artifacts go")
    node.add_argument(
        "--metadata-url", metavar="URL", help="sqlite:///FILE, or mysql|postgresql|grpc://…"
    )
    node.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="A.B=C",
        help="set a field of environment.runtime_parameters for this run; may be repeated",
    )
    node.add_argument(
        "--wait-s",
        type=float,
        default=0.0,
        metavar="S",
        help="start now, and wait up to S seconds for the steps before it (default: 0)",
    )


def _add(commands: Commands, name: str, help_text: str, run: Handler) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=help_text, allow_abbrev=False)
    parser.set_defaults(run=run)
    add_config_arguments(parser)
    return parser


def _add_server(parser: argparse.ArgumentParser, *, with_grpc: bool = False) -> None:
    address = parser.add_mutually_exclusive_group()
    address.add_argument(
        "--url", default=DEFAULT_URL, help="REST address of a server (default: %(default)s)"
    )
    if with_grpc:
        address.add_argument("--grpc", metavar="HOST:PORT", help="ask by gRPC instead")
    parser.add_argument("--token-file", metavar="FILE", help="file with the bearer token")
    parser.add_argument("--ca-file", metavar="FILE", help="PEM file to trust: TLS for gRPC too")


def _add_serve(commands: Commands) -> None:
    serve = _add(commands, "serve", "serve the pushed model", _serve)
    serve.epilog = _SERVE_EPILOG
    serve.formatter_class = argparse.RawDescriptionHelpFormatter
    serve.set_defaults(flags=[])  # the words that this parser does not know
    serve.add_argument(
        "--server",
        choices=("auto", "binary", "docker", "embedded"),
        default="auto",
        help="auto: tensorflow_model_server when it is on the PATH, else the embedded one",
    )


def _add_predict(commands: Commands) -> None:
    predict = _add(commands, "predict", "send rows to a server and print its answers", _predict)
    predict.epilog = _PREDICT_EPILOG
    predict.formatter_class = argparse.RawDescriptionHelpFormatter
    _add_server(predict, with_grpc=True)
    predict.add_argument("--model", metavar="NAME", help="default: the configuration's")
    which = predict.add_mutually_exclusive_group()
    which.add_argument("--version", type=int, metavar="N", help="default: the newest loaded")
    which.add_argument("--label", help="the version that this label names")
    predict.add_argument("--signature", metavar="NAME", help="default: serving_default")
    predict.add_argument("--input", metavar="FILE", help="rows as CSV or JSON; -: standard input")
    predict.add_argument(
        "--limit", type=_row_count, metavar="N", help="rows; default: 20 in a table"
    )
    predict.add_argument("--json", action="store_true", help="print a JSON object a row")
    predict.add_argument("words", nargs="*", metavar="name=value", help="one row, typed here")


def _row_count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is not a number of rows")
    return count


def _node(options: argparse.Namespace, words: list[str]) -> int:
    from tfx_pipeline.commands.node import node

    return node(options, words)


def _serve(options: argparse.Namespace, _words: list[str]) -> int:
    from tfx_pipeline.commands.serve import serve

    return serve(options)


def _predict(options: argparse.Namespace, words: list[str]) -> int:
    from tfx_pipeline.commands.predict import predict

    return predict(options, words)


def _models(options: argparse.Namespace, _words: list[str]) -> int:
    from tfx_pipeline.commands.models import models

    return models(options)


def _promote(options: argparse.Namespace, _words: list[str]) -> int:
    from tfx_pipeline.commands.version_labels import promote

    return promote(options)


def _rollback(options: argparse.Namespace, _words: list[str]) -> int:
    from tfx_pipeline.commands.version_labels import rollback

    return rollback(options)
